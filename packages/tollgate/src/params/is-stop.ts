import type { KindFields } from './kind-of.ts'

const STOP = /^(stop|stopall|unsubscribe|cancel|end|quit|revoke|optout)$/i

/**
 * Whether an inbound message opts out. Where Advanced Opt-Out is enabled, Twilio says so in OptOutType, by your own
 * keywords and languages, and that decides. Otherwise the whole Body, white space around it and case aside, must be one
 * of Twilio's default keywords: STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT. "Stop please" is none.
 *
 * Twilio blocks the number by itself; this is for your own records. A toll-free number knows STOP alone, and a word such
 * as CANCEL may also be an answer to a question of yours.
 * https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
 */
export function isStop(params: Pick<KindFields, 'get'>): boolean {
  const type = params.get('OptOutType')
  if (type) return type.toUpperCase() === 'STOP'
  return STOP.test(params.get('Body')?.trim() ?? '')
}
