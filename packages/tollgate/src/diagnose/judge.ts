import { findBodyHash, hashBody } from '../scheme/signature.ts'
import type { Rejected } from '../verdict.ts'
import type { Found, FoundCause } from './conclude.ts'
import type { Search } from './search.ts'
import type { Presented } from './signature-header.ts'
import type { Subject } from './subject.ts'
import { describeChangedBody } from './suspects/body.ts'
import { listSuspects } from './suspects/index.ts'

export interface Judgement {
  readonly proven: { readonly causes: readonly FoundCause[]; readonly signedUrl: string } | undefined
  readonly suspected: readonly FoundCause[]
}

/** What the search found, together with what it could not see: a body that is gone, and refusals that no signature lifts. */
export function judge(
  subject: Subject,
  rejection: Rejected,
  { found, tried }: Search,
  presented: readonly Presented[],
): Judgement {
  if (found === undefined)
    return { proven: undefined, suspected: listSuspects({ subject, rejection, tried, presented }) }
  const causes = [...found.causes, ...explainLostBody(subject, found)]
  if (found.bodyDiffers) return { proven: undefined, suspected: [...describeChangedBody(subject), ...causes] }
  if (causes.length === 0) {
    const cause = explainCode(subject, rejection)
    if (cause === undefined) return { proven: undefined, suspected: [] }
    causes.push(cause)
  }
  return { proven: { causes, signedUrl: found.form.url }, suspected: [] }
}

const ofParams = /^(params_|json_taken|form_taken|query_counted)/

function explainLostBody({ consumedBy, body, unread, method }: Subject, { causes, state }: Found): FoundCause[] {
  if (causes.some(({ id }) => ofParams.test(id) || id === 'body_hash_missing')) return []
  if (consumedBy !== undefined)
    return [
      {
        id: 'body_already_parsed',
        detail: `The body was read before the verifier could, and its bytes are gone (${consumedBy.slice(0, 80)}).`,
      },
    ]
  const hash = findBodyHash(state.url.query)
  const isEmpty = body === undefined || body.length === 0
  if (
    unread ||
    method === 'GET' ||
    !isEmpty ||
    hash === undefined ||
    state.covers !== 'url' ||
    hash === hashBody(new Uint8Array(0))
  )
    return []
  return [
    {
      id: 'body_already_parsed',
      detail: 'The signature matches, and the body that its bodySHA256 binds is gone: something read it before.',
    },
  ]
}

type Explain = (subject: Subject) => FoundCause | undefined

/** The signature matches as it is, and the request was refused all the same. */
const refusedAnyway: Partial<Record<Rejected['code'], Explain>> = {
  url_not_allowed: ({ state }) => ({
    id: 'host',
    detail: `Twilio signed the host "${state.url.host}", which the options do not allow, or do not believe from this peer.`,
  }),
  algorithm_unsupported: () => ({
    id: 'algorithm',
    detail: 'The settings header names an algorithm that the signature was not made with.',
  }),
  account_not_allowed: () => ({
    id: 'token_of_other_account',
    detail:
      'The signature matches, and the request names another account than the one that owns the key or is allowed.',
  }),
  key_not_allowed: () => ({
    id: 'shared_key_unconfigured',
    detail:
      'Twilio signed with the Auth Token, so no webhook rule with a SharedKey applies to this URL, and "sharedKeysOnly" is set.',
  }),
  signature_malformed: () => ({
    id: 'algorithm',
    detail: 'The length of the signature and the settings header name different algorithms.',
  }),
}

function explainCode(subject: Subject, { code }: Rejected): FoundCause | undefined {
  return refusedAnyway[code]?.(subject)
}
