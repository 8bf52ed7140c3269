import type { Pairs } from '../scheme/form.ts'
import { kinds } from '../webhooks/index.ts'
import { stripDigits } from './ends.ts'
import type { SigningPart } from './types.ts'

// What Twilio itself writes and what says nothing about a person: ids, states, counts, places of a number.
const plainNames =
  /^(.*Sid\d*|sid|ApiVersion|NumMedia|NumSegments|.*Status|.*Country|Direction|EventType|StatusCallbackEvent|SequenceNumber|.*Timestamp|MessageType|ErrorCode|Level|PayloadType|Source|CallbackSource|ResourceType|RoomType|RetryCount|Index|.*Duration|bodySHA256)$/
const plainValue = /^[\w.:+,-]{0,80}$/
const plainName = /^[A-Za-z_][\w.[\]-]{0,60}$/
const secretName = /token|secret|key|pass|pwd|sig|auth|code|otp|pin|body|text|message|msg|speech|digits|content|name/i

let twilioNames: ReadonlySet<string> | undefined

function isTwilioName(name: string): boolean {
  twilioNames ??= new Set(
    Object.values(kinds).flatMap((row) => row.parameters.map((parameter) => parameter.name.replace('{N}', ''))),
  )
  return twilioNames.has(stripDigits(name))
}

/** A parameter's name as a diagnosis may show it. A broken parse can make a name of anything, message text included. */
export function showName(name: string): string {
  return plainName.test(name) ? name : hide(name)
}

/** A parameter's value: shown only where it is Twilio's own writing. */
function showValue(name: string, value: string): string {
  return value === '' || (plainNames.test(name) && plainValue.test(value)) ? value : hide(value)
}

function hide(text: string): string {
  return text === '' ? '' : `‹${text.length} character${text.length === 1 ? '' : 's'}›`
}

/**
 * A URL as a diagnosis may show it. The query of a webhook by GET holds the same text as a form: what may be text or a secret is
 * replaced by its length. Your own short parameters stay readable.
 */
export function showUrl(url: string): string {
  const [, origin = '', userinfo, rest = ''] = /^([a-z]+:\/\/)([^/?#]*@)?(.*)$/is.exec(url) ?? [url, '', undefined, url]
  const start = rest.indexOf('?')
  const user = userinfo === undefined ? '' : '‹user›@'
  if (start === -1) return `${origin}${user}${rest}`
  const fields = rest.slice(start + 1).split('&')
  const isTwilios = fields.some((field) => /^(AccountSid|CallSid|MessageSid)=/.test(field))
  return `${origin}${user}${rest.slice(0, start)}?${fields.map((field) => showField(field, isTwilios)).join('&')}`
}

function showField(field: string, isTwilios: boolean): string {
  const equals = field.indexOf('=')
  const name = equals === -1 ? field : field.slice(0, equals)
  if (!/^[A-Za-z_][\w.%[\]-]{0,60}$/.test(name)) return hide(field)
  // A value with an "&" in it, not encoded, goes on as a field of its own.
  if (equals === -1) return isTwilios ? hide(field) : field
  const value = field.slice(equals + 1)
  if (value === '' || plainNames.test(name)) return `${name}=${showValue(name, value)}`
  const isPlain = !isTwilios && !isTwilioName(name) && !secretName.test(name) && /^[\w.~%+:-]{1,40}$/.test(value)
  return `${name}=${isPlain ? value : hide(value)}`
}

/** The signing string in its parts: the URL, then each name and value as they were joined. */
export function showSigningString(url: string, pairs: Pairs): SigningPart[] {
  const parts: SigningPart[] = [{ text: showUrl(url), from: 'url' }]
  const distinct = new Map(pairs.map((pair) => [JSON.stringify(pair), pair]))
  const compare = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1)
  const sorted = [...distinct.values()].sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
  for (const [name, value] of sorted.slice(0, mostShown)) {
    parts.push({ text: showName(name), from: 'name' })
    if (value !== '') parts.push({ text: showValue(name, value), from: 'value' })
  }
  return parts
}

const mostShown = 200
