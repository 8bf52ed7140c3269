import { type Entry, entries } from './entries.ts'

const [sound] = entries.filter(({ name }) => name === 'verifier, one token')

/** Not one of the entries: one with a quadratic regular expression, so that a test sees that it is found. */
export const planted: Entry = {
  ...(sound as Entry),
  name: 'planted',
  prepare(request) {
    const verify = sound?.prepare(request)
    return () => /[;&=/]+$/.test(request.target) || verify?.()
  },
}
