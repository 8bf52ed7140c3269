import { isBytes, readEnvironment } from '../checks/runtime.ts'
import { serializeForm } from '../scheme/form.ts'
import { listSignedForms } from '../scheme/signed-url.ts'
import { joinPairs } from '../scheme/signing-string.ts'
import { isRejected, type Rejected, reject, type Verdict } from '../verdict.ts'
import { readBody } from '../verify/body.ts'
import { readHeaders } from '../verify/head.ts'
import { parseOptions, type Settings } from '../verify/options.ts'
import type { Diagnoser, IncomingRequest, Refused, VerifierOptions } from '../verify/types.ts'
import { createVerifier } from '../verify/verifier.ts'
import { findFix } from './causes/index.ts'
import { readGivenTokens, replaceFaulty, replaceFaultySecrets } from './configured-keys.ts'
import { describeForms } from './describe-forms.ts'
import { collectEdits } from './edits.ts'
import { createExplainer } from './explain.ts'
import { judge } from './judge.ts'
import { showSigningString, showUrl } from './mask.ts'
import { parseDiagnoseOptions } from './options.ts'
import { readParsed } from './parsed-params.ts'
import { readSubject } from './reading.ts'
import { type Search, search } from './search.ts'
import { readPresented } from './signature-header.ts'
import type { Subject } from './subject.ts'
import type { DiagnosableRequest, DiagnoseOptions, Diagnosis } from './types.ts'
import { createWork } from './work.ts'

/**
 * Says why a request does not verify: it searches for the smallest set of changes under which the signature matches. It lets no
 * request in, and reserves no delivery with a replay guard. Tokens that `createVerifier` would refuse (blank, quoted, with white
 * space, an `SK…` or an `AC…`) are causes here.
 * @throws TypeError or RangeError, naming the option, for options that are wrong in any other way.
 */
async function diagnoseRequest(
  request: DiagnosableRequest,
  options: VerifierOptions & DiagnoseOptions,
): Promise<Diagnosis> {
  const { extra, verifierOptions } = parseDiagnoseOptions(options)
  return runDiagnosis(request, verifierOptions, extra)
}

async function runDiagnosis(
  request: DiagnosableRequest,
  options: VerifierOptions,
  extra: DiagnoseOptions & { readonly maxTries: number },
  known?: Rejected,
): Promise<Diagnosis> {
  const authToken =
    options.authToken ?? (options.sharedKeys === undefined ? readEnvironment('TWILIO_AUTH_TOKEN') : undefined)
  const lenient = toLenientOptions(options, authToken)
  const work = createWork(extra.maxTries)
  const settings = parseOptions(lenient)
  const { params: parsed, ...incoming }: DiagnosableRequest = Object(request)
  const body = await readBytes(incoming, settings)
  const verdict = known ?? (await decide({ incoming, lenient, parsed, ...body }))
  await work.pause()
  const subject = await readSubject({
    request: incoming,
    parsed: body.parsed ?? parsed,
    body: body.bytes,
    consumedBy: body.consumedBy,
    unread: known !== undefined && incoming.body === undefined,
    settings,
    options,
    extra,
    tokens: readGivenTokens(authToken),
    work,
  })
  await work.pause()
  const { state } = subject
  const forms = { eitherSlash: settings.eitherSlash, respelled: incoming.urlIsNormalized }
  const urlForms = describeForms(state.url, listSignedForms(state.url, joinPairs(state.pairs), forms))
  if (verdict.ok)
    return {
      verdict: { ...verdict, matched: { ...verdict.matched, url: showUrl(verdict.matched.url) } },
      suspected: [],
      signingString: showSigningString(
        verdict.matched.url,
        verdict.covers === 'params' ? [...verdict.params.entries()] : state.pairs,
      ),
      urlForms,
      tried: 0,
    }
  const presented = readPresented(readHeaders(incoming.headers))
  const result: Search =
    presented.length === 0 || subject.tooLarge
      ? { found: undefined, tried: 0 }
      : await search({
          state,
          edits: await collectEdits(subject),
          presented,
          ...forms,
          body: body.bytes,
          maxTries: extra.maxTries,
          work,
        })
  await work.pause()
  const { proven, suspected } = judge(subject, verdict, result, presented)
  const withFix = ({ id, detail }: { id: Diagnosis['suspected'][number]['id']; detail: string }) => ({
    id,
    detail,
    fix: findFix(id, extra.framework),
  })
  const signed = result.found
  return {
    verdict,
    ...(proven !== undefined && {
      proven: { causes: proven.causes.map(withFix), signedUrl: showUrl(proven.signedUrl) },
    }),
    suspected: suspected.map(withFix),
    signingString:
      signed === undefined
        ? showSigningString(urlForms.length > 0 ? urlOf(subject) : '', state.pairs)
        : showSigningString(signed.form.url, signed.state.pairs),
    urlForms,
    tried: result.tried,
  }
}

function urlOf({ state: { url, fragment } }: Subject): string {
  return `${url.scheme}://${url.host}${url.port}${url.path}${url.query}${fragment}`
}

function toLenientOptions(options: VerifierOptions, authToken: unknown): VerifierOptions {
  const { diagnose: _d, onVerdict: _v, onRejected: _r, replay: _p, mode: _m, ...rest } = options
  return {
    ...rest,
    ...(authToken !== undefined && { authToken: replaceFaulty(authToken) as VerifierOptions['authToken'] }),
    ...(rest.sharedKeys !== undefined && {
      sharedKeys: replaceFaultySecrets(rest.sharedKeys) as VerifierOptions['sharedKeys'],
    }),
  }
}

interface ReadBytes {
  readonly bytes: Uint8Array | undefined
  readonly consumedBy: string | undefined
  /** Where an object stood in place of the body. */
  readonly parsed?: unknown
}

async function readBytes(request: IncomingRequest, settings: Settings): Promise<ReadBytes> {
  const { body } = request
  if (body === undefined || (body as unknown) === null) return { bytes: undefined, consumedBy: undefined }
  if (isConsumed(body)) return { bytes: undefined, consumedBy: body.consumedBy }
  if (typeof body === 'object' && !isBytes(body) && !(Symbol.asyncIterator in body))
    return { bytes: undefined, consumedBy: 'a body parser', parsed: body }
  // Compression and its header are the verdict's business.
  const bytes = await readBody(body, () => [], settings.maxBodyBytes)
  return { bytes: isRejected(bytes) ? undefined : bytes, consumedBy: undefined }
}

function isConsumed(body: unknown): body is { consumedBy: string } {
  return typeof body === 'object' && body !== null && 'consumedBy' in body && typeof body.consumedBy === 'string'
}

interface ToDecide extends ReadBytes {
  readonly incoming: IncomingRequest
  readonly lenient: VerifierOptions
  readonly parsed?: unknown
}

/** The verdict on the request; where only parsed parameters are left, on a form of just these. */
async function decide({ incoming, lenient, bytes, parsed }: ToDecide): Promise<Verdict> {
  const verifier = createVerifier(lenient)
  const given = readParsed(parsed)
  const usesGiven = given !== undefined && given.length > 0 && (incoming.body ?? undefined) === undefined
  if (!usesGiven) return verifier.verify(bytes === undefined ? incoming : { ...incoming, body: bytes })
  if (incoming.method === 'GET') {
    const verdict = await verifier.verify(incoming)
    // A GET has no parameters beside its query: whoever counts them once more checks another text.
    return verdict.ok ? reject('signature_mismatch') : verdict
  }
  const headers = toFormHeaders(incoming)
  return verifier.verify({ ...incoming, headers, body: serializeForm(given) })
}

function toFormHeaders({ headers }: IncomingRequest): IncomingRequest['headers'] {
  const read = readHeaders(headers)
  const names = headers instanceof Headers ? [...headers.keys()] : Object.keys(Object(headers))
  const copy: Record<string, string | readonly string[]> = {}
  for (const name of names.map((one) => one.toLowerCase())) copy[name] = read(name).map(String)
  for (const [name, values] of Object.entries(copy)) if (values.length === 1) copy[name] = values[0] ?? ''
  delete copy['content-length']
  delete copy['content-encoding']
  copy['content-type'] = 'application/x-www-form-urlencoded'
  return copy
}

// One for all verifiers: what they explain takes one process's time.
const explainRefusal = createExplainer(() => performance.now())

function explain(refused: Refused): Promise<void> {
  return explainRefusal(refused, (request, options, rejection, framework) =>
    runDiagnosis(request, options, parseDiagnoseOptions({ framework }).extra, rejection),
  )
}

/**
 * Says why a request does not verify, or, given as a verifier's or an adapter's `diagnose` option, explains each refusal on standard
 * error in at most eight lines. As an option it does nothing where NODE_ENV is `production`; see `evenInProduction`.
 */
export const diagnose: typeof diagnoseRequest & Diagnoser = Object.assign(diagnoseRequest, {
  explain(refused: Refused) {
    return readEnvironment('NODE_ENV') === 'production' ? undefined : explain(refused)
  },
})

/** Makes a diagnoser explain refusals where NODE_ENV is `production` too. It takes CPU time that a flood of forged requests can use up: it is limited in rate. */
export function evenInProduction(_diagnoser: typeof diagnose): Diagnoser {
  return { explain }
}
