import { causes, type DiagnosableRequest, type Difference } from 'tollgate/diagnose'
import { findHeader, findSharedKeyId, listKeptRequests, type RecordedRequest, splitUrl } from 'tollgate/internal'
import type { Args } from '../args.ts'
import { findCutMark, formatCauses, formatFixes, readGuesses } from '../diagnosis.ts'
import { asUsageLater, EXIT, UnreachableError, UsageError } from '../exit.ts'
import { hasRequest, readRequest, toArrived, writeFlag, writeRequestFlags } from '../inputs/index.ts'
import { cleanText, colorsFor, type Io, print, printJson, quoteWord, tell } from '../io.ts'
import { findCaptured, toVerifierOptions } from '../public-url.ts'
import { readSecretsIfAny, requireSharedKey } from '../secrets.ts'
import { createTwilioApi, type TwilioApi } from './client.ts'
import { type Comparison, compareSent, compareWithoutBody, missingBody, type ServerOptions } from './compare.ts'
import { apiUrls, type Credentials, readApiUrl, readCredentials } from './credentials.ts'
import { isOtherId, showName } from './differences.ts'
import { listRecent, type RecentAlert, readAlert, readFailedOfCall, type Sent } from './sent.ts'
import { maskUrl } from './webhook-url.ts'

const mostRecent = 20

/** Runs `diagnose` with --alert. */
export async function explainSent(args: Args, io: Io): Promise<number> {
  const urlOf = readApiUrl(args)
  const credentials = await readCredentials(args, io)
  const api = createTwilioApi({ credentials, urlOf, requestsPerSecond: 10 })
  const given = hasRequest(args) ? await readRequest(args, io, true) : undefined
  const id = args.text('alert') ?? (await showRecent(args, io, api, given))
  if (id === undefined) return EXIT.ok
  if (given === undefined && !args.has('public-url'))
    throw new UsageError(
      '--public-url is missing: the publicUrl of your server, or the request as it saw it (a file, "-", --last or --url).',
    )
  const server = await readServer(args, io, given, credentials)
  const sent = /^CA/i.test(id) ? await readFailedOfCall(api, credentials.accountSid, id) : await readAlert(api, id)
  const { isGenuine, json, text } = await compareWith(sent, given, server, args, io)
  if (args.has('json')) printJson(io, json)
  else print(io, text)
  return isGenuine ? EXIT.ok : EXIT.notGenuine
}

interface Compared extends Pick<Comparison, 'isGenuine'> {
  /** False if it names no cause, and is not certain that nothing differs. */
  readonly isSettled: boolean
  readonly json: object
  readonly text: string
}

async function compareWith(
  sent: Sent,
  given: RecordedRequest | undefined,
  server: ServerOptions,
  args: Args,
  io: Io,
): Promise<Compared> {
  const seen = given === undefined ? undefined : toArrived(args, given)
  const aligned = alignNames(sent, seen)
  const isLost = !args.has('last') && given !== undefined && hasLostBody(given)
  const comparison = await asUsageLater(() =>
    isLost && seen !== undefined ? compareWithoutBody(aligned, seen, server) : compareSent(aligned, seen, server),
  )
  // Without the secret, nothing is known of the key with which the server compared.
  if (args.has('last') && comparison.causes.some(({ id }) => causes[id].part === 'key'))
    requireSharedKey(given && findSharedKeyId(given.headers), server)
  const { isGenuine, unexplained } = comparison
  return {
    isGenuine,
    isSettled: comparison.causes.length > 0 || (isGenuine && unexplained.length === 0),
    json: toJson(sent, comparison),
    text: format(sent, given && addOrigin(given, server), comparison, args.has('last'), io),
  }
}

const unaskedMs = 3000

/**
 * Asks Twilio what it sent of a kept request that nothing else explains, if the environment has
 * credentials. If that settles nothing, it says so in one sentence.
 */
export async function explainUnasked(given: RecordedRequest, args: Args, io: Io): Promise<Compared | undefined> {
  const { TWILIO_ACCOUNT_SID: account, TWILIO_AUTH_TOKEN: token, TWILIO_API_KEY: key } = io.env
  if (!args.has('last') || !account || !(token || key)) return undefined
  const signal = AbortSignal.timeout(unaskedMs)
  try {
    const credentials = await readCredentials(args, io)
    const api = createTwilioApi({
      credentials,
      urlOf: readApiUrl(args, findRegion(given)),
      requestsPerSecond: 10,
      signal,
    })
    const alert = findAlertOf(given, await listRecent(api, mostRecent))
    if (alert === undefined) {
      tell(io, `Twilio was asked, and has no alert of a failed webhook to ${showPath(given.url)}.`)
      return undefined
    }
    const sent = await readAlert(api, alert)
    const compared = await compareWith(sent, given, await readServer(args, io, given, credentials), args, io)
    if (compared.isSettled) return compared
    tell(io, `Twilio was asked, and its alert ${alert} does not explain this request.`)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof UnreachableError)) throw error
    const why = signal.aborted ? `no answer within ${unaskedMs / 1000} s.` : error.message
    tell(io, `Twilio could not be asked what it sent: ${why}`)
  }
  return undefined
}

/** A copy that does not even say that the body was empty. Many logs keep no body, or only its start. */
function hasLostBody(given: RecordedRequest): boolean {
  const { method, body, parsedBody, headers, hasUnread } = given
  if (hasUnread === true || findCutMark(given) !== undefined) return true
  const isEmpty = method === 'GET' || findHeader(headers, 'content-length')?.trim() === '0'
  return body === undefined && parsedBody === undefined && !isEmpty
}

/** A capture may have the target alone: the server checks it below its public URL. */
function addOrigin(given: RecordedRequest, { options }: ServerOptions): RecordedRequest {
  const { publicUrl } = options
  const isTarget = given.url.startsWith('/') && typeof publicUrl === 'string'
  return isTarget ? { ...given, url: publicUrl.replace(/\/$/, '') + given.url } : given
}

/**
 * Lists the failed webhooks of the account.
 * @returns the newest alert of the request's path, to compare it with the request
 */
async function showRecent(
  args: Args,
  io: Io,
  api: TwilioApi,
  given: RecordedRequest | undefined,
): Promise<string | undefined> {
  const found = await listRecent(api, mostRecent)
  const alerts = found.map((alert) => ({ ...alert, url: showUrl(alert.url) }))
  if (args.has('json')) {
    printJson(io, alerts)
    return undefined
  }
  if (alerts.length === 0) print(io, 'No webhook failed in the time for which Twilio keeps alerts.')
  for (const { alert, date, error, method, url } of alerts)
    print(io, showText(`${alert}  ${date}  ${error}  ${method.padEnd(4)}  ${url}`))
  const same = given && findAlertOf(given, found)
  if (same !== undefined) {
    print(io, '')
    return same
  }
  const ask = 'To compare one of them with what your server saw'
  if (given !== undefined) tell(io, explainAbsent(given, args))
  const next = writeNext(found[0], given, args, io)
  if (next !== undefined) tell(io, `${ask}:\n  ${next}`)
  else if (alerts.length > 0)
    tell(io, `${ask}, give its id to --alert, with --public-url of your server, or with the request as it saw it.`)
  return undefined
}

/**
 * Finds the alert of a request: of those to its path, the one that is nearest in time. If there is
 * none, something on the way may have removed or added a prefix.
 */
function findAlertOf({ url, time }: RecordedRequest, alerts: readonly RecentAlert[]): string | undefined {
  const own = readPath(url)
  const distance = ({ date }: RecentAlert): number => Math.abs((time ?? Date.now()) - Date.parse(date))
  const near = [...alerts].sort((one, other) => distance(one) - distance(other))
  const endsAlike = (path: string): boolean => own !== '/' && path !== '/' && (path.endsWith(own) || own.endsWith(path))
  const found = near.find((one) => readPath(one.url) === own) ?? near.find((one) => endsAlike(readPath(one.url)))
  return found?.alert
}

/** Says where else the alert of a request may be, if none of those that were listed is of its path. */
function explainAbsent(given: RecordedRequest, args: Args): string {
  const region = findRegion(given)
  const named = region in apiUrls
  const asked = args.text('api-url')
  const others = Object.entries(apiUrls).filter(([name, one]) => one !== asked && (!named || name === region))
  const ways = others.map(([name, one]) => `${name}: --api-url ${quoteWord(one)}`)
  if (asked !== undefined && !named) ways.unshift('us1: without --api-url')
  return [
    `No alert of this list has the path ${showPath(given.url)}. ${
      named ? `X-Home-Region says ${region}.` : 'Something on the way may have changed the path.'
    } Each account and each Region has its own alerts, and its own Auth Token.`,
    ...(ways.length === 0 ? [] : [`To ask another Region, with its credentials: ${ways.join(', ')}.`]),
  ].join('\n')
}

function findRegion({ headers }: RecordedRequest): string {
  return findHeader(headers, 'x-home-region') ?? ''
}

/** Shows the path of a URL, without its query, which may hold a secret. */
function showPath(url: string): string {
  return showText(readPath(url) || '/')
}

function readPath(url: string): string {
  return (splitUrl(url)?.target ?? url).replace(/\?.*$/s, '')
}

/** Writes the command that compares an alert. */
function writeNext(
  newest: RecentAlert | undefined,
  given: RecordedRequest | undefined,
  args: Args,
  { env }: Io,
): string | undefined {
  const isKept = given === undefined && listKeptRequests((name) => env[name]).length > 0
  const seen = writeRequestFlags(args) ?? (isKept ? '--last' : writeFlag(args, 'public-url'))
  // The URL of the alert is no guess for the public URL of the server: it would hide a difference.
  return newest && seen && `npx @tollgate/cli diagnose --alert ${newest.alert} ${seen}`
}

async function readServer(
  args: Args,
  io: Io,
  given: RecordedRequest | undefined,
  { username, accountSid, password }: Credentials,
): Promise<ServerOptions> {
  const keyId = given && findSharedKeyId(given.headers)
  const found = await readSecretsIfAny(args, io, keyId)
  // The Auth Token with which the API is asked also signs the webhooks of the account.
  const authTokens = found.authTokens.length === 0 && username === accountSid ? [password] : found.authTokens
  if (authTokens.length === 0 && found.sharedKey === undefined) {
    requireSharedKey(keyId, found)
    throw new UsageError(
      'There is no Auth Token to sign with: set TWILIO_AUTH_TOKEN, or use --auth-token-file FILE. An API key does not sign.',
    )
  }
  const secrets = { authTokens, sharedKey: found.sharedKey }
  const site = given && findCaptured(args, given)
  if (site !== undefined)
    throw new UsageError(
      `${site} captured this request, so it does not show what your server got: use one that your server refused (--last), or --public-url without a request.`,
    )
  const request = given ?? { method: 'POST', url: '/', headers: [], body: undefined }
  const { options } = toVerifierOptions(args, io, request, secrets)
  return { options: { ...options, ...(await readGuesses(args, io)) }, tokens: authTokens, sharedKey: found.sharedKey }
}

/** The events of a call may write names in another way: those that the server saw are right. */
function alignNames(sent: Sent, seen: DiagnosableRequest | undefined): Sent {
  if (sent.namesAreExact || seen?.body === undefined || !(seen.body instanceof Uint8Array)) return sent
  const fold = (name: string): string => name.toLowerCase().replaceAll('_', '')
  const names = new Map([...new URLSearchParams(Buffer.from(seen.body).toString())].map(([name]) => [fold(name), name]))
  return { ...sent, params: sent.params.map(([name, value]) => [names.get(fold(name)) ?? name, value]) }
}

function toJson(sent: Sent, comparison: Comparison): object {
  const { about, method, url, params, namesAreExact } = sent
  const { isGenuine, causes, unexplained, signedBy, otherWebhook = [] } = comparison
  return {
    genuine: isGenuine,
    sent: {
      about: showText(about),
      method: showText(method),
      url: showUrl(url),
      parameters: params.map(([name]) => ({ name: showName(name) })),
      namesAreExact,
    },
    causes,
    unexplained: unexplained.map((difference) => ({
      what: difference.what,
      name: difference.name === undefined ? null : showName(difference.name),
      ...showBoth(difference),
    })),
    signedBy,
    otherWebhook,
  }
}

function format(
  sent: Sent,
  given: RecordedRequest | undefined,
  { isGenuine, causes, unexplained: all, signedBy, otherWebhook }: Comparison,
  isKept: boolean,
  io: Io,
): string {
  const colors = colorsFor(io.stdout, io.env)
  const unexplained = all.filter((difference) => difference !== missingBody)
  const lacksBody = unexplained.length < all.length
  const lines = [
    showText(sent.about),
    `  sent  ${showText(sent.method)} ${showUrl(sent.url)}  (${sent.params.length} parameters)`,
  ]
  if (given !== undefined) lines.push(`  seen  ${cleanText(given.method)} ${showUrl(given.url)}`)
  if (lacksBody)
    lines.push(
      `No ${given?.body === undefined ? '' : 'whole '}body was found in the copy, so all but the body was compared. If your server got none either, that is the cause.`,
      'To compare the body too, add it, or use --last.',
    )
  if (!sent.namesAreExact)
    lines.push('The events of a call do not show how parameters are written; names are compared without case and _.')
  if (otherWebhook !== undefined)
    return [
      ...lines,
      `${colors.red('Not compared')}: the request is of another webhook than the record: ${otherWebhook.join(', ')} differ.`,
      'Give the request of this record, such as another one that was kept: --last --entry N.',
    ].join('\n')
  // Without the request, the server is taken to see what Twilio sent: a proxy may have changed it.
  if (isGenuine && unexplained.length === 0 && given === undefined)
    lines.push(
      `${colors.green(signedBy === 'unknown' ? 'The public URL is right' : 'The configuration is right')}, if ${showPath(sent.url)} and these parameters reach your server unchanged.`,
      `${colors.red('Not compared')}: what your server saw, such as a path or a body that something on the way changed${signedBy === 'unknown' ? ', and the key, because the record has no signature' : ''}.`,
      'To compare it too, give the request that it refused: --last, or a copy of it, in place of --public-url.',
    )
  else if (isGenuine && unexplained.length === 0)
    lines.push(
      lacksBody
        ? `${colors.green('Nothing else differs:')} with this URL and the body that Twilio sent the signature of the configured key is right.`
        : `${colors.green('Nothing differs:')} with this URL and these parameters the signature of the configured key is right.`,
      explainRefusal(isKept),
    )
  else if (isGenuine) lines.push(`${colors.green('Genuine')}, as far as is known, but this differs:`)
  else if (causes.length > 0)
    lines.push(
      `${colors.red('Certain')}, because the signed URL and parameters are known:`,
      ...formatCauses(causes, colors),
      'Fix:',
      ...formatFixes(causes),
    )
  else lines.push(`${colors.red('Different')}, and no known cause explains it:`)
  if (unexplained.length > 0) {
    if (causes.length > 0) lines.push('Also different:')
    for (const difference of unexplained) {
      const { sent: one, seen: other } = showBoth(difference)
      lines.push(`  ${showName(difference.name ?? difference.what)}`, `    sent  ${one}`, `    seen  ${other}`)
    }
    if (unexplained.some((one) => (isGenuine && one.what === 'parameter') || isOtherId(one)))
      lines.push('The request that the server saw is another one than that of the record.')
    else if (isGenuine)
      lines.push('If the server refuses this webhook, the header does not reach it, or another key signs it.')
  }
  const isSigned = findHeader(given?.headers ?? [], 'x-twilio-signature') !== undefined || sent.signature !== undefined
  const isUnclear = unexplained.some(({ what }) => what !== 'header')
  const unknown = isUnclear ? notSame : notCompared
  lines.push(`Signed by: ${isSigned && signedBy === 'unknown' ? unknown : signers[signedBy]}`)
  return lines.join('\n')
}

/** The command has the key and the public URL that it was given, and no option of the server. */
function explainRefusal(isKept: boolean): string {
  return `${isKept ? 'Your server refused it, so' : 'If your server refused it,'} its key, its "publicUrl" or another option differs from what was given here.`
}

const notCompared = 'not known, because the server refuses the request before it compares signatures'
const notSame = 'not known, because what differs is not explained: the request may be of another webhook'

const signers: Readonly<Record<Comparison['signedBy'], string>> = {
  'a configured key': 'a key that is configured',
  'another key': 'another key than those configured',
  unknown: 'not known, because neither record has the header X-Twilio-Signature',
}

/** Shows a text in one line, in which line breaks stay visible. */
function showText(text: string): string {
  return cleanText(text.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t'))
}

function showUrl(url: string): string {
  return showText(maskUrl(url))
}

/**
 * Shows both sides. A value is only measured, because it may be a message.
 */
function showBoth({ what, sent, seen }: Difference): { readonly sent: string; readonly seen: string } {
  const show = (values: readonly string[]): string => {
    if (what === 'url') return showUrl(values[0] ?? '')
    if (what !== 'parameter') return showText(values.join(', '))
    if (values.length === 0) return 'not there'
    return values.map((value) => `${[...value].length} characters`).join(', ')
  }
  return { sent: show(sent), seen: show(seen) }
}
