import type { RejectionCode, VerifierOptions } from 'tollgate'
import {
  type Cause,
  type CausePart,
  causes,
  type DiagnosableRequest,
  type DiagnoseOptions,
  type Diagnosis,
  type Difference,
  diagnose,
} from 'tollgate/diagnose'
import { splitUrl } from 'tollgate/internal'
import { signRequest } from 'tollgate/testing'
import {
  encodeForm,
  findOtherWebhook,
  joinRepeated,
  listDifferences,
  nameDifferences,
  toFullUrl,
} from './differences.ts'
import { hasClientHeaders, readHeader, withHeaders } from './headers.ts'
import type { Sent } from './sent.ts'
import { removeFragment } from './webhook-url.ts'

export interface Comparison {
  /** True if the request verifies, as far as can be known. */
  readonly isGenuine: boolean
  /** Certain, because the signed URL and parameters are known. */
  readonly causes: readonly Cause[]
  readonly unexplained: readonly Difference[]
  readonly signedBy: 'a configured key' | 'another key' | 'unknown'
  /**
   * Names what shows that the request is of another webhook than the record, such as `MessageSid`.
   * Then nothing follows from their other differences.
   */
  readonly otherWebhook?: readonly string[]
}

/** The configuration of the server. The first token, or the SharedKey, signs what was sent. */
export interface ServerOptions {
  readonly options: VerifierOptions & DiagnoseOptions
  readonly tokens: readonly string[]
  readonly sharedKey: { readonly id: string; readonly secret: string } | undefined
}

// No flag of the command makes another code before signatures are compared.
const refusedBefore: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  'signature_malformed',
  'algorithm_unsupported',
  'content_encoding_unsupported',
  'body_already_consumed',
  'key_unknown',
])

const signatureHeader = 'x-twilio-signature'
const settingsHeader = 'x-twilio-webhooks-signature-settings'
const formType = 'application/x-www-form-urlencoded'

/**
 * Compares what Twilio sent with what the server saw. The signature of what was sent is computed,
 * so that each difference is found even where the record of the server has no signature.
 *
 * @param seen `undefined`: only the options are known, so the server sees what was sent
 */
export async function compareSent(
  sent: Sent,
  seen: DiagnosableRequest | undefined,
  server: ServerOptions,
): Promise<Comparison> {
  const request = seen === undefined ? toSeen(sent, server.options) : markLostJson(sent, seen)
  const options = addHints(sent, request, server.options)
  const arrived = readHeader(request, signatureHeader) ?? sent.signature
  const differences = listDifferences(sent, request, options)
  const asArrived = arrived === undefined ? request : withHeaders(request, { [signatureHeader]: arrived })
  const first = await diagnoseSent(asArrived, options)
  const byParameter = differences.filter(({ what }) => what === 'parameter')
  // The server verified a request. If its parameters differ, it is another one than Twilio's
  // record.
  if (first.verdict.ok) return { isGenuine: true, causes: [], unexplained: byParameter, signedBy: 'a configured key' }
  const proven = first.proven?.causes ?? []
  if (proven.length > 0) {
    const isOther = proven.some(({ id }) => causes[id].signedByOther)
    const explains = proven.some(isOf(ofContent))
    const signedBy = isOther ? 'another key' : 'a configured key'
    return { isGenuine: false, causes: proven, unexplained: explains ? [] : byParameter, signedBy }
  }
  // No signature was compared, so what Twilio signed says nothing more.
  if (refusedBefore.has(first.verdict.code) && first.suspected.length > 0)
    return { isGenuine: false, causes: first.suspected.slice(0, 1), unexplained: [], signedBy: 'unknown' }
  const otherWebhook = findOtherWebhook(sent, request, differences)
  if (otherWebhook.length > 0)
    return { isGenuine: false, causes: [], unexplained: [], signedBy: 'unknown', otherWebhook }

  // The signature that arrived explains nothing, or there is none. The right one is known.
  const computed = computeSignature(sent, request, server)
  if (computed === undefined) {
    return { isGenuine: false, causes: first.suspected.slice(0, 1), unexplained: differences, signedBy: 'unknown' }
  }
  const isOwn = arrived === computed[signatureHeader]
  const signed = withHeaders(request, { [settingsHeader]: undefined, ...computed })
  const { found, left, asSeen } = await searchVariants(listVariants(sent, signed, options), differences)
  // If something is unexplained, the signature may be right for another webhook than that of the record.
  const isOfRecord = left.length === 0 || arrived === sent.signature
  const signedBy = isOwn ? 'a configured key' : arrived !== undefined && isOfRecord ? 'another key' : 'unknown'
  const byBody = found.length > 0 && left.length === 0 ? [] : describeBody(asSeen, left, sent)
  const named = nameDifferences(byBody.length > 0 ? left.filter(({ what }) => what !== 'body') : left)
  // The differences name what a suspicion about parameters only guesses, if they explain everything.
  const isKnown = named.causes.length > 0 && named.rest.length === 0
  const isGuess = ({ id }: Cause): boolean => isKnown && !named.causes.some((cause) => cause.id === id)
  const kept = byBody.filter((cause) => !(isOf(['params'])(cause) && isGuess(cause)))
  const certain = joinRepeated([...found, ...kept, ...named.causes, ...describeSignature(signedBy, request, first)])
  if (certain.length + named.rest.length > 0)
    return { isGenuine: false, causes: certain, unexplained: named.rest, signedBy }
  const { verdict } = asSeen
  const isUnsigned = seen !== undefined && arrived === undefined
  const unexplained = verdict.ok ? (isUnsigned ? [noSignature] : []) : [describeRejection(verdict.code)]
  return { isGenuine: verdict.ok, causes: certain, unexplained, signedBy }
}

/**
 * Compares what Twilio sent with a copy that has no body: all but the body. The server may have got
 * one, so nothing follows from its absence.
 */
export async function compareWithoutBody(
  sent: Sent,
  seen: DiagnosableRequest,
  server: ServerOptions,
): Promise<Comparison> {
  const hasForm = sent.method !== 'GET' && !isEvent(sent) && sent.params.length > 0
  if (!hasForm && !isEvent(sent)) return await compareSent(sent, seen, server)
  const form = { ...withHeaders(seen, { 'content-length': undefined }), body: encodeForm(sent.params) }
  const filled = hasForm ? withHeaders(form, { 'content-type': readHeader(seen, 'content-type') ?? formType }) : seen
  const { isGenuine, causes: found, unexplained, ...rest } = await compareSent(sent, filled, server)
  const kept = found.filter(({ id }) => causes[id].isOfLostBody !== true)
  return {
    ...rest,
    isGenuine: isGenuine || (kept.length < found.length && kept.length + unexplained.length === 0),
    causes: kept,
    unexplained: rest.otherWebhook === undefined ? [...unexplained, missingBody] : unexplained,
  }
}

export const missingBody: Difference = {
  what: 'body',
  name: undefined,
  sent: ['with the webhook'],
  seen: ['no body in this copy'],
}

const noSignature: Difference = {
  what: 'header',
  name: 'X-Twilio-Signature',
  sent: ['with every webhook'],
  seen: ['not in this record'],
}

function describeRejection(code: RejectionCode): Difference {
  return { what: 'request', name: undefined, sent: ['signed by a configured key'], seen: [`refused as ${code}`] }
}

/**
 * If the JSON of an event is gone, an object in its place holds no parameters that Twilio signed.
 */
function markLostJson(sent: Sent, seen: DiagnosableRequest): DiagnosableRequest {
  const body: unknown = seen.body
  const isObject = typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype
  return isEvent(sent) && isObject && !('consumedBy' in body)
    ? { ...seen, body: { consumedBy: 'a parser of JSON', fix: keepBytes } }
    : seen
}

const keepBytes = 'Verify before anything parses the body, or keep its bytes.'

/** With bodySHA256 the URL covers the body, and nothing else is signed. */
function isEvent({ url }: Sent): boolean {
  return /[?&]bodySHA256=/.test(url)
}

/** Makes the test if a cause changes one of these parts of the request. */
function isOf(parts: readonly CausePart[]): (cause: Cause) => boolean {
  return ({ id }) => parts.includes(causes[id].part)
}

const ofContent: readonly CausePart[] = ['params', 'body']

/** Twilio's record shows that no stranger sent the request. */
async function diagnoseSent(
  request: DiagnosableRequest,
  options: VerifierOptions & DiagnoseOptions,
): Promise<Diagnosis> {
  const diagnosis = await diagnose(request, options)
  return { ...diagnosis, suspected: diagnosis.suspected.filter(({ id }) => !causes[id].isStranger) }
}

interface Searched {
  readonly found: readonly Cause[]
  /** The differences that the search did not explain. */
  readonly left: readonly Difference[]
  /** The diagnosis of the request as it was seen, with the right signature. */
  readonly asSeen: Diagnosis
}

/** Returns what the search finds for the request as it was seen, or for the first variant. */
async function searchVariants(
  [asIs, ...variants]: readonly [Variant, ...Variant[]],
  differences: readonly Difference[],
): Promise<Searched> {
  const asSeen = await diagnoseSent(asIs.changed, asIs.with)
  const found = listCertain(asSeen)
  // Without a proof, a body with another hash says nothing about the URL.
  const ofUrl = asSeen.proven === undefined ? differences.filter(({ what }) => what === 'url') : []
  if (asSeen.verdict.ok || found.length > 0) return { found, left: ofUrl, asSeen }
  for (const { changed, with: options, explained } of variants) {
    const diagnosis = await diagnoseSent(changed, options)
    const certain = listCertain(diagnosis)
    if (diagnosis.verdict.ok || certain.length > 0)
      return { found: certain, left: differences.filter(({ what }) => !explained.includes(what)), asSeen }
  }
  return { found: [], left: differences, asSeen }
}

/** A body with another hash than the signed one is certain, with the other causes of the search. */
function listCertain({ verdict, proven, suspected, question }: Diagnosis): readonly Cause[] {
  if (proven !== undefined) return proven.causes
  return !verdict.ok && verdict.code === 'body_hash_mismatch' && question === undefined ? suspected : []
}

/**
 * A body that is lost or has another form as a whole: the code, or the request itself, shows why.
 */
function describeBody(
  { verdict, suspected: all, question }: Diagnosis,
  left: readonly Difference[],
  sent: Sent,
): readonly Cause[] {
  if (verdict.ok) return []
  const suspected = all.filter(({ id }) => isEvent(sent) || !causes[id].isOfEvent)
  // The code of a body that something else wrote says nothing of the form that was sent.
  if (/^body_/.test(verdict.code)) return suspected.filter(isOf(ofContent)).slice(0, 1)
  const isWhole = left.some(({ what }) => what === 'body') && question === undefined
  return isWhole ? suspected.filter(isOf(['body'])).slice(0, 1) : []
}

interface Variant {
  readonly changed: DiagnosableRequest
  readonly with: VerifierOptions & DiagnoseOptions
  /** What the diagnosis of this variant explains. The rest is as it was sent. */
  readonly explained: readonly Difference['what'][]
}

/**
 * The request as it was seen, then with the parameters as sent. Each is searched first with hints,
 * which finds the usual causes, and then with the URL that Twilio called, which names any other.
 */
function listVariants(
  sent: Sent,
  signed: DiagnosableRequest,
  options: VerifierOptions & DiagnoseOptions,
): [Variant, ...Variant[]] {
  const named = { ...options, otherUrls: [...(options.otherUrls ?? []), removeFragment(sent.url)] }
  const all = ['method', 'url', 'parameter', 'body'] as const
  const asSeen = { changed: signed, explained: all }
  if (sent.method === 'GET' || sent.params.length === 0)
    return [
      { ...asSeen, with: options },
      { ...asSeen, with: named },
    ]
  const { params: _, ...rest } = withHeaders(signed, {
    'content-type': formType,
    'content-length': undefined,
    'content-encoding': undefined,
  })
  const asSent = { changed: { ...rest, body: encodeForm(sent.params) }, explained: ['method', 'url'] as const }
  return [
    { ...asSeen, with: options },
    { ...asSeen, with: named },
    { ...asSent, with: options },
    { ...asSent, with: named },
  ]
}

/** Adds the host and the path that were sent to what the search tries. */
function addHints(
  sent: Sent,
  request: DiagnosableRequest,
  options: ServerOptions['options'],
): ServerOptions['options'] {
  const parts = splitUrl(sent.url)
  if (parts === undefined) return options
  const toPath = (url: string): string => (splitUrl(url)?.target ?? url).replace(/\?.*$/s, '')
  const [path, own] = [toPath(parts.target), toPath(toFullUrl(request, options))]
  const [longer, shorter] = path.length > own.length ? [path, own] : [own, path]
  const prefix = longer.endsWith(shorter) ? longer.slice(0, -shorter.length) : ''
  return {
    ...options,
    otherHosts: [...(options.otherHosts ?? []), parts.authority.replace(/:\d+$/, '')],
    ...(/^\/[^/]/.test(prefix) && { prefixes: [...(options.prefixes ?? []), prefix] }),
  }
}

/** The request that a server behind the configured public URL sees, if nothing changes it. */
function toSeen(sent: Sent, { publicUrl }: VerifierOptions): DiagnosableRequest {
  const parts = splitUrl(sent.url)
  const prefix = typeof publicUrl === 'string' ? (splitUrl(publicUrl)?.target.replace(/\/$/, '') ?? '') : ''
  const target = parts?.target ?? '/'
  const isForm = sent.method !== 'GET' && sent.params.length > 0
  return {
    method: sent.method,
    url: prefix !== '' && target.startsWith(`${prefix}/`) ? target.slice(prefix.length) : target,
    headers: { host: parts?.authority ?? '', ...(isForm && { 'content-type': formType }) },
    ...(isForm && { body: encodeForm(sent.params) }),
  }
}

/** Returns the headers with which a configured key signs what was sent. */
function computeSignature(
  sent: Sent,
  request: DiagnosableRequest,
  { tokens, sharedKey }: ServerOptions,
): Record<string, string> | undefined {
  const isForm = sent.method !== 'GET' && !isEvent(sent) && sent.params.length > 0
  const usesSharedKey = sharedKey !== undefined && readHeader(request, settingsHeader) !== undefined
  // A token in quotes or with blanks is a fault of the configuration, which the diagnosis names.
  const authToken = tokens[0]?.replace(/^[\s"']+|[\s"']+$/g, '')
  try {
    const { headers } = signRequest({
      url: sent.url,
      ...(isForm ? { method: sent.method, params: sent.params } : { method: 'GET' }),
      ...(usesSharedKey ? { sharedKey } : { authToken: authToken ?? '' }),
    })
    return Object.fromEntries(
      Object.entries(headers).filter(([name]) => name === signatureHeader || name === settingsHeader),
    )
  } catch {
    return undefined
  }
}

function describeSignature(
  signedBy: Comparison['signedBy'],
  request: DiagnosableRequest,
  first: Diagnosis,
): readonly Cause[] {
  const missing = hasClientHeaders(request) ? first.suspected.find(isOf(['signature'])) : undefined
  if (missing !== undefined && readHeader(request, signatureHeader) === undefined) return [missing]
  if (signedBy !== 'another key') return []
  const told = first.suspected.find(isOf(['key', 'signature']))
  const [id] = (Object.keys(causes) as Cause['id'][]).filter((one) => causes[one].signedByOther)
  if (told !== undefined || id === undefined) return told === undefined ? [] : [told]
  const detail = 'The URL and the parameters that Twilio signed are known, and no configured key makes this signature.'
  return [{ id, detail, fix: causes[id].fix }]
}
