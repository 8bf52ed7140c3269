export { kindOf } from './kind-of.ts'
export type { WebhookKind } from './kinds.ts'
