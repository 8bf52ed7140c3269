import { findBodyHash } from '../scheme/body-hash.ts'
import type { Rejected } from '../verdict.ts'
import { listKnownNames } from './blank-edits.ts'
import { looksLikeJson } from './body-edits.ts'
import { isRewrittenJson } from './body-variants.ts'
import { looksLikeApiSecret } from './key-edits.ts'
import { showName } from './mask.ts'
import type { FoundCause } from './search.ts'
import type { Presented } from './signature-header.ts'
import type { Subject } from './subject.ts'

export interface Unproven {
  readonly subject: Subject
  readonly rejection: Rejected
  readonly tried: number
  readonly presented: readonly Presented[]
}

/** From 0 to 100. At 90 nothing else needs to be told. */
interface Suspicion extends FoundCause {
  readonly score: number
}

type Suspect = (unproven: Unproven) => Suspicion | undefined

const certain = 90
const least = 30
const most = 5

/** What the request and the options give away, likeliest first. What is certain stands alone. */
export function listSuspects(unproven: Unproven): FoundCause[] {
  const found = suspects
    .map((suspect) => suspect(unproven))
    .filter((one): one is Suspicion => one !== undefined && one.score >= least)
    .sort((one, other) => other.score - one.score)
  const sure = found.filter(({ score }) => score >= certain)
  return (sure.length > 0 ? sure : found.slice(0, most)).map(({ id, detail }) => ({ id, detail }))
}

/** A signature that proves the URL leaves nothing but the body. */
export function describeChangedBody(subject: Subject): FoundCause[] {
  const { body } = subject
  const rewritten = body !== undefined && isRewrittenJson(body)
  const proof = 'The signature proves the URL with its bodySHA256, and this body has another hash'
  return rewritten
    ? [{ id: 'body_reserialized', detail: `${proof}: a parser read and wrote it, or it is forged.` }]
    : [{ id: 'body_whitespace', detail: `${proof}: white space or line breaks were changed, or it is forged.` }]
}

const suspects: readonly Suspect[] = [
  ({ presented, subject, rejection }) => {
    if (rejection.code !== 'signature_missing' && presented.length > 0) return undefined
    if (subject.signatureIsBlank)
      return { id: 'signature_missing', score: 100, detail: 'The X-Twilio-Signature header is there and blank.' }
    if (rejection.code === 'signature_missing')
      return {
        id: 'signature_missing',
        score: subject.evidence.looksLikeTwilio ? 100 : 91,
        detail: subject.evidence.looksLikeTwilio
          ? 'The request looks like one of Twilio and has no X-Twilio-Signature header: a proxy dropped it.'
          : 'The request has no X-Twilio-Signature header.',
      }
    return undefined
  },
  ({ presented, rejection, subject }) =>
    presented.length === 0 && rejection.code === 'signature_malformed' && !subject.signatureIsBlank
      ? { id: 'signature_encoding', score: 95, detail: 'X-Twilio-Signature holds no signature in any known spelling.' }
      : undefined,
  ({ presented, subject }) => {
    const [first] = presented
    if (first?.cause === undefined) return undefined
    // Its own repair did not match: there is more to it, or the rest of the request was not read.
    return { ...first.cause, score: subject.unread ? 95 : 80 }
  },
  ({ subject: { evidence, body, unread }, rejection }) => {
    if (evidence.looksLikeTwilio) return undefined
    const agent = evidence.userAgent === undefined ? 'no User-Agent' : 'another User-Agent'
    const isTool = /curl|wget|mozilla|python|postman|insomnia|bot|java|go-http|node|axios|okhttp|undici|httpie/i.test(
      evidence.userAgent ?? '',
    )
    return {
      id: 'not_from_twilio',
      score: isTool
        ? rejection.code === 'signature_missing'
          ? 95
          : 80
        : rejection.code === 'signature_missing'
          ? 60
          : 70,
      detail: `The request has ${agent} and no I-Twilio-Idempotency-Token header, which Twilio sends${body === undefined && !unread ? ', and no body' : ''}.`,
    }
  },
  ({ subject: { keys } }) => {
    const [fault] = keys.faults
    if (fault === undefined) return undefined
    const bare = fault.token.replace(/^[\s"'`]+/, '')
    if (bare.startsWith('SK'))
      return { id: 'token_is_api_key', score: 100, detail: 'The SID of an API key is configured as the Auth Token.' }
    if (bare.startsWith('AC'))
      return { id: 'token_is_account_sid', score: 100, detail: 'An AccountSid is configured as the Auth Token.' }
    if (/quotes/.test(fault.fault))
      return { id: 'token_quoted', score: 85, detail: 'The configured Auth Token is in quotes.' }
    if (/blank|empty|white space|control/.test(fault.fault))
      return {
        id: 'token_whitespace',
        score: fault.token.trim() === '' ? 100 : 85,
        detail: `The configured Auth Token ${fault.fault}.`,
      }
    return { id: 'token_of_other_account', score: 92, detail: `The configured Auth Token ${fault.fault}.` }
  },
  ({ subject: { keys } }) =>
    keys.tried.length > 0 && keys.tried.every(({ kind, secret }) => kind === 'auth_token' && looksLikeApiSecret(secret))
      ? {
          id: 'token_is_api_key',
          score: 91,
          detail:
            'The configured Auth Token has letters beyond "f": it looks like the secret of an API key, with which nothing is signed.',
        }
      : undefined,
  ({ subject: { keys }, presented, rejection }) => {
    if (keys.claimedKeyId !== undefined && !keys.sharedKeyFound && rejection.code !== 'algorithm_unsupported')
      return {
        id: 'shared_key_unconfigured',
        score: 100,
        detail: `The settings header names the SharedKey "${showName(keys.claimedKeyId)}", for which no secret is configured.`,
      }
    if (keys.claimedKeyId === undefined && presented.some(({ text }) => text.length === 44))
      return {
        id: 'shared_key_unconfigured',
        score: 95,
        detail:
          'The signature is HMAC-SHA256, as only a SharedKey makes it, and no settings header names the key: a proxy dropped it, or no such key is configured.',
      }
    return rejection.code === 'key_not_allowed'
      ? { id: 'shared_key_unconfigured', score: 60, detail: 'An Auth Token signed, and "sharedKeysOnly" is set.' }
      : undefined
  },
  ({ rejection }) =>
    rejection.code === 'algorithm_unsupported' || rejection.code === 'signature_settings_malformed'
      ? {
          id: 'algorithm',
          score: 95,
          detail: 'The settings header is malformed, or names an algorithm that a SharedKey does not sign with.',
        }
      : undefined,
  ({ subject: { keys } }) =>
    keys.unknownAccount === undefined
      ? undefined
      : {
          id: 'token_of_other_account',
          score: 88,
          detail: `The request names the account ${keys.unknownAccount}, for which no Auth Token is configured; those of other accounts do not match.`,
        },
  ({ subject: { consumedBy, body, unread, isForm, given, contentLength } }) => {
    if (consumedBy !== undefined && given === undefined)
      return {
        id: 'body_already_parsed',
        score: 95,
        detail: `The body was read before the verifier could, and its bytes are gone (${consumedBy.slice(0, 80)}).`,
      }
    const isEmpty = body === undefined || body.length === 0
    if (!unread && isEmpty && given === undefined && contentLength > 0)
      return {
        id: 'body_already_parsed',
        score: 92,
        detail: `The body is empty, and Content-Length says ${contentLength}: something read it before.`,
      }
    const start = body === undefined ? '' : String.fromCharCode(...body.subarray(0, 20))
    if (start.startsWith('[object Object]'))
      return {
        id: 'body_already_parsed',
        score: 95,
        detail: 'The body is "[object Object]": a parsed object was made a text.',
      }
    return !unread && isEmpty && isForm && given === undefined
      ? {
          id: 'body_already_parsed',
          score: 70,
          detail: 'The body of this form is empty: something may have read it before.',
        }
      : undefined
  },
  ({ subject: { given, method, handshake, bodyMatches } }) =>
    given?.length === 0 && method === 'POST' && !handshake && !bodyMatches
      ? {
          id: 'params_missing',
          score: 74,
          detail: 'The parameters that were handed over are none at all: no parser for forms ran, or it ran too late.',
        }
      : undefined,
  ({ subject: { body, isForm, state, unread, method } }) => {
    if (unread || method === 'GET' || isForm || body === undefined || body.length === 0) return undefined
    const hash = findBodyHash(state.url.query)
    return hash === undefined && looksLikeJson(body)
      ? {
          id: 'body_hash_missing',
          score: 78,
          detail: 'The body is JSON, and the URL has no bodySHA256: its query was lost or changed.',
        }
      : undefined
  },
  ({ subject }) => {
    const { body, state } = subject
    if (body === undefined || body.length === 0 || state.covers !== 'body') return undefined
    const [first] = describeChangedBody(subject)
    return findBodyHash(state.url.query) === undefined || first === undefined || subject.bodyMatches
      ? undefined
      : { ...first, detail: 'The body has another hash than the bodySHA256 of the URL.', score: 66 }
  },
  ({ subject: { state } }) => {
    const names = new Set(state.pairs.map(([name]) => name))
    if (state.covers !== 'params' || names.size < 3) return undefined
    if (state.pairs.some(([, value]) => /^ \d{7,15}$/.test(value)))
      return {
        id: 'params_plus_as_space',
        score: 72,
        detail: 'A phone number starts with a space: its "+" was decoded once too often.',
      }
    const bound = names.has('MessagingBinding.Address') || [...names].some((name) => /^Field_/.test(name))
    if (bound && state.pairs.filter(([name]) => /^(MessagingBinding\.Address|Field_)/.test(name)).length === 1)
      return {
        id: 'params_repeats_dropped',
        score: 72,
        detail: 'Twilio repeats "MessagingBinding.Address" for each member of a group, and one is left.',
      }
    return undefined
  },
  ({ subject: { state } }) => {
    if (state.covers !== 'params' || state.pairs.length === 0) return undefined
    const names = new Set(state.pairs.map(([name]) => name))
    const missing = listKnownNames(state.pairs).filter(({ name, always }) => always && !names.has(name))
    const named = namesResource.test([...names].join(' ')) && !/account_?sid/i.test([...names].join(' '))
    return missing.length === 0 || (missing.length > 6 && !named)
      ? undefined
      : {
          id: 'params_missing',
          score: 64,
          detail: `Twilio sends ${missing
            .slice(0, 4)
            .map(({ name }) => `"${name}"`)
            .join(', ')} with such a webhook, and ${missing.length === 1 ? 'it is' : 'they are'} not there.`,
        }
  },
  ({ subject: { state, method, queryPairs } }) =>
    method === 'GET' && queryPairs.length === 0 && state.pairs.length === 0
      ? {
          id: 'query_missing',
          score: 58,
          detail: 'A webhook by GET carries its parameters in the query, and there is none.',
        }
      : undefined,
  ({ subject: { state, evidence }, rejection }) => {
    const isLocal = /^(localhost|127\.|10\.|192\.168\.|\[::1\])|^[^.]+$|\.(local|internal)$/i.test(state.url.host)
    if (rejection.code === 'url_not_allowed')
      return {
        id: 'host',
        score: 92,
        detail: `The host of the request, "${state.url.host}", is not one that the options allow.`,
      }
    return isLocal
      ? { id: 'host', score: 68, detail: `This server checks the host "${state.url.host}", which Twilio cannot reach.` }
      : evidence.proxied
        ? {
            id: 'host',
            score: 36,
            detail: `The request came through a proxy, and this server checks the host "${state.url.host}". ${ruledOut}`,
          }
        : undefined
  },
  ({ subject: { keys }, tried }) =>
    keys.tried.length === 0 || tried === 0
      ? undefined
      : {
          id: 'token_of_other_account',
          score: 55,
          detail: `No spelling of URL and parameters matches with the configured key: it may be that of another account or subaccount, or an old one. ${ruledOut}`,
        },
  ({ subject: { evidence, state }, tried }) =>
    evidence.proxied && tried > 0
      ? {
          id: 'path_prefix',
          score: 38,
          detail: `The request came through a proxy, which may have changed the path ${state.url.path}. ${ruledOut}`,
        }
      : undefined,
]

/** Names of what a webhook is about: each comes with the account that owns it. */
const namesResource = /(^| )(Call|Message|Sms|SmsMessage|Recording|Conference|Transcription|Task)Sid( |$)/

const ruledOut =
  'Ruled out: http for https, the hosts, ports and prefixes that the request names, its query and parameters in other spellings.'
