import { type Entry, entries } from './entries.ts'

const [sound] = entries.filter(({ name }) => name === 'verifier, one token')

/** An additional entry with a quadratic regular expression. A test checks that it is found. */
export const planted: Entry = {
  ...(sound as Entry),
  name: 'planted',
  prepare(request) {
    const verify = sound?.prepare(request)
    return () => /[;&=/]+$/.test(request.target) || verify?.()
  },
}
