import { looksLikeApiSecret, nameSecret } from '../key-edits.ts'
import { showName } from '../mask.ts'
import { ruledOut, type Suspect } from './suspect.ts'

export const keySuspects: readonly Suspect[] = [
  ({ subject: { keys } }) => {
    const [fault] = keys.faults
    if (fault === undefined) return undefined
    const bare = fault.token.replace(/^[\s"'`]+/, '')
    if (bare.startsWith('SK'))
      return { id: 'token_is_api_key', score: 100, detail: 'The SID of an API key is configured as the Auth Token.' }
    if (bare.startsWith('AC'))
      return { id: 'token_is_account_sid', score: 100, detail: 'An AccountSid is configured as the Auth Token.' }
    if (/quotes/.test(fault.fault))
      return { id: 'token_quoted', score: 85, detail: `The configured ${nameSecret(keys)} is in quotes.` }
    if (/blank|empty|white space|control/.test(fault.fault))
      return {
        id: 'token_whitespace',
        score: fault.token.trim() === '' ? 100 : 85,
        detail: `The configured ${nameSecret(keys)} ${fault.fault}.`,
      }
    if (keys.claimedKeyId !== undefined)
      return { id: 'shared_key_unconfigured', score: 92, detail: `The secret of the SharedKey ${fault.fault}.` }
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
  ({ subject: { keys } }) =>
    keys.unknownAccount === undefined
      ? undefined
      : {
          id: 'token_of_other_account',
          score: 88,
          detail: `The request names the account ${keys.unknownAccount}, for which no Auth Token is configured; those of other accounts do not match.`,
        },
  ({ subject: { keys }, tried }) =>
    keys.tried.length === 0 || tried === 0
      ? undefined
      : {
          id: 'token_of_other_account',
          score: 55,
          detail: `No spelling of URL and parameters matches with the configured key: it may be that of another account or subaccount, or an old one. ${ruledOut}`,
        },
]
