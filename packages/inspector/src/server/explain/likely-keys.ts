import type { Capture } from '../../shared/capture.ts'

/**
 * Creates a function that leaves out the tokens that cannot have signed a request, because each key
 * multiplies the work of a search: this run's own token signs only what the page sends.
 *
 * @param throwAwayToken this run's token
 * @returns a function that returns equal options for equal input, as one object
 */
export function createKeyChooser(throwAwayToken: string) {
  const chosen = new WeakMap<object, Record<'ours' | 'others', object>>()
  return (options: object, { signedWith }: Pick<Capture, 'signedWith'>): object => {
    const both = chosen.get(options) ?? {
      ours: keepTokens(options, (token) => token === throwAwayToken),
      others: keepTokens(options, (token) => token !== throwAwayToken),
    }
    chosen.set(options, both)
    return both[signedWith === 'throw-away' ? 'ours' : 'others']
  }
}

/** A verifier needs a key: without another one, the list stays as it is. */
function keepTokens(options: object, keeps: (token: unknown) => boolean): object {
  const { authToken } = options as { readonly authToken?: unknown }
  const kept = Array.isArray(authToken) ? authToken.filter(keeps) : []
  return kept.length === 0 ? options : { ...options, authToken: kept }
}
