import { isAccountSid } from '../checks/secrets.ts'
import type { Awaitable } from '../checks/time-limit.ts'
import { equalSignatures } from '../scheme/signature.ts'
import { joinFirstForm, joinUrl, listOtherForms, type SignedForm, type UrlParts } from '../scheme/signed-url.ts'
import { joinPairs } from '../scheme/signing-string.ts'
import { type Accepted, isRejected, type Rejected, reject, type Verdict } from '../verdict.ts'
import { borrowBody } from './body.ts'
import { type Candidate, canRefresh, findKeys, listAccounts, listAccountsInJson, refreshKeys } from './candidates.ts'
import { type Content, readContent } from './coverage.ts'
import { type Envelope, readEnvelope, readHeaders, readSignatureClaim, type SignatureClaim } from './head.ts'
import { parseOptions, type Settings } from './options.ts'
import { readTarget } from './public-url.ts'
import type { Delivery, IncomingRequest, ReplayGuard, Reservation, UnverifiedClaim, VerifierOptions } from './types.ts'
import { ReceivedParams, toAccepted, toObserved } from './webhook.ts'

export interface Verifier {
  /**
   * Verifies one request. Never rejects and never throws for what a request contains.
   * @param native The framework's own request, a new object for each request. `onVerdict` gets it, and a replay guard takes two
   *   checks of one object for one delivery.
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
    verify: (request, native) =>
      decide(settings, request, native, (verdict, content) => {
        report(settings, verdict, { request, content, native })
        return verdict
      }),
  }
}

/** Takes what was read, too. */
type Tell = (verdict: Verdict, content?: Content) => Verdict

/** In this order: method and headers, then the body under its limit, then the keys, then the signature. */
async function decide(settings: Settings, request: IncomingRequest, native: unknown, tell: Tell): Promise<Verdict> {
  const source: Partial<IncomingRequest> = Object(request)
  const envelope = readEnvelope(source, readHeaders(source.headers))
  const claimed = readSignatureClaim(envelope, settings.sharedKeysOnly)
  const url = settings.resolveUrl(envelope, source as IncomingRequest)
  const early = isRejected(claimed) ? claimed : isRejected(url) ? url : undefined
  if (early !== undefined && !settings.observe) return tell(early)

  const read = borrowBody(source.body, envelope.header, settings.maxBodyBytes)
  const borrowed = read instanceof Promise ? await read : read
  if (isRejected(borrowed)) return tell(borrowed)
  const query = (isRejected(url) ? readTarget(source.url) : url)?.query ?? ''
  const content = readContent(envelope, query, borrowed)
  let refusal = early ?? content.refusal
  if (refusal === undefined && !isRejected(claimed) && !isRejected(url)) {
    const parts = envelope.handshake ? { ...url, scheme: 'wss' } : url
    const matched = matchSignature(settings, {
      envelope,
      claimed,
      parts,
      content,
      respelled: source.urlIsNormalized,
      native,
    })
    const outcome = 'then' in matched ? await matched : matched
    if (!isRejected(outcome)) return tell(outcome, content)
    refusal = outcome
  }
  const rejection = refusal ?? reject('signature_mismatch')
  return tell(settings.observe ? toObserved(content, rejection) : rejection, content)
}

interface Presented {
  readonly envelope: Envelope
  readonly claimed: SignatureClaim
  readonly parts: UrlParts
  readonly content: Content
  readonly respelled: IncomingRequest['urlIsNormalized']
  readonly native: unknown
}

interface Match {
  readonly candidate: Candidate
  readonly form: SignedForm
}

/** Waits only where a look-up or a replay guard has to be asked: promises, all together, cost as much as the hashing. */
function matchSignature(settings: Settings, presented: Presented): Awaitable<Accepted | Rejected> {
  const { claimed, parts, content } = presented
  const paramsText = joinPairs(content.signedParams)
  const urlForms = { eitherSlash: settings.eitherSlash, respelled: presented.respelled }
  const first = [joinFirstForm(parts, paramsText)]
  const others = (): Iterable<SignedForm> => listOtherForms(parts, paramsText, urlForms)
  const search = (keys: readonly Candidate[]): Match | undefined =>
    findMatch(keys, first, claimed.signature) ?? findMatch(keys, others(), claimed.signature)
  // One more than can be allowed: then at least one of them is foreign.
  const accounts = listAccounts(content.named, (settings.accountSids?.size ?? 1) + 1)
  const makeClaim = (): UnverifiedClaim => toClaim(presented, accounts)
  const finish = (match: Match | undefined): Awaitable<Accepted | Rejected> => {
    if (match === undefined) return reject('signature_mismatch', undefined, listTried([...first, ...others()]))
    return acceptMatch(settings, presented, match, accounts, makeClaim)
  }
  const tryKeys = (keys: readonly Candidate[] | Rejected): Awaitable<Accepted | Rejected> => {
    if (isRejected(keys)) return keys
    const match = search(keys)
    if (match !== undefined || !canRefresh(settings, claimed)) return finish(match)
    return refreshKeys(settings, makeClaim()).then((refreshed) =>
      isRejected(refreshed) ? refreshed : finish(search(refreshed ?? [])),
    )
  }
  const found = findKeys(settings, claimed, accounts, makeClaim)
  return 'then' in found ? found.then(tryKeys) : tryKeys(found)
}

/** What a matching signature leaves to be seen: whose key it was, and whether the delivery is new. */
function acceptMatch(
  settings: Settings,
  presented: Presented,
  match: Match,
  accounts: readonly string[],
  makeClaim: () => UnverifiedClaim,
): Awaitable<Accepted | Rejected> {
  const { content, claimed } = presented
  const { owner, isBound } = match.candidate
  // `undefined` for a body that is not one JSON text: behind a byte order mark, or in a second line, another parser may find accounts.
  const named = content.covers === 'body' ? listAccountsInJson(content.body()) : accounts
  const isForeign = (account: string): boolean =>
    (owner !== undefined && account !== owner) || settings.accountSids?.has(account) === false
  if (
    named?.some(isForeign) ||
    (isBound && (named === undefined || named.length > 1)) ||
    (owner !== undefined && settings.accountSids?.has(owner) === false)
  )
    return reject('account_not_allowed')
  tellVerified(settings, claimed, makeClaim)
  const proof = {
    handshake: presented.envelope.handshake,
    accountSid: owner ?? (named?.length === 1 ? named[0] : undefined),
    matched: { key: match.candidate.key, algorithm: claimed.algorithm.name, url: match.form.url },
  }
  const { replay: guard } = settings.given
  // Such a request must not turn away the JSON event whose URL it may have been made of.
  if (guard === undefined || content.hasForeignHash) return toAccepted(content, proof, unguarded)
  return reserveDelivery(guard, presented, match).then((replay) =>
    isRejected(replay) ? replay : toAccepted(content, proof, replay),
  )
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

function toClaim({ envelope, parts, content }: Presented, accounts: readonly string[]): UnverifiedClaim {
  const [accountSid] = accounts
  const parentAccountSid = content.named.find(([name]) => name === 'ParentAccountSid')?.[1]
  return {
    url: joinUrl(parts),
    method: envelope.method,
    ...(accounts.length === 1 && accountSid !== undefined && { accountSid }),
    ...(parentAccountSid !== undefined && isAccountSid(parentAccountSid) && { parentAccountSid }),
  }
}

function tellVerified(settings: Settings, claimed: SignatureClaim, makeClaim: () => UnverifiedClaim): void {
  if (settings.authTokens.kind !== 'lookup' || claimed.sharedKeyId !== undefined) return
  const { lookup } = settings.authTokens
  runUnnoticed(() => lookup.verified?.(makeClaim()))
}

const unguarded: Reservation = { replayed: false }

async function reserveDelivery(
  guard: ReplayGuard,
  presented: Presented,
  match: Match,
): Promise<Reservation | Rejected> {
  const { envelope, content, native } = presented
  const { signingString } = match.form
  const delivery: Delivery = {
    signingString,
    handshake: envelope.handshake,
    covers: content.covers,
    params: new ReceivedParams(content.params),
    body: content.body(),
    native,
  }
  try {
    const reservation = await guard.reserve(delivery)
    return reservation.refuse === true ? reject('replayed') : reservation
  } catch {
    return reject('replay_store_failed')
  }
}

/** Queries hold what users wrote: only paths are told. */
function listTried(forms: readonly SignedForm[]): string[] {
  return [...new Set(forms.map(({ url }) => (url.includes('?') ? url.slice(0, url.indexOf('?')) : url)))]
}

interface Reported {
  readonly request: IncomingRequest
  readonly content: Content | undefined
  readonly native: unknown
}

function report(settings: Settings, verdict: Verdict, { request, content, native }: Reported): void {
  const { onVerdict, diagnose } = settings.given
  if (onVerdict !== undefined) runUnnoticed(() => onVerdict(verdict, request, native))
  if (verdict.ok || diagnose === undefined) return
  // The stream is spent, so that only the bytes are of use now.
  const { body: _spent, ...rest }: IncomingRequest = Object(request)
  const readable = content === undefined ? rest : { ...rest, body: content.body() }
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
