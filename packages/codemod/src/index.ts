export type { Note } from './notes.ts'
export { type Transformed, transform } from './transform.ts'
