import { type ConfiguredKeys, type NamedKey, otherAlgorithm } from './configured-keys.ts'
import type { Edit, Key } from './state.ts'
import type { Subject } from './subject.ts'
import type { CauseId } from './types.ts'

export function* listKeyEdits({ keys }: Subject): Generator<Edit> {
  for (const key of keys.others) yield takeKey(keys, key)
  const secretName = nameSecret(keys)
  const accountAndToken = /^AC[0-9a-f]{32}\s*[:|/]\s*(\S+)$/i
  yield changeSecrets('token_is_account_sid', 'key', 1, (secret) => accountAndToken.exec(secret)?.[1] ?? secret, {
    detail: 'The configured Auth Token starts with the AccountSid; only what follows it is the token.',
  })
  yield changeSecrets('token_whitespace', 'token', 1, stripSpace, {
    detail: `The configured ${secretName} has white space or an invisible character in it.`,
  })
  yield changeSecrets('token_quoted', 'quotes', 1, stripQuotes, {
    detail: `The configured ${secretName} is in quotes, or has the name of its variable in front.`,
  })
  yield {
    cause: 'algorithm',
    dimension: 'algorithm',
    cost: 1,
    apply: (state) => ({
      ...state,
      keys: state.keys.map((key) => ({ ...key, algorithm: otherAlgorithm[key.algorithm] })),
    }),
    detail: describeAlgorithm(keys),
  }
}

/** What the request is checked with. */
export function nameSecret({ claimedKeyId }: ConfiguredKeys): string {
  return claimedKeyId === undefined ? 'Auth Token' : 'secret of the SharedKey'
}

/** What the key that signed says about the one that is configured. */
function takeKey(keys: ConfiguredKeys, key: NamedKey): Edit {
  const [cause, detail] = explainKey(keys, key)
  const { name: _, ...bare } = key
  return { cause, dimension: 'key', cost: 1, apply: (state) => ({ ...state, keys: [bare] }), detail }
}

function explainKey(keys: ConfiguredKeys, key: NamedKey): [CauseId, string] {
  if (key.kind === 'shared_key')
    return [
      'shared_key_unconfigured',
      keys.claimedKeyId === undefined
        ? `The SharedKey ${key.name} signed, and no X-Twilio-Webhooks-Signature-Settings header says so: it was dropped on the way.`
        : `The settings header names a SharedKey id that is not configured, and ${key.name} signed.`,
    ]
  if (keys.claimedKeyId !== undefined)
    return [
      keys.sharedKeyFound ? 'algorithm' : 'shared_key_unconfigured',
      `The settings header names a SharedKey, and the Auth Token ${key.name} signed with HMAC-SHA1.`,
    ]
  const [fault] = keys.faults
  const configured = keys.tried[0]?.secret ?? ''
  if (fault !== undefined && keys.faults.length === keys.tried.length) {
    if (/^\s*["'`]?AC/.test(fault.token))
      return ['token_is_account_sid', `An AccountSid is configured where ${key.name}, the Auth Token, belongs.`]
    if (/^\s*["'`]?SK/.test(fault.token))
      return ['token_is_api_key', `The SID of an API key is configured where ${key.name}, the Auth Token, belongs.`]
    if (fault.token.trim() === '')
      return ['token_whitespace', `The configured Auth Token is blank; ${key.name} signed.`]
  }
  if (looksLikeApiSecret(configured))
    return ['token_is_api_key', `What looks like the secret of an API key is configured; ${key.name} signed.`]
  return [
    'token_of_other_account',
    `${key.name} signed, which is not the Auth Token that this request is checked with.`,
  ]
}

/** Auth Tokens are 32 lower-case hex digits, the secrets of API keys 32 letters and digits. */
export function looksLikeApiSecret(secret: string): boolean {
  return /^[A-Za-z0-9]{32}$/.test(secret) && !/^[0-9a-f]{32}$/i.test(secret) && !/^(AC|SK)/.test(secret)
}

function describeAlgorithm({ claimedKeyId, claimedAlgorithm }: ConfiguredKeys): string {
  if (claimedKeyId !== undefined)
    return `The settings header names ${claimedAlgorithm === 'HMAC_SHA1' || claimedAlgorithm === 'HMAC_SHA256' ? claimedAlgorithm : 'an algorithm'} for a SharedKey, and the signature was made otherwise: it verifies with HMAC-SHA256 only.`
  return 'The Auth Token signed with HMAC-SHA256; Twilio uses it with HMAC-SHA1 only.'
}

function changeSecrets(
  cause: CauseId,
  dimension: Edit['dimension'],
  cost: number,
  change: (secret: string) => string,
  { detail }: { readonly detail: string },
): Edit {
  const changed = (key: Key): Key => ({ ...key, secret: change(key.secret) })
  return {
    cause,
    dimension,
    cost,
    apply: (state) =>
      state.keys.some((key) => change(key.secret) !== key.secret && change(key.secret) !== '')
        ? { ...state, keys: state.keys.map(changed) }
        : undefined,
    detail,
  }
}

/** Around the token, just inside its quotes, and what copying from a page or a file brings along. */
function stripSpace(secret: string): string {
  return secret
    .replace(/[\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(/(\\[nrt])+(["'`]?)$/, '$2')
    .replace(/^\s*(["'`]?)\s*([\s\S]*?)\s*(["'`]?)\s*$/, '$1$2$3')
    .replace(/^([0-9a-f\s]*)$/i, (text) => text.replace(/\s+/g, ''))
}

function stripQuotes(secret: string): string {
  return secret
    .replace(/^(export\s+)?[A-Z_]{3,40}\s*[=:]\s*/, '')
    .replace(/^(["'`])([\s\S]*)\1$/, '$2')
    .replace(/^[“‘«<]([\s\S]*)[”’»>]$/, '$1')
    .replace(/^\\?(["'`])([\s\S]*?)\\?\1$/, '$2')
    .replace(/^["'`]|["'`;,]$/g, '')
}
