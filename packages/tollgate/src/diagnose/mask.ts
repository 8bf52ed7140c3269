import type { Pairs } from '../form.ts'
import type { SignedForm } from '../schemes/twilio/sign/signed-url.ts'
import { kinds } from '../schemes/twilio/webhooks/index.ts'
import { findDefaultPort, joinUrl, type UrlParts } from '../url.ts'
import { stripDigits } from './spelling.ts'

/** One part of the signing string. */
export interface SigningPart {
  /**
   * The text as it was joined. A value that may hold a secret or a person's words is replaced by
   * its length.
   */
  readonly text: string
  readonly from: 'url' | 'name' | 'value'
}

/** One spelling of the URL that the verifier tries. */
export interface UrlForm {
  readonly url: string
  readonly why: string
}

// Twilio writes these values itself, and they say nothing about a person: ids, states and counts.
const plainNames =
  /^(.*Sid\d*|sid|ApiVersion|NumMedia|NumSegments|.*Status|.*Country|Direction|EventType|StatusCallbackEvent|SequenceNumber|.*Timestamp|MessageType|ErrorCode|Level|PayloadType|Source|CallbackSource|ResourceType|RoomType|RetryCount|Index|.*Duration|bodySHA256)$/
const plainValue = /^[\w.:+,-]{0,80}$/
const plainName = /^[A-Za-z_][\w.[\]-]{0,60}$/
const secretName = /token|secret|key|pass|pwd|sig|auth|code|otp|pin|body|text|message|msg|speech|digits|content|name/i

/** Parameters that hold people's own words, and so white space. */
export const freeText: RegExp =
  /^(Body|SpeechResult|UnstableSpeechResult|MessageBody|TranscriptionText|ProfileName|FriendlyName|CallerName|Author|ButtonText|Label|Address|HandoffData|Name|.*Name|.*City)$/

let twilioNames: ReadonlySet<string> | undefined

/** Lists the names of all kinds of webhook, without numbers at their ends. */
function listTwilioNames(): ReadonlySet<string> {
  twilioNames ??= new Set(
    Object.values(kinds).flatMap((row) => row.parameters.map((parameter) => parameter.name.replace('{N}', ''))),
  )
  return twilioNames
}

/** Recognises the names of Twilio's own parameters, also with a number at their end. */
export function isTwilioName(name: string): boolean {
  return listTwilioNames().has(name) || listTwilioNames().has(stripDigits(name))
}

let spellings: ReadonlyMap<string, string> | undefined

const foldName = (name: string): string => name.toLowerCase().replace(/[_\s-]/g, '')

/** Finds the name of Twilio's that something wrote in another style or letter case. */
export function spellTwilioName(name: string): string | undefined {
  // Of two that differ only in style, the one with capitals comes last, and stays.
  spellings ??= new Map(
    [...listTwilioNames()].sort((one, other) => (one > other ? -1 : 1)).map((one) => [foldName(one), one]),
  )
  const stem = stripDigits(name)
  const known = spellings.get(foldName(stem))
  return known === undefined ? undefined : known + name.slice(stem.length)
}

/** Recognises the start of one of Twilio's names. */
export function startsLikeTwilioName(text: string): boolean {
  const names = [...listTwilioNames()].filter((name) => name.length >= 4)
  return text.length >= 4 && names.some((name) => name.startsWith(text) || text.startsWith(name))
}

/** Shows a parameter's name. A broken parser can turn any text into a name, message text included. */
export function showName(name: string): string {
  return plainName.test(name) ? name : hide(name)
}

/** Shows up to four names. */
export function showNames(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => `"${showName(name)}"`)
  return `${shown.join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`
}

/** Shows a parameter's value if Twilio wrote it itself. */
function showValue(name: string, value: string): string {
  return value === '' || (plainNames.test(name) && plainValue.test(value)) ? value : hide(value)
}

function hide(text: string): string {
  return text === '' ? '' : `‹${text.length} character${text.length === 1 ? '' : 's'}›`
}

/**
 * Shows a URL. The query of a GET webhook holds the same texts as a form: values that may be texts
 * or secrets are replaced by their length. Short parameters of the user's own stay readable.
 */
export function showUrl(url: string): string {
  const [, origin = '', userinfo, rest = ''] = /^([a-z]+:\/\/)([^/?#]*@)?(.*)$/is.exec(url) ?? [url, '', undefined, url]
  const start = rest.indexOf('?')
  const user = userinfo === undefined ? '' : '‹user›@'
  if (start === -1) return `${origin}${user}${rest}`
  const fields = rest.slice(start + 1).split('&')
  const isWebhook = fields.some((field) => /^(AccountSid|CallSid|MessageSid)=/.test(field))
  return `${origin}${user}${rest.slice(0, start)}?${fields.map((field) => showField(field, isWebhook)).join('&')}`
}

function showField(field: string, isWebhook: boolean): string {
  const equals = field.indexOf('=')
  const name = equals === -1 ? field : field.slice(0, equals)
  if (!/^[A-Za-z_][\w.%[\]-]{0,60}$/.test(name)) return hide(field)
  // The rest of a value with an unencoded "&" looks like a field without "=".
  if (equals === -1) return isWebhook ? hide(field) : field
  const value = field.slice(equals + 1)
  if (value === '' || plainNames.test(name)) return `${name}=${showValue(name, value)}`
  const isPlain = !isWebhook && !isTwilioName(name) && !secretName.test(name) && /^[\w.~%+:-]{1,40}$/.test(value)
  return `${name}=${isPlain ? value : hide(value)}`
}

/** A diagnosis shows at most this many parameters. */
const mostShown = 200

/** Shows the signing string in its parts: the URL, then each name and value in signed order. */
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

/** Describes the spellings of one URL that the verifier tries. */
export function describeForms(parts: UrlParts, forms: readonly SignedForm[]): UrlForm[] {
  const given = joinUrl(parts)
  return forms.map((form) => ({ url: showUrl(form.url), why: explainForm(parts, given, form) }))
}

function explainForm(parts: UrlParts, given: string, { url, signingString }: SignedForm): string {
  if (url === given && signingString.startsWith(given)) return 'as this server sees the request'
  const reasons: string[] = []
  const rest = url.slice(`${parts.scheme}://${parts.host}`.length)
  const port = /^:\d+/.exec(rest)?.[0] ?? ''
  if (port !== parts.port)
    reasons.push(
      port === ''
        ? 'without the port'
        : port === findDefaultPort(parts.scheme)
          ? 'with the default port'
          : 'with a port',
    )
  const tail = rest.slice(port.length)
  const path = tail.replace(/\?.*$/s, '')
  if (path !== parts.path && path.replace(/\/$/, '') === parts.path.replace(/\/$/, ''))
    reasons.push(
      path.endsWith('/') ? 'with a slash at the end of the path' : 'without the slash at the end of the path',
    )
  if (!tail.includes('?') && parts.query !== '') reasons.push('the query as parameters, as ConversationRelay signs it')
  else if (tail.slice(path.length) !== parts.query) reasons.push('the query in another spelling')
  return reasons.length === 0 ? 'in another spelling' : reasons.join(', ')
}
