import type { Verifier } from 'tollgate'
import { type AnyScheme, getScheme, type SchemeVerdict, schemes } from 'tollgate/internal'
import type { Capture } from '../shared/capture.ts'

/** The options of the verifiers, by the name of their scheme. */
export type OptionsByScheme = ReadonlyMap<string, object>

/** Returns the scheme of a capture. */
export function schemeOf({ scheme = schemes[0].name }: Pick<Capture, 'scheme'>): AnyScheme {
  return getScheme(scheme)
}

/**
 * Creates the verifiers for imported requests, by the name of the scheme. A scheme without options
 * has none. They check copies, which are not deliveries: a replay guard must not see them.
 */
export function createImportVerifiers(options: OptionsByScheme) {
  return new Map(
    [...options].map(([name, given]) => {
      const mode = 'mode' in given ? { mode: 'enforce' } : {}
      return [
        name,
        getScheme(name).createVerifier({ ...given, ...mode, replay: undefined } as never) as Verifier<SchemeVerdict>,
      ]
    }),
  )
}
