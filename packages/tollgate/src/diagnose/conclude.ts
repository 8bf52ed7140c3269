import { findBodyHash, hashBody } from '../scheme/signature.ts'
import type { SignedForm } from '../scheme/signed-url.ts'
import { type BodyVariant, listBodyVariants } from './body-variants.ts'
import type { Presented } from './signature-header.ts'
import type { Edit, State } from './state.ts'
import type { CauseId } from './types.ts'
import type { Work } from './work.ts'

export interface FoundCause {
  readonly id: CauseId
  readonly detail: string
}

export interface Found {
  readonly causes: readonly FoundCause[]
  readonly state: State
  readonly form: SignedForm
  /** The signature proves the URL, and the body is not the one that its `bodySHA256` binds. */
  readonly bodyDiffers: boolean
}

/** What a signature that matches proves. */
export function conclude(
  state: State,
  form: SignedForm,
  edits: readonly Edit[],
  hit: Presented,
  { body, work }: { readonly body: Uint8Array | undefined; readonly work: Work },
): Found {
  const causes: FoundCause[] = edits.flatMap(({ cause, detail, also }) => [{ id: cause, detail }, ...(also ?? [])])
  if (hit.cause !== undefined) causes.push(hit.cause)
  let bodyDiffers = false
  if (state.covers === 'body' && body !== undefined) {
    const hash = findBodyHash(state.url.query)
    if (hash === undefined)
      causes.push({
        id: 'body_hash_missing',
        detail: 'The signature matches, but the URL has no bodySHA256: nothing binds this body to it.',
      })
    else if (hash !== hashBody(body)) {
      const variant = findVariant(hash, listBodyVariants(body, work))
      causes.push(...(variant?.causes ?? []))
      bodyDiffers = variant === undefined
    }
  }
  return { causes: distinct(causes), state, form, bodyDiffers }
}

function distinct(causes: readonly FoundCause[]): FoundCause[] {
  return causes.filter((cause, index) => causes.findIndex((one) => one.id === cause.id) === index)
}

function findVariant(hash: string, variants: Iterable<BodyVariant>): BodyVariant | undefined {
  for (const variant of variants) if (variant.hash === hash) return variant
  return undefined
}
