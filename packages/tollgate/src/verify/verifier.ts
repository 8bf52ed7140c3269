import { runUnnoticed } from '../checks/options.ts'
import { isAccountSid } from '../checks/secrets.ts'
import { distinct, encodeUtf8 } from '../scheme/form.ts'
import { equalSignatures, hashBody } from '../scheme/signature.ts'
import { findInForms, joinUrl, type UrlParts } from '../scheme/signed-url.ts'
import { joinPairs } from '../scheme/signing-string.ts'
import {
  type Accepted,
  type AnyVerdict,
  isRejected,
  type Mode,
  type Rejected,
  reject,
  type Verdict,
  type Webhook,
} from '../verdict.ts'
import { borrowBody, explainCut } from './body.ts'
import {
  type Candidate,
  findAccount,
  findKeys,
  isKeyOf,
  listAccounts,
  listAccountsInJson,
  refreshKeys,
  reportVerified,
} from './candidates.ts'
import { type Coverage, readCoverage } from './coverage.ts'
import { type Head, readHead, readHeaders, readSignatureClaim } from './head.ts'
import { parseOptions, type Settings } from './options.ts'
import { readTarget } from './public-url.ts'
import type { Delivery, IncomingRequest, ReplayGuard, Reservation, UnverifiedClaim, VerifierOptions } from './types.ts'
import { ReceivedParams, toAccepted, toObserved } from './webhook.ts'

/**
 * Verifies requests with the options that it was created with. Adapters take one as the option
 * `verifier`.
 */
export interface Verifier<V extends AnyVerdict = Verdict> {
  /**
   * Verifies one request. Never throws and never rejects because of what a request contains.
   * @param request The request as it arrived.
   * @param native The framework's own request object. `onVerdict` gets it, and a replay guard
   *   counts two checks of one object as one delivery. Default: none.
   */
  verify(request: IncomingRequest, native?: unknown): Promise<V>
  /**
   * The option `publicUrl`. The option `paths` of an adapter also guards paths with its prefixes.
   * Default: TOLLGATE_PUBLIC_URL of the environment.
   */
  readonly publicUrl?: unknown
  /**
   * False if nothing reserves deliveries, so that an adapter need not report how the work ended.
   * Default true.
   */
  readonly reserves?: boolean | undefined
  /** The option `onRejected`, for adapters that have none of their own. Default: none. */
  readonly onRejected?: VerifierOptions['onRejected']
}

/**
 * Creates a verifier. Every adapter uses one: nothing else decides about a request.
 * @param options The public URL and a key are needed, here or in the environment.
 * @returns a verifier: call its `verify`, or pass it to adapters as the option `verifier`
 * @throws TypeError or RangeError that names the option, if one is missing, unknown or out of
 *   range.
 */
export function createVerifier<M extends Mode = 'enforce'>(
  options: VerifierOptions & { readonly mode?: M | undefined },
): Verifier<Webhook<M> | Rejected> {
  const settings = parseOptions(options)
  const { publicUrl, onRejected, replay } = settings.given
  return {
    publicUrl,
    onRejected,
    reserves: replay !== undefined,
    async verify(request, native) {
      const source: Partial<IncomingRequest> = Object(request)
      const check: Check = { settings, source, native, head: readHead(source, readHeaders(source.headers)) }
      const proven = await prove(check)
      const verdict = isRejected(proven) && settings.observe ? await observe(check, proven) : proven
      report(check, verdict)
      return verdict as Webhook<M> | Rejected
    },
  }
}

/** One request on its way to a verdict. */
interface Check {
  readonly settings: Settings
  readonly source: Partial<IncomingRequest>
  readonly native: unknown
  readonly head: Head
  /** Both are set as soon as they have been read. */
  body?: Uint8Array | Rejected
  coverage?: Coverage
}

/**
 * The steps of a check, in order. A step gives a rejection or what the next step needs. Only a
 * stream, a look-up and a replay guard are awaited: a promise for each step would cost as much as
 * the hashing.
 */
async function prove(check: Check): Promise<Accepted | Rejected> {
  const { settings, source, head } = check
  const signed = readSignatureClaim(head, settings)
  if (isRejected(signed)) return signed
  const resolved = settings.resolveUrl(head, source as IncomingRequest, settings.lookupTimeoutMs)
  const url = 'then' in resolved ? await resolved : resolved
  if (isRejected(url)) return url

  const reading = borrowBody(source.body, head.header, settings.maxBodyBytes)
  const body = reading instanceof Promise ? await reading : reading
  check.body = body
  if (isRejected(body)) return body
  const coverage = readCoverage(head, url.query, body)
  check.coverage = coverage
  if (coverage.rejection !== undefined) return explainCut(coverage.rejection, body, head.header)

  const parts = head.handshake ? { ...url, scheme: 'wss' } : url
  // One more than may be allowed: then at least one of them is foreign.
  const accounts = listAccounts(coverage.named, (settings.allowedAccounts?.size ?? 1) + 1)
  const claim = { signed, accounts, describe: () => describeClaim(head, parts, coverage, accounts) }
  const found = findKeys(settings, claim)
  const keys = 'then' in found ? await found : found
  if (isRejected(keys)) return keys

  const paramsText = joinPairs(coverage.signedParams)
  const urlForms = { eitherSlash: settings.eitherSlash, respelled: source.urlIsNormalized }
  const tried: string[] = []
  const findMatch = (candidates: readonly Candidate[]) =>
    findInForms(parts, paramsText, urlForms, (form) => {
      tried.push(form.url)
      const candidate = candidates.find(({ sign }) => equalSignatures(sign(form.signingString), signed.signature))
      return candidate && { candidate, form }
    })
  let match = findMatch(keys)
  if (match === undefined) {
    const asked = refreshKeys(settings, claim)
    const newer = 'then' in asked ? await asked : asked
    if (isRejected(newer)) return newer
    if (newer.length > 0) match = findMatch(newer)
  }
  if (match === undefined) {
    // Without queries, which hold what users wrote.
    const paths = distinct(tried.map((url) => url.replace(/\?.*/s, '')))
    return explainCut(reject('signature_mismatch', undefined, paths), body, head.header)
  }

  // `undefined` for a body that is not one JSON text: another parser may find accounts behind a
  // byte order mark or in a second line.
  const named = coverage.covers === 'body' ? listAccountsInJson(coverage.body()) : accounts
  const { candidate, form } = match
  if (!isKeyOf(settings, candidate, named)) return reject('account_not_allowed')
  runUnnoticed(() => reportVerified(settings, claim))
  if (coverage.covers === 'params' && !hasGoodShape(settings, coverage)) return reject('params_misshapen')

  const { replay } = settings.given
  // A GET with the hash of a body may be made from the URL of a JSON event. It must not make that
  // event a replay.
  const reservation =
    replay === undefined || coverage.hasForeignHash
      ? { delivery: replay && ('unknown' as const) }
      : await reserveDelivery(replay, source, {
          key: hashBody(encodeUtf8(form.signingString)),
          handshake: head.handshake,
          covers: coverage.covers,
          params: new ReceivedParams(coverage.params),
          body: coverage.body(),
          native: check.native,
        })
  if (isRejected(reservation)) return reservation
  return toAccepted(
    coverage,
    {
      handshake: head.handshake,
      accountSid: findAccount(settings, candidate, named),
      matched: { key: candidate.key, algorithm: candidate.algorithm.name, url: form.url },
    },
    reservation,
  )
}

function hasGoodShape({ given }: Settings, { params }: Coverage): boolean {
  const { checkParams } = given
  if (checkParams === undefined) return true
  try {
    const result: unknown = checkParams(new ReceivedParams(params))
    // A promise is no answer, and its rejection would end the process.
    runUnnoticed(() => result)
    return result === true
  } catch {
    return false
  }
}

function describeClaim(
  { method }: Head,
  parts: UrlParts,
  { named }: Coverage,
  accounts: readonly string[],
): UnverifiedClaim {
  const parentAccountSid = named.find(([name]) => name === 'ParentAccountSid')?.[1]
  return {
    url: joinUrl(parts),
    method,
    ...(accounts.length === 1 && { accountSid: accounts[0] }),
    ...(isAccountSid(parentAccountSid) && { parentAccountSid }),
  }
}

/**
 * Reserves a delivery. The answer of the guard, or its failure, may refuse the request.
 * @param request Tells if the caller reports how the work ends. Otherwise the delivery counts as
 *   handled now.
 */
export async function reserveDelivery(
  guard: ReplayGuard,
  { reportsOutcome }: Pick<IncomingRequest, 'reportsOutcome'>,
  delivery: Delivery,
): Promise<Reservation | Rejected> {
  try {
    const reservation = await guard.reserve(delivery)
    if (reservation.refuse === 'pending') return reject('replay_pending')
    if (reservation.refuse === true) return reject('replayed')
    // Its failure refuses nothing: the guard tries again.
    if (reportsOutcome !== true) await (async () => reservation.confirm?.())().catch(() => undefined)
    return reservation
  } catch {
    return reject('replay_store_failed')
  }
}

/**
 * In `observe` mode a handler gets refused requests too, so their body is read even if they were
 * refused before that.
 */
async function observe(check: Check, rejection: Rejected): Promise<Verdict> {
  const { head, source, settings } = check
  const body = check.body ?? (await borrowBody(source.body, head.header, settings.maxBodyBytes))
  if (isRejected(body)) return body
  check.coverage ??= readCoverage(head, readTarget(source.url)?.query ?? '', body)
  return toObserved(check.coverage, rejection)
}

function report({ settings, source, native, coverage }: Check, verdict: Verdict): void {
  const { onVerdict, diagnose } = settings.given
  if (onVerdict !== undefined) runUnnoticed(() => onVerdict(verdict, source as IncomingRequest, native))
  if (verdict.ok || diagnose === undefined) return
  // A stream has been read, so only its bytes can be used now.
  const { body: _, ...head } = source as IncomingRequest
  const readable = { ...head, ...(coverage && { body: coverage.body() }) }
  runUnnoticed(() => diagnose.explain({ rejection: verdict, request: readable, options: settings.given, native }))
}
