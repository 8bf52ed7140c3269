import { listKnownNames } from '../blank-edits.ts'
import type { Suspect } from './suspect.ts'

/** Names of what a webhook is about: each comes with the account that owns it. */
const namesResource = /(^| )(Call|Message|Sms|SmsMessage|Recording|Conference|Transcription|Task)Sid( |$)/

export const paramsSuspects: readonly Suspect[] = [
  ({ subject: { given, method, handshake, bodyMatches } }) =>
    given?.length === 0 && method === 'POST' && !handshake && !bodyMatches
      ? {
          id: 'params_missing',
          score: 74,
          detail: 'The parameters that were handed over are none at all: no parser for forms ran, or it ran too late.',
        }
      : undefined,
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
]
