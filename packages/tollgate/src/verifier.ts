import { isAccountSid } from './auth-token.ts'
import type { Delivery, IncomingRequest, ReplayClaim, UnverifiedClaim } from './interfaces.ts'
import { type Candidate, findKeys, refreshKeys } from './keys-of-request.ts'
import { parseOptions, type Settings, type VerifierOptions } from './options.ts'
import { listAccounts, listAccountsInJson } from './request/account.ts'
import { readBody } from './request/body.ts'
import { type Content, readContent } from './request/content.ts'
import { type Envelope, readEnvelope, readSignatureClaim, type SignatureClaim } from './request/envelope.ts'
import { readHeaders } from './request/headers.ts'
import { readTarget } from './request/public-url.ts'
import { decodeUtf8 } from './scheme/form.ts'
import { equalSignatures } from './scheme/signature.ts'
import { joinUrl, listSignedForms, type SignedForm, type UrlParts } from './scheme/signed-url.ts'
import { joinPairs } from './scheme/signing-string.ts'
import { type Accepted, isRefusal, type Received, Refusal, rejectWith, type Verdict } from './verdict.ts'
import { ReceivedParams } from './webhook-params.ts'

export interface Verifier {
  /**
   * Verifies one request. Never rejects and never throws for what a request contains.
   * @param native The framework's own request, handed to `onVerdict` as it is.
   */
  verify(request: IncomingRequest, native?: unknown): Promise<Verdict>
}

/**
 * Makes the one path from a request to its verdict, which every adapter goes.
 * @throws TypeError or RangeError, naming the option, when something is missing, unknown or out of range.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = parseOptions(options)
  return {
    async verify(request, native) {
      const { verdict, body } = await decide(settings, request)
      report(settings, verdict, { request, body, native })
      return verdict
    },
  }
}

interface Decision {
  readonly verdict: Verdict
  /** The bytes that were read. */
  readonly body?: Uint8Array
}

/** In this order: method and headers, then the body under its limit, then the keys, then the signature. */
async function decide(settings: Settings, request: IncomingRequest): Promise<Decision> {
  const source: Partial<IncomingRequest> = Object(request)
  const envelope = readEnvelope(source.method, readHeaders(source.headers))
  const claimed = readSignatureClaim(envelope, settings.sharedKeysOnly)
  const url = settings.resolveUrl(source as IncomingRequest)(envelope, source as IncomingRequest)
  const early = isRefusal(claimed) ? claimed : isRefusal(url) ? url : undefined
  if (early !== undefined && !settings.observe) return { verdict: rejectWith(early) }

  const body = await readBody(source.body, envelope.header, settings.maxBodyBytes)
  if (isRefusal(body)) return { verdict: rejectWith(body) }
  const query = (isRefusal(url) ? readTarget(source.url) : url)?.query ?? ''
  const content = readContent(envelope, query, body)
  const received = toReceived(content, body)
  let refusal = early ?? content.refusal
  if (refusal === undefined && !isRefusal(claimed) && !isRefusal(url)) {
    const parts = envelope.handshake ? { ...url, scheme: 'wss' } : url
    const outcome = await matchSignature(settings, {
      envelope,
      claimed,
      parts,
      content,
      received,
      respaced: source.urlIsNormalized === true,
    })
    if (!isRefusal(outcome)) return { verdict: outcome, body }
    refusal = outcome
  }
  const rejection = rejectWith(refusal ?? new Refusal('signature_mismatch'))
  return { verdict: settings.observe ? { ...received, ...rejection } : rejection, body }
}

interface Presented {
  readonly envelope: Envelope
  readonly claimed: SignatureClaim
  readonly parts: UrlParts
  readonly content: Content
  readonly received: Received
  readonly respaced: boolean
}

interface Match {
  readonly candidate: Candidate
  readonly form: SignedForm
}

async function matchSignature(settings: Settings, presented: Presented): Promise<Accepted | Refusal> {
  const { envelope, claimed, parts, content } = presented
  const paramsText = joinPairs(content.signedParams)
  const urlForms = { eitherSlash: settings.eitherSlash, respaced: presented.respaced }
  const forms = (): Iterable<SignedForm> => listSignedForms(parts, paramsText, urlForms)
  const accounts = listAccounts(content.params)
  const claim = toClaim(envelope.method, joinUrl(parts), accounts, presented.received)
  const candidates = await findKeys(settings, claimed, claim, accounts)
  if (isRefusal(candidates)) return candidates
  let match = findMatch(candidates, forms(), claimed.signature)
  if (match === undefined && claimed.sharedKeyId === undefined) {
    const refreshed = await refreshKeys(settings, claim)
    if (isRefusal(refreshed)) return refreshed
    match = findMatch(refreshed ?? [], forms(), claimed.signature)
  }
  if (match === undefined) return new Refusal('signature_mismatch', undefined, listTried(forms()))

  const named = content.covers === 'body' ? listAccountsInJson(presented.received.body) : accounts
  const { owner, isBound } = match.candidate
  const isForeign = (account: string): boolean =>
    (owner !== undefined && account !== owner) || settings.accountSids?.has(account) === false
  if (
    named.some(isForeign) ||
    (isBound && named.length > 1) ||
    (owner !== undefined && settings.accountSids?.has(owner) === false)
  )
    return new Refusal('account_not_allowed')
  tellVerified(settings, claimed, claim)
  const replay = await claimDelivery(settings, presented, match)
  return isRefusal(replay)
    ? replay
    : accept(presented, match, owner ?? (named.length === 1 ? named[0] : undefined), replay)
}

function findMatch(
  candidates: readonly Candidate[],
  forms: Iterable<SignedForm>,
  signature: string,
): Match | undefined {
  for (const form of forms)
    for (const candidate of candidates)
      if (equalSignatures(candidate.sign(form.signingString), signature)) return { candidate, form }
  return undefined
}

function toClaim(method: string, url: string, accounts: readonly string[], received: Received): UnverifiedClaim {
  const [accountSid] = accounts
  const parentAccountSid = received.params.get('ParentAccountSid')
  return {
    url,
    method,
    ...(accounts.length === 1 && accountSid !== undefined && { accountSid }),
    ...(parentAccountSid !== undefined && isAccountSid(parentAccountSid) && { parentAccountSid }),
  }
}

function tellVerified(settings: Settings, claimed: SignatureClaim, claim: UnverifiedClaim): void {
  if (settings.authTokens.kind !== 'lookup' || claimed.sharedKeyId !== undefined) return
  const { lookup } = settings.authTokens
  runUnnoticed(() => lookup.verified?.(claim))
}

async function claimDelivery(settings: Settings, presented: Presented, match: Match): Promise<ReplayClaim | Refusal> {
  const { replay } = settings.given
  if (replay === undefined) return { replayed: false }
  const { envelope, content, received } = presented
  const { signingString } = match.form
  const delivery: Delivery = {
    signingString,
    handshake: envelope.handshake,
    covers: content.covers,
    params: received.params,
    body: received.body,
  }
  try {
    const claim = await replay.claim(delivery)
    return claim.refuse === true ? new Refusal('replayed') : claim
  } catch {
    return new Refusal('replay_store_failed')
  }
}

function accept(presented: Presented, match: Match, accountSid: string | undefined, replay: ReplayClaim): Accepted {
  const { params, body, json } = presented.received
  let released: Promise<void> | undefined
  const release = async (): Promise<void> => replay.release?.()
  return {
    ok: true,
    params,
    body,
    json,
    covers: presented.content.covers,
    accountSid,
    matched: { key: match.candidate.key, algorithm: presented.claimed.algorithm.name, url: match.form.url },
    replayed: replay.replayed,
    // Adapters and handlers may both see that the work failed.
    release() {
      released ??= release()
      return released
    },
  }
}

function toReceived(content: Content, body: Uint8Array): Received {
  return {
    params: new ReceivedParams(content.params),
    body,
    json() {
      const text = decodeUtf8(body)
      if (text === undefined) throw new SyntaxError('The body is not UTF-8, and so not JSON')
      return JSON.parse(text)
    },
  }
}

/** Queries hold what users wrote: only paths are told. */
function listTried(forms: Iterable<SignedForm>): string[] {
  return [...new Set(Array.from(forms, (form) => form.url.replace(/\?.*$/s, '')))]
}

interface Reported {
  readonly request: IncomingRequest
  readonly body: Uint8Array | undefined
  readonly native: unknown
}

function report(settings: Settings, verdict: Verdict, { request, body, native }: Reported): void {
  const { onVerdict, diagnose } = settings.given
  runUnnoticed(() => onVerdict?.(verdict, request, native))
  if (verdict.ok || diagnose === undefined) return
  // The stream is spent, so that only the bytes are of use now.
  const { body: _spent, ...rest }: IncomingRequest = Object(request)
  const readable = body === undefined ? rest : { ...rest, body }
  runUnnoticed(() => diagnose.explain({ rejection: verdict, request: readable, options: settings.given, native }))
}

/** Whatever goes wrong in a listener of the user's, now or later, changes no verdict. */
function runUnnoticed(listener: () => unknown): void {
  try {
    Promise.resolve(listener()).catch(() => undefined)
  } catch {
    // As the contract says.
  }
}
