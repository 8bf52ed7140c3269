import { type LookUpFault, readFault } from '../../checks/answers.ts'
import { isAccountSid } from '../../checks/secrets.ts'
import {
  type AlgorithmName,
  algorithms,
  sharedKeyAlgorithm as ofSharedKeys,
  defaultAlgorithm as ofTokens,
} from '../../hmac/algorithms.ts'
import type { Rejected } from '../../verdict.ts'
import type { ConfiguredKeys, Key, NamedKey } from '../configured-keys.ts'
import { toBase64Length } from '../encodings.ts'
import { showName } from '../mask.ts'
import type { Subject } from '../reading.ts'
import { describeReference, findTokens, listNeighbours, tokenShape } from '../token-shape.ts'
import { type CauseRow, type Dimension, type Edit, editKeys, type Finding, type Row } from './row.ts'

const algorithmNames = algorithms.map(({ name }) => name)

/** The characters of a signature by a SharedKey. */
const lengthOfSharedKeys = toBase64Length(ofSharedKeys.bytes)
const lengthOfTokens = toBase64Length(ofTokens.bytes)

/** Wrong keys. */
export const keyCauses = {
  token_of_other_account: {
    name: 'wrong token',
    title: 'The token of another account',
    fix: 'Use the Auth Token of the account (or subaccount) that owns the number or the resource.',
    part: 'key',
    signedByOther: true,
    edits: ({ keys }) =>
      takeTokens(keys, 'token', (name) => `${name} signed, not the Auth Token that this request is checked with.`),
    suspect({ subject: { keys }, rejection, tried, isKeyKnown }) {
      const fault = findFault(keys)
      if (describeReference(fault?.token ?? keys.tried[0]?.secret ?? '') !== undefined) return undefined
      if (fault?.kind === 'other' && keys.claimedKeyId === undefined)
        return {
          detail: `The configured Auth Token ${fault.fault}.`,
          fix: /^\[object /i.test(fault.token)
            ? 'Give the text of the Auth Token: await the promise that looks it up, or read the field that holds it.'
            : 'Configure the Auth Token itself: the variable that should hold it is not set, or nothing filled it in.',
        }
      if (keys.unknownAccount !== undefined)
        return {
          detail: `No Auth Token is configured for the account ${keys.unknownAccount}, which the request names. The tokens of other accounts do not match.`,
          fix: `If the account is yours, add its Auth Token to "authToken": '${keys.unknownAccount}': '…'.`,
        }
      if (rejection.code === 'key_unknown' && keys.claimedKeyId === undefined) return explainNoToken(keys)
      if (keys.tried.length === 0 || keys.claimedKeyId !== undefined || tried === 0) return undefined
      return isKeyKnown ? undefined : compareAccounts(keys)
    },
  } satisfies CauseRow as Row,
  account_not_listed: {
    title: 'The account is not allowed',
    fix: 'If the account is yours, add it to "allowedAccounts", or list the key under the account that owns it.',
    part: 'key',
    rejections: { account_not_allowed: explainAccount },
  } satisfies CauseRow as Row,
  key_lookup: {
    title: 'The look-up of the key fails',
    fix: 'Repair the function that looks up the key, or give it more time with "lookupTimeoutMs".',
    part: 'key',
    suspect({ subject: { keys }, rejection }) {
      if (rejection.code !== 'key_lookup_failed' || keys.faults.length > 0) return undefined
      const failure = explainFailure(rejection)
      if (failure !== undefined) return failure
      if (keys.lookup === 'late')
        return {
          detail: 'The look-up of the key took longer than "lookupTimeoutMs".',
          fix: 'Raise "lookupTimeoutMs", or let the look-up answer from a cache.',
        }
      return keys.lookup === 'failed'
        ? {
            detail: 'The look-up of the key threw an error.',
            fix: 'Repair the function that looks up the key: it cannot reach its source, or may not read it.',
          }
        : (keys.answer ?? { detail: 'The look-up of the key failed, or returned something else than tokens.' })
    },
    rejections: { key_lookup_failed: ({ keys }, rejection) => explainFailure(rejection) ?? keys.answer },
  } satisfies CauseRow as Row,
  token_shape: {
    title: 'The token has another form',
    fix: 'Copy the Auth Token from the Twilio console again: it has 32 lower-case hex digits.',
    part: 'key',
    *edits({ keys }) {
      if (keys.claimedKeyId !== undefined) return
      const secrets = keys.tried.map(({ secret }) => secret).filter((secret) => !tokenShape.test(secret))
      for (const { tokens, cost, detail, fix } of secrets.flatMap(findTokens))
        yield takeSecrets(tokens, cost, detail, fix)
      const neighbours = secrets.flatMap(listNeighbours)
      if (neighbours.length > 0)
        yield takeSecrets(
          neighbours,
          4,
          `The configured Auth Token has ${secrets[0]?.length} characters: one was ${(secrets[0]?.length ?? 0) < 32 ? 'lost' : 'added'}. Auth Tokens have 32.`,
        )
    },
    suspect({ subject: { keys }, tried }) {
      const [key] = keys.tried
      const given = findFault(keys)?.token ?? key?.secret ?? ''
      const reference = keys.claimedKeyId === undefined ? describeReference(given) : undefined
      if (reference !== undefined)
        return {
          detail: `${nameToken(keys)} is not a token but ${reference.replace(/\. .*$/s, '')}.`,
          fix: `${keys.isLookedUp ? 'Let the look-up return' : 'Configure'} the Auth Token itself.${/\. .*$/s.exec(`${reference}.`)?.[0].slice(1) ?? ''}`,
        }
      if (key?.kind === 'auth_token' && keys.faults.length === 0 && !/\w/.test(key.secret))
        return { detail: `${nameToken(keys)} has no letter and no digit in it.` }
      if (key?.kind !== 'auth_token' || tried === 0 || keys.faults.length > 0 || looksLikeApiSecret(key.secret))
        return undefined
      if (keys.tried.some(({ secret }) => tokenShape.test(secret))) return undefined
      return {
        detail:
          key.secret.length === 32
            ? `${nameToken(keys)} has other characters than lower-case hex digits.`
            : `${nameToken(keys)} has ${key.secret.length} characters. Auth Tokens have 32.`,
        fix:
          keys.isLookedUp && key.secret.length > 40
            ? 'If the token is stored encrypted or encoded, decrypt it in the look-up.'
            : undefined,
      }
    },
  } satisfies CauseRow as Row,
  token_whitespace: {
    title: 'White space in the token',
    fix: "Remove the white space around the Auth Token, or the SharedKey's secret, in the environment or its file.",
    part: 'key',
    *edits({ keys }) {
      yield* takeTokens(keys, 'blank', (name) => `The configured Auth Token is blank, and ${name} signed.`)
      yield editSecrets(
        'token',
        stripSpace,
        `The configured ${nameSecret(keys)} has white space in it, an escape of a line break, or an invisible character.`,
      )
    },
    suspect({ subject: { keys } }) {
      const fault = findFault(keys)
      if (keys.claimedKeyId === undefined && describeReference(fault?.token ?? '') !== undefined) return undefined
      return fault?.kind === 'white_space'
        ? { detail: `The configured ${nameSecret(keys)} ${fault.fault}.` }
        : undefined
    },
  } satisfies CauseRow as Row,
  token_quoted: {
    title: 'The token in quotes',
    fix: "Remove what is around the Auth Token, or the SharedKey's secret: quotes, the name of its variable, a comma or semicolon.",
    part: 'key',
    edits: ({ keys }) => [
      editSecrets(
        'quotes',
        stripQuotes,
        `The configured ${nameSecret(keys)} is in quotes, or has the name of its variable, a comma or a semicolon beside it.`,
      ),
    ],
    suspect({ subject: { keys } }) {
      return findFault(keys)?.kind === 'quotes'
        ? { detail: `The configured ${nameSecret(keys)} is in quotes.` }
        : undefined
    },
  } satisfies CauseRow as Row,
  token_is_api_key: {
    title: 'An API key instead of the token',
    fix: 'Configure the Auth Token of the account. API keys sign no webhooks.',
    part: 'key',
    *edits({ keys }) {
      yield* takeTokens(keys, 'api_key', (name) => `The SID of an API key is configured instead of ${name}.`)
      yield* takeTokens(keys, 'api_secret', (name) => `The secret of an API key is configured instead of ${name}.`)
    },
    suspect({ subject: { keys } }) {
      if (findFault(keys)?.kind === 'api_key')
        return { detail: 'The SID of an API key is configured as the Auth Token.' }
      const isSecret = keys.tried.every(({ kind, secret }) => kind === 'auth_token' && looksLikeApiSecret(secret))
      return keys.tried.length > 0 && isSecret
        ? {
            detail:
              'The configured Auth Token has letters after "f". It looks like the secret of an API key, which signs no webhook.',
          }
        : undefined
    },
  } satisfies CauseRow as Row,
  token_is_account_sid: {
    title: 'An AccountSid instead of the token',
    fix: 'Configure the Auth Token, which is below the AccountSid in the console.',
    part: 'key',
    *edits({ keys }) {
      yield* takeTokens(keys, 'account_sid', (name) => `An AccountSid is configured instead of ${name}.`)
      yield editSecrets(
        'key',
        (secret) => accountAndToken.exec(secret)?.[1] ?? secret,
        'The configured Auth Token starts with the AccountSid. Only the rest is the token.',
      )
    },
    suspect({ subject: { keys, hints } }) {
      if (findFault(keys)?.kind === 'account_sid') return { detail: 'An AccountSid is configured as the Auth Token.' }
      const isBare = keys.tried.some(({ secret }) => isBareSid(secret, [...keys.accounts, ...hints.accounts]))
      return isBare && keys.claimedKeyId === undefined ? { detail: bareSid } : undefined
    },
  } satisfies CauseRow as Row,
  shared_key_unconfigured: {
    title: 'A SharedKey that is not configured',
    fix: 'Add the SharedKey to "sharedKeys" under its id, and pass X-Twilio-Webhooks-Signature-Settings on.',
    part: 'key',
    signedByOther: true,
    *edits({ keys, header }) {
      const { claimedKeyId, sharedKeyFound } = keys
      if (sharedKeyFound) return
      const fault = header('x-twilio-webhooks-signature-settings').length > 0 ? 'is malformed' : 'was dropped'
      const id = claimedKeyId === undefined ? undefined : showName(claimedKeyId)
      const named = nameHeader(keys)
      for (const { name, ...key } of keys.others)
        if (key.kind === 'shared_key')
          yield takeKey(
            { ...key, name },
            id === undefined
              ? `The SharedKey ${name} signed, but the X-Twilio-Webhooks-Signature-Settings header ${fault}.`
              : `${named} names the SharedKey "${id}", which is not configured, and ${name} signed.`,
            id === undefined
              ? 'Pass X-Twilio-Webhooks-Signature-Settings on unchanged: it names the SharedKey.'
              : `List this secret under the id that Twilio sends: ${writeSharedKey(id, key.algorithm)}.`,
          )
        else if (id !== undefined)
          yield takeKey({ ...key, name }, describeTokenForSharedKey(keys, name), tokenSigned(keys))
      if (id !== undefined)
        for (const { name, ...key } of keys.others)
          if (key.kind === 'auth_token')
            yield takeKey(
              { ...key, name, kind: 'shared_key', algorithm: ofSharedKeys.name },
              `The secret of the SharedKey "${id}" is given as ${name}.`,
              `Move this secret from ${name} to "sharedKeys", under its id: sharedKeys: { '${id}': … }.`,
            )
    },
    suspect({ subject: { keys }, presented, rejection }) {
      const { claimedKeyId, sharedKeyFound } = keys
      if (claimedKeyId !== undefined && !sharedKeyFound && rejection.code === 'key_unknown') {
        const isOfTokens = presented.some(({ text }) => text.length === lengthOfTokens)
        const line = writeSharedKey(showName(claimedKeyId), (isOfTokens ? ofTokens : ofSharedKeys).name)
        return {
          detail: `${nameHeader(keys)} names the SharedKey "${showName(claimedKeyId)}", but no secret is configured for it.`,
          fix: `Add its secret, which Twilio showed when you created the key: ${line}.`,
        }
      }
      if (claimedKeyId === undefined && presented.some(({ text }) => text.length === lengthOfSharedKeys))
        return {
          detail:
            'The signature has the length of those that SharedKeys make, and no settings header names the key: a proxy dropped it.',
          fix: 'Let every proxy pass X-Twilio-Webhooks-Signature-Settings on: it names the SharedKey. List its secret in "sharedKeys".',
        }
      const fault = findFault(keys)
      if (fault?.kind === 'other' && claimedKeyId !== undefined)
        return {
          detail: `The secret of the SharedKey ${fault.fault}.`,
          fix: 'Copy the secret of the SharedKey again.',
        }
      return rejection.code === 'key_not_allowed' ? tokenRefused : undefined
    },
    rejections: { key_not_allowed: () => tokenRefused },
  } satisfies CauseRow as Row,
  shared_key_wrong: {
    title: 'The secret of another SharedKey',
    fix: 'List the secret of this SharedKey under its id in "sharedKeys".',
    part: 'key',
    *edits({ keys }) {
      if (keys.claimedKeyId === undefined || !keys.sharedKeyFound) return
      for (const { name, ...key } of keys.others)
        if (key.kind === 'shared_key')
          yield takeKey(
            { ...key, name },
            `${name} signed, not the secret that is configured for the SharedKey "${showName(keys.claimedKeyId)}".`,
          )
    },
  } satisfies CauseRow as Row,
  algorithm: {
    title: 'The wrong algorithm',
    fix: `Give the SharedKey its algorithm: ${ofSharedKeys.name}, or ${ofTokens.name} for a key of the private beta. An Auth Token has no settings header.`,
    part: 'key',
    *edits({ keys }) {
      if (keys.claimedKeyId !== undefined && keys.sharedKeyFound)
        for (const key of keys.others)
          if (key.kind === 'auth_token')
            yield takeKey(key, describeTokenForSharedKey(keys, key.name), tokenSigned(keys))
      for (const algorithm of algorithmNames)
        yield {
          dimension: 'algorithm',
          cost: 1,
          apply: editKeys((keys) =>
            keys.every((key) => key.algorithm === algorithm) ? undefined : keys.map((key) => ({ ...key, algorithm })),
          ),
          detail: describeAlgorithm(keys, algorithm),
          fix:
            keys.claimedKeyId === undefined
              ? undefined
              : `Give the SharedKey the algorithm that signed: sharedKeys: { '${showName(keys.claimedKeyId)}': { secret: …, algorithm: '${algorithm}' } }.`,
        }
    },
    suspect({ rejection: { code } }) {
      return code === 'algorithm_unsupported' || code === 'signature_settings_malformed'
        ? { detail: 'The settings header is malformed, or names an algorithm that SharedKeys do not use.' }
        : undefined
    },
    rejections: { algorithm_unsupported: () => otherAlgorithm, signature_malformed: () => otherAlgorithm },
  } satisfies CauseRow as Row,
}

const otherAlgorithm: Finding = {
  detail: 'The signature was not made with the algorithm that the settings header names.',
}
const tokenRefused: Finding = {
  detail: 'The request names no SharedKey, so an Auth Token signed it, and "sharedKeysOnly" is set.',
  fix: 'Set "sharedKeysOnly" to false until the rule with the SharedKey covers every webhook that this server gets.',
}
const bareSid = 'The configured Auth Token is the AccountSid without its "AC".'

function isBareSid(secret: string, accounts: readonly string[]): boolean {
  return accounts.some((account) => isAccountSid(account) && account.slice(2).toLowerCase() === secret.toLowerCase())
}

const accountAndToken = /^AC[0-9a-f]{32}\s*[:|/]\s*(\S+)$/i

/** Names the secret that the request is checked with. */
function nameSecret({ claimedKeyId }: ConfiguredKeys): string {
  return claimedKeyId === undefined ? 'Auth Token' : 'secret of the SharedKey'
}

export const lookedUp: string = 'The Auth Token that the look-up returned'

/** Names the Auth Token by where it is from. */
function nameToken({ isLookedUp }: ConfiguredKeys): string {
  return isLookedUp ? lookedUp : 'The configured Auth Token'
}

/** The kinds of text that may be configured as the Auth Token. */
type Configured = 'account_sid' | 'api_key' | 'api_secret' | 'blank' | 'token'

function readConfigured({ faults, tried, accounts }: ConfiguredKeys): Configured {
  if (tried.some(({ secret }) => isBareSid(secret, accounts))) return 'account_sid'
  const [fault] = faults
  if (fault !== undefined && faults.length === tried.length) {
    if (/^\s*["'`]?AC/.test(fault.token)) return 'account_sid'
    if (/^\s*["'`]?SK/.test(fault.token)) return 'api_key'
    if (fault.token.trim() === '') return 'blank'
  }
  return looksLikeApiSecret(tried[0]?.secret ?? '') ? 'api_secret' : 'token'
}

/**
 * Lists the other Auth Tokens, for a request that names no SharedKey, if such a text is configured.
 */
function* takeTokens(
  keys: ConfiguredKeys,
  configured: Configured,
  describe: (name: string) => string,
): Generator<Edit> {
  if (keys.claimedKeyId !== undefined || readConfigured(keys) !== configured) return
  for (const key of keys.others) if (key.kind === 'auth_token') yield takeKey(key, describe(key.name))
}

function takeKey({ name: _, ...key }: NamedKey, detail: string, fix?: string): Edit {
  return { dimension: 'key', cost: 1, apply: (state) => ({ ...state, keys: [key] }), detail, fix }
}

/** Takes other secrets as the Auth Token. */
function takeSecrets(secrets: readonly string[], cost: number, detail: string, fix?: string): Edit {
  const keys = secrets.map((secret): Key => ({ secret, algorithm: ofTokens.name, kind: 'auth_token' }))
  return { dimension: 'token', cost, apply: (state) => ({ ...state, keys }), detail, fix }
}

function tokenSigned(keys: ConfiguredKeys): string {
  const header = isOfBeta(keys) ? betaHeader : 'X-Twilio-Webhooks-Signature-Settings'
  return `Something added or changed ${header}: an Auth Token signs requests without this header.`
}

const betaHeader = 'X-Twilio-Signature-Key-Sid'

/** The header of the private beta names no algorithm. */
function isOfBeta({ claimedKeyId, claimedAlgorithm }: ConfiguredKeys): boolean {
  return claimedKeyId !== undefined && claimedAlgorithm === undefined
}

/** Names the header that names the SharedKey, to begin a sentence. */
function nameHeader(keys: ConfiguredKeys): string {
  return isOfBeta(keys) ? betaHeader : 'The settings header'
}

/** Writes the option for a SharedKey. */
function writeSharedKey(id: string, algorithm: AlgorithmName): string {
  const value = algorithm === ofSharedKeys.name ? '…' : `{ secret: …, algorithm: '${algorithm}' }`
  return `sharedKeys: { '${id}': ${value} }`
}

function describeTokenForSharedKey(keys: ConfiguredKeys, name: string): string {
  return `${nameHeader(keys)} names a SharedKey, but ${name} signed with ${ofTokens.name}, as an Auth Token does.`
}

function describeAlgorithm({ claimedKeyId }: ConfiguredKeys, signed: AlgorithmName): string {
  return claimedKeyId === undefined
    ? `The Auth Token signed with ${signed}. Twilio uses it only with ${ofTokens.name}.`
    : `The SharedKey signed with ${signed}. The settings header or "sharedKeys" has another algorithm.`
}

const askAsMain =
  'Give "twilioAccountTokens" in "apiKey" a main API key of the account in "accountSid", or its Auth Token in "authToken".'

/** How the look-ups of `tollgate/keys` fail. */
const failures: Readonly<Record<LookUpFault, readonly [detail: string, fix: string]>> = {
  token_refused: [
    'Twilio\'s API refuses the Auth Token with which "twilioAccountTokens" asks for keys (401): it was rotated, or is another account\'s.',
    'Give "twilioAccountTokens" the primary Auth Token of the account in "accountSid", or "apiKey", a main API key of it.',
  ],
  api_key_refused: [
    'Twilio\'s API refuses the API key with which "twilioAccountTokens" asks for keys (401): it is a standard key, or was deleted.',
    askAsMain,
  ],
  forbidden: ['Twilio\'s API does not let "twilioAccountTokens" read the Auth Token of the account.', askAsMain],
  unreachable: [
    '"twilioAccountTokens" cannot reach Twilio\'s API.',
    'Let this server connect to https://api.twilio.com, or to the "baseUrl" that you gave: check DNS, firewall and proxy.',
  ],
  too_many_requests: [
    'Twilio\'s API answers "twilioAccountTokens" with 429: your account sends it too many requests.',
    'Raise "ttlSeconds" of "twilioAccountTokens", and share one look-up between all verifiers of a process.',
  ],
  api_failed: [
    'Twilio\'s API answers "twilioAccountTokens" with an error of its own.',
    'Wait until the API answers (https://status.twilio.com). Tokens of before stay in use for "staleIfErrorSeconds".',
  ],
  other_answer: [
    'What answers "twilioAccountTokens" does not seem to be Twilio\'s API.',
    'Let nothing answer in the place of Twilio\'s API: check the firewall, the proxy, and "baseUrl", if you set it.',
  ],
  late: [
    'The look-up of the key took longer than "timeoutMs" of "cached" or "twilioAccountTokens".',
    'Raise its "timeoutMs", and "lookupTimeoutMs" of the verifier above it, or let its source answer sooner.',
  ],
  no_token: [
    'The function inside "cached" returned something else than Auth Tokens.',
    'Let the function return the text of the Auth Token, a list of such texts, or undefined for an unknown account.',
  ],
}

/** Explains an error of the look-ups of this package. That of a user's function says nothing here. */
function explainFailure({ cause }: Rejected): Finding | undefined {
  const fault = readFault(cause)
  if (fault === undefined) return undefined
  const [detail, fix] = failures[fault]
  return { detail, fix }
}

/** Explains a request for which the look-up found no token. */
function explainNoToken({ lookup, accounts }: ConfiguredKeys): Finding | undefined {
  if (lookup !== 'nothing') return undefined
  const [account] = accounts
  if (accounts.length === 1 && isAccountSid(account))
    return {
      detail: `The look-up in "authToken" was asked for the account ${account}, and found no token.`,
      fix: `If the account is yours, let the look-up return its Auth Token: check that the token is stored under ${account}.`,
    }
  return {
    detail: `The look-up in "authToken" found no token. This request names ${accounts.length === 0 ? 'no account' : 'several accounts'}, so "accountSid" was undefined.`,
    fix: 'Let the look-up return the tokens that may have signed if "accountSid" is undefined.',
  }
}

/**
 * Compares the account of the request with that of the environment, whose token is configured most
 * likely.
 */
function compareAccounts({ accounts, hasFixedTokens, ownAccount: own }: ConfiguredKeys): Finding | undefined {
  const [account] = accounts
  if (!hasFixedTokens || accounts.length !== 1 || !isAccountSid(account) || !isAccountSid(own) || own === account)
    return undefined
  return {
    detail: `The request names the account ${account}, and TWILIO_ACCOUNT_SID is ${own}: a subaccount signs with its own Auth Token.`,
    fix: `If ${account} is yours, give its Auth Token: authToken: { '${account}': '…' }, beside the tokens of your other accounts.`,
  }
}

/** Explains why the account of a genuine request is refused. */
function explainAccount({ state, queryPairs, options, keys }: Subject): Finding {
  const named = (state.covers === 'params' ? state.pairs : queryPairs).find(([name]) => name === 'AccountSid')?.[1]
  const account = isAccountSid(named) ? named : undefined
  const one = account === undefined ? 'an account' : `the account ${account}`
  const listed = options.allowedAccounts === undefined ? undefined : [options.allowedAccounts].flat()
  if (listed !== undefined && account !== undefined && !listed.includes(account))
    return {
      detail: `The signature matches, and the request names ${one}, which "allowedAccounts" does not list.`,
      fix: `If the account is yours, add '${account}' to "allowedAccounts".`,
    }
  if (keys.claimedKeyId !== undefined)
    return {
      detail: `The signature matches, and the request names ${one}, to which the SharedKey "${showName(keys.claimedKeyId)}" is not bound.`,
      fix: `If the account may use this SharedKey, set the "accountSid" of the key to it, or leave "accountSid" out of the key.`,
    }
  return { detail: `The signature matches, but the request names ${one}, which does not own the token.` }
}

/** Auth Tokens have 32 lower-case hex digits. Secrets of API keys have 32 letters and digits. */
function looksLikeApiSecret(secret: string): boolean {
  return /^[A-Za-z0-9]{32}$/.test(secret) && !/^[0-9a-f]{32}$/i.test(secret) && !/^(AC|SK)/.test(secret)
}

interface SecretFault {
  readonly kind: 'api_key' | 'account_sid' | 'quotes' | 'white_space' | 'other'
  readonly token: string
  readonly fault: string
}

/** Finds the first secret that `createVerifier` would refuse. */
function findFault({ faults: [first] }: ConfiguredKeys): SecretFault | undefined {
  if (first === undefined) return undefined
  const { token } = first
  const bare = token.replace(/^[\s"'`]+/, '')
  if (bare.startsWith('SK')) return { ...first, kind: 'api_key' }
  if (bare.startsWith('AC')) return { ...first, kind: 'account_sid' }
  if (token.trim() !== token || token === '' || /\p{Cc}/u.test(token)) return { ...first, kind: 'white_space' }
  if (/^(["'`]).*\1$/.test(token)) return { ...first, kind: 'quotes' }
  // Without its white space, a sentence is no token either.
  return { ...first, kind: /^[0-9a-f\s]*\s[0-9a-f\s]*$/i.test(token) ? 'white_space' : 'other' }
}

function editSecrets(dimension: Dimension, change: (secret: string) => string, detail: string): Edit {
  return {
    dimension,
    cost: 1,
    apply: editKeys((keys) =>
      keys.some(({ secret }) => change(secret) !== secret && change(secret) !== '')
        ? keys.map((key) => ({ ...key, secret: change(key.secret) }))
        : undefined,
    ),
    detail,
  }
}

const writtenBreak = /(\\[nrt])+(["'`]?)$/

/**
 * Strips white space around the token and inside its quotes, and invisible characters that come
 * with a copied text.
 */
function stripSpace(secret: string): string {
  return secret
    .replace(/[\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(writtenBreak, '$2')
    .replace(/^\s*(["'`]?)\s*([\s\S]*?)\s*(["'`]?)\s*$/, '$1$2$3')
    .replace(/^([0-9a-f\s]*)$/i, (text) => text.replace(/\s+/g, ''))
}

const namedVariable = /^(export\s+)?[A-Z_]{3,40}\s*[=:]\s*/

function stripQuotes(secret: string): string {
  return secret
    .replace(namedVariable, '')
    .replace(/^(["'`])([\s\S]*)\1$/, '$2')
    .replace(/^[“‘«<]([\s\S]*)[”’»>]$/, '$1')
    .replace(/^\\?(["'`])([\s\S]*?)\\?\1$/, '$2')
    .replace(/^["'`]|["'`;,]$/g, '')
}
