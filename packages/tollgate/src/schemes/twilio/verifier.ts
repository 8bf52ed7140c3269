import { type Awaitable, isPromise } from '../../checks/limits.ts'
import { runUnnoticed } from '../../checks/options.ts'
import { isAccountSid } from '../../checks/secrets.ts'
import { distinct } from '../../form.ts'
import { joinUrl, type UrlParts } from '../../url.ts'
import {
  type Accepted,
  isRejected,
  type Mode,
  type Observed,
  type Rejected,
  reject,
  type Webhook,
} from '../../verdict.ts'
import type { Head } from '../../verify/head.ts'
import { readTarget } from '../../verify/public-url.ts'
import type { Proof, SchemeCheck, UnprovenRequest } from '../../verify/steps.ts'
import type { UnverifiedClaim, Verifier, VerifierOptions } from '../../verify/types.ts'
import { createVerifierOf } from '../../verify/verifier.ts'
import { readSignatureClaim, type SignatureClaim } from './claim.ts'
import { type Coverage, readCoverage } from './coverage.ts'
import {
  type FoundKeys,
  findAccount,
  findKeys,
  isKeyOf,
  type KeyClaim,
  listAccounts,
  listAccountsInJson,
  refreshKeys,
  reportVerified,
} from './keys.ts'
import { parseOptions, type Settings } from './options.ts'
import { equalSignatures, hashBody } from './sign/signature.ts'
import { findInForms } from './sign/signed-url.ts'
import { joinPairs } from './sign/signing-string.ts'
import { ReceivedParams, toAccepted, toDelivery, toObserved } from './webhook.ts'

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
  return createVerifierOf(twilioCheck, options) as Verifier<Webhook<M> | Rejected>
}

interface TwilioTypes {
  readonly options: VerifierOptions
  readonly settings: Settings
  readonly claim: SignatureClaim
  readonly url: UrlParts
  readonly content: Coverage
  readonly webhook: Accepted
  readonly observed: Observed
}

/** How a request is checked that Twilio signed. */
const twilioCheck: SchemeCheck<TwilioTypes> = {
  name: 'twilio',
  hints: {
    advice: "Is this the URL in Twilio's console? If it is, compare the Auth Token.",
    diagnoser: 'diagnose',
  },
  parseOptions,
  readClaim: readSignatureClaim,
  resolveUrl: (head, source, settings) => settings.resolveUrl(head, source, settings.lookupTimeoutMs),
  readContent: (head, source, url, body) => readCoverage(head, (url ?? readTarget(source.url))?.query ?? '', body),
  prove,
  toObserved,
}

/** The keys and the signature: the last step. Only a look-up gives a promise. */
function prove(request: UnprovenRequest<TwilioTypes>): Awaitable<Proof<Accepted> | Rejected> {
  const { settings, head, url, content: coverage } = request
  const parts = head.handshake ? { ...url, scheme: 'wss' } : url
  // One more than may be allowed: then at least one of them is foreign.
  const accounts = listAccounts(coverage.named, (settings.allowedAccounts?.size ?? 1) + 1)
  const claim = { signed: request.claim, accounts, describe: () => describeClaim(head, parts, coverage, accounts) }
  const found = findKeys(settings, claim)
  return isPromise(found) ? proveByLookUp(found, claim, parts, request) : proveByKeys(found, claim, parts, request)
}

/** Waits for the keys. After a mismatch, it asks for newer ones. */
async function proveByLookUp(
  found: PromiseLike<FoundKeys>,
  claim: KeyClaim,
  parts: UrlParts,
  request: UnprovenRequest<TwilioTypes>,
): Promise<Proof<Accepted> | Rejected> {
  const proof = proveByKeys(await found, claim, parts, request)
  if (!isRejected(proof) || proof.code !== 'signature_mismatch') return proof
  const newer = await refreshKeys(request.settings, claim)
  // Stryker disable next-line BooleanLiteral,ConditionalExpression: without newer keys no form matches
  return !isRejected(newer) && newer.length === 0 ? proof : proveByKeys(newer, claim, parts, request)
}

/** Tries the keys, and then checks what the signature proves. */
function proveByKeys(
  keys: FoundKeys,
  claim: KeyClaim,
  parts: UrlParts,
  { settings, source, head, content: coverage }: UnprovenRequest<TwilioTypes>,
): Proof<Accepted> | Rejected {
  if (isRejected(keys)) return keys
  const { signed, accounts } = claim
  const tried: string[] = []
  const match = findInForms(
    parts,
    joinPairs(coverage.signedParams),
    { eitherSlash: settings.eitherSlash, respelled: source.urlIsNormalized },
    (form) => {
      tried.push(form.url)
      const candidate = keys.find(({ sign }) => equalSignatures(sign(form.signingString), signed.signature))
      return candidate && { candidate, form }
    },
  )
  if (match === undefined) {
    // Without queries, which hold what users wrote.
    const paths = distinct(tried.map((url) => url.replace(/\?.*/s, '')))
    return reject('signature_mismatch', undefined, paths)
  }

  // `undefined` for a body that is not one JSON text: another parser may find accounts behind a
  // byte order mark or in a second line.
  const named = coverage.covers === 'body' ? listAccountsInJson(coverage.body()) : accounts
  const { candidate, form } = match
  if (!isKeyOf(settings, candidate, named)) return reject('account_not_allowed')
  runUnnoticed(() => reportVerified(settings, claim))
  if (coverage.covers === 'params' && !hasGoodShape(settings, coverage)) return reject('params_misshapen')

  const params = new ReceivedParams(coverage.params)
  return {
    // A GET with the hash of a body may be made from the URL of a JSON event. It must not make that
    // event a replay.
    toDelivery: (native) =>
      coverage.hasForeignHash
        ? undefined
        : toDelivery(coverage, params, hashBody(form.signingString), head.handshake, native),
    toWebhook: (outcome) =>
      toAccepted(
        coverage,
        params,
        {
          handshake: head.handshake,
          accountSid: findAccount(settings, candidate, named),
          matched: { key: { ...candidate.key }, algorithm: candidate.algorithm.name, url: form.url },
        },
        outcome,
      ),
  }
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
    // A check that throws says no.
  }
  return false
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
