import { isBytes, readEnvironment } from '../checks/runtime.ts'
import { serializeForm } from '../form.ts'
import { sendGridCauses as rowsOfSendGrid, type SendGridCauseId } from '../schemes/sendgrid/causes.ts'
import { parseOptions, type Settings } from '../schemes/twilio/options.ts'
import { findBodyHash } from '../schemes/twilio/sign/signature.ts'
import { listSignedForms } from '../schemes/twilio/sign/signed-url.ts'
import { joinPairs } from '../schemes/twilio/sign/signing-string.ts'
import { createVerifier } from '../schemes/twilio/verifier.ts'
import { joinUrl } from '../url.ts'
import { isRejected, type Rejected, reject, type Verdict } from '../verdict.ts'
import { findConsumed, readBody } from '../verify/body.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { Diagnoser, IncomingRequest, RejectedRequest, VerifiedRequest, VerifierOptions } from '../verify/types.ts'
import { readSignatures, search } from './attempt.ts'
import { type CauseId, causes as rows } from './causes/index.ts'
import type { CauseInfo } from './causes/row.ts'
import { askQuestion, type Diagnosis, drawConclusion, writeCommands } from './conclusion.ts'
import { readGivenTokens, replaceFaultySecrets, replaceFaultyTokens } from './configured-keys.ts'
import { type Cause as CauseOf, type FoundCause, writeCause } from './engine.ts'
import { listHeaderNames } from './evidence.ts'
import { createExplainer, isExplaining } from './explain.ts'
import { keepRejected } from './keep-rejected.ts'
import { copyRequest, createWork } from './limits.ts'
import { describeForms, showSigningString, showUrl } from './mask.ts'
import { createMemory, type Memory } from './memory.ts'
import type { NativeSigns } from './native.ts'
import { type DiagnosableRequest, type DiagnoseOptions, parseDiagnoseOptions } from './options.ts'
import { type Consumed, readParsed, readSubject, type Subject } from './reading.ts'
import { findSetting } from './setting.ts'

export type { KeyQuestion, Question } from '../schemes/scheme.ts'
export type { SendGridCauseId } from '../schemes/sendgrid/causes.ts'
export {
  diagnoseSendGrid,
  type SendGridCause,
  type SendGridDiagnoseHints,
  type SendGridDiagnoseOptions,
  type SendGridDiagnosis,
  withSendGridHints,
} from '../schemes/sendgrid/diagnose.ts'
export type { CauseId } from './causes/index.ts'
export type { CauseInfo, CausePart, Difference, DifferenceSign } from './causes/row.ts'
export type { Diagnosis } from './conclusion.ts'
export type { SigningPart } from './mask.ts'
export type { DiagnosableRequest, DiagnoseOptions } from './options.ts'
export { type Report, writeReport } from './report.ts'

/**
 * A cause, with what was seen in this request and what to do. `Cause<string>` is one of any scheme.
 */
export type Cause<Id extends string = CauseId> = CauseOf<Id>

/**
 * The causes that `diagnose` knows, by their ids: the fix, the part of the request that each
 * changes, and the differences that only it makes.
 */
export const causes: Readonly<Record<CauseId, CauseInfo>> = rows

/** The causes that `diagnoseSendGrid` knows, by their ids. */
export const sendGridCauses: Readonly<Record<SendGridCauseId, CauseInfo>> = rowsOfSendGrid

/**
 * Explains why a request does not verify. It searches for the smallest set of changes under which
 * the signature matches. It lets no request in, and it does not ask a replay guard. A token that
 * `createVerifier` refuses (blank, quoted, with white space, an `SK…` or an `AC…`) is reported as a
 * cause.
 * @param request the request as it arrived
 * @param options the options of the verifier and of the diagnosis
 * @returns the proven causes, or the suspected ones
 * @throws TypeError or RangeError, which names the option, for an option that is wrong in another
 * way
 */
async function diagnoseRequest(
  request: DiagnosableRequest,
  options: VerifierOptions & DiagnoseOptions,
): Promise<Diagnosis> {
  const { extra, verifierOptions } = parseDiagnoseOptions(options)
  const { diagnosis } = await runDiagnosis(request, verifierOptions, extra)
  return diagnosis
}

/** What is known about a request that a verifier of this process refused. */
interface Known {
  readonly rejection?: Rejected
  readonly native?: NativeSigns
  readonly memory?: Memory | undefined
}

async function runDiagnosis(
  request: DiagnosableRequest,
  given: VerifierOptions,
  extra: DiagnoseOptions & { readonly maxTries: number },
  { rejection: known, native, memory }: Known = {},
): Promise<{ readonly diagnosis: Diagnosis; readonly isKeyKnown: boolean }> {
  const options = {
    ...given,
    authToken: toRecord(given.authToken) as VerifierOptions['authToken'],
    sharedKeys: toRecord(given.sharedKeys) as VerifierOptions['sharedKeys'],
  }
  const authToken =
    options.authToken ?? (options.sharedKeys === undefined ? readEnvironment('TWILIO_AUTH_TOKEN') : undefined)
  const lenient = toLenientOptions(options, authToken)
  const work = createWork(extra.maxTries)
  const settings = parseOptions(lenient)
  const asked: DiagnosableRequest = Object(request)
  const incoming = copyRequest(asked)
  // The `params` of Express are those of the route, and a verifier reads none.
  const parsed = known === undefined ? asked.params : undefined
  const body = await readBytes(incoming, settings)
  const verdict = known ?? (await decide({ incoming, lenient, parsed, ...body }))
  await work.pause()
  const subject = await readSubject({
    request: incoming,
    parsed: body.parsed ?? parsed,
    body: body.bytes,
    consumed: body.consumed ?? readConsumed(known),
    unread: known !== undefined && incoming.body === undefined,
    settings,
    options,
    extra,
    tokens: readGivenTokens(authToken),
    native,
    work,
  })
  await work.pause()
  const { state } = subject
  const forms = { eitherSlash: settings.eitherSlash, respelled: incoming.urlIsNormalized }
  const urlForms = describeForms(state.url, listSignedForms(state.url, joinPairs(state.pairs), forms))
  if (verdict.ok)
    return {
      diagnosis: {
        verdict: { ...verdict, matched: { ...verdict.matched, url: showUrl(verdict.matched.url) } },
        suspected: [],
        signingString: showSigningString(
          verdict.matched.url,
          verdict.covers === 'params' ? [...verdict.params.entries()] : state.pairs,
        ),
        urlForms,
        tried: 0,
      },
      isKeyKnown: true,
    }
  const presented = readSignatures(subject)
  // The signature of a form covers parameters that were not read. That of other requests covers the
  // URL alone.
  const isUnreadForm =
    subject.unread && subject.method !== 'GET' && !subject.handshake && findBodyHash(state.url.query) === undefined
  const result =
    presented.length === 0 || subject.tooLarge || isUnreadForm
      ? { match: undefined, tried: 0, isCut: false }
      : await search({ subject, presented, forms, maxTries: extra.maxTries })
  await work.pause()
  const isKeyKnown = memory === undefined ? extra.keyVerified === true : isKeyIn(memory, subject)
  const { proven, suspected } = drawConclusion(subject, { rejection: verdict, presented, isKeyKnown }, result)
  const { match, tried, isCut } = result
  const isAsked = match === undefined && suspected.length === 0 && tried > 0
  const setting =
    match &&
    proven &&
    findSetting({ request: incoming, options: lenient, match, evidence: subject.evidence, found: proven.causes })
  const addFix = (cause: FoundCause<CauseId>): Cause => {
    const isMended = setting?.mends.some(({ id }) => id === cause.id)
    const fix = isMended ? joinFixes(setting?.line ?? '', cause, options, extra.framework) : cause.fix
    return writeCause(rows, { ...cause, fix }, extra.framework)
  }
  const diagnosis: Diagnosis = {
    verdict,
    ...(proven !== undefined && {
      proven: {
        causes: proven.causes.map(addFix),
        ...(proven.signedUrl !== undefined && { signedUrl: showUrl(proven.signedUrl) }),
        ...(setting !== undefined && { setting: setting.line, mended: setting.mends.map(({ id }) => id) }),
      },
    }),
    suspected: suspected.map(addFix),
    ...(isAsked && { question: askQuestion(subject, isKeyKnown, isCut) }),
    signingString:
      match === undefined
        ? showSigningString(urlForms.length > 0 ? joinUrl(state.url) + state.fragment : '', state.pairs)
        : showSigningString(match.form.url, match.state.pairs),
    urlForms,
    tried,
  }
  return { diagnosis, isKeyKnown }
}

function isKeyIn(memory: Memory, { keys, header }: Subject): boolean {
  return memory.isKeyKnown({
    sharedKeyId: keys.claimedKeyId,
    accounts: keys.accounts,
    region: readSingle(header, 'x-home-region') ?? undefined,
    hasFixedTokens: keys.hasFixedTokens,
  })
}

const severalHosts =
  'Or, if Twilio calls several hosts, let the proxy set the headers of "forwardedBy" once, and list it in "trustedProxies" and each host in "allowedHosts".'

/** Adds to a line what else would mend the cause. */
function joinFixes(
  line: string,
  { fix }: FoundCause<CauseId>,
  options: VerifierOptions,
  framework: string | undefined,
): string {
  const flags = framework === 'gateway' ? writeFlags(line) : ''
  if (flags !== '') return `Start the gateway with ${flags}, or write ${line} in its file.`
  const { publicUrl, signedUrl } = options
  const isRule = typeof publicUrl === 'object' && !Array.isArray(publicUrl) && line.startsWith('publicUrl')
  if (isRule) return `Set ${line}.\n${severalHosts}`
  const isFunction = line.startsWith('signedUrl') && signedUrl === undefined
  return isFunction && fix !== undefined ? `Set ${line}.\nOr: ${fix}` : `Set ${line}.`
}

/** Writes the option of a line as the flags of `tollgate gateway`, which has not all of them. */
function writeFlags(line: string): string {
  const flags = { publicUrl: '--public-url', trailingSlash: '--trailing-slash' }
  return [...line.matchAll(/\b(publicUrl|trailingSlash): ('[^']*'|\[[^\]]*\])/g)]
    .flatMap(([, name, values = '']) =>
      [...values.matchAll(/'[^']*'/g)].map(([value]) => `${flags[name as keyof typeof flags]} ${value}`),
    )
    .join(' ')
}

/** Makes a record of a Map, so that keys are read in one way. */
function toRecord(keys: unknown): unknown {
  return keys instanceof Map ? Object.fromEntries(keys) : keys
}

/** Removes listeners, and replaces faulty tokens, so that the verifier takes the options. */
function toLenientOptions(options: VerifierOptions, authToken: unknown): VerifierOptions {
  const { diagnose: _d, onVerdict: _v, onRejected: _r, replay: _p, checkParams: _c, mode: _m, ...rest } = options
  return {
    ...rest,
    ...(authToken !== undefined && { authToken: replaceFaultyTokens(authToken) as VerifierOptions['authToken'] }),
    ...(rest.sharedKeys !== undefined && {
      sharedKeys: replaceFaultySecrets(rest.sharedKeys) as VerifierOptions['sharedKeys'],
    }),
  }
}

interface ReadBytes {
  readonly bytes: Uint8Array | undefined
  readonly consumed?: Consumed
  /** An object that took the place of the body. */
  readonly parsed?: unknown
}

async function readBytes(request: IncomingRequest, settings: Settings): Promise<ReadBytes> {
  const { body } = request
  if (body === undefined || (body as unknown) === null) return { bytes: undefined }
  if (isConsumed(body)) return { bytes: undefined, consumed: toConsumed(body) }
  if (typeof body === 'object' && !isBytes(body) && !(Symbol.asyncIterator in body))
    return { bytes: undefined, consumed: { by: 'a body parser', fix: undefined }, parsed: body }
  // The verdict covers compression: here Content-Encoding is ignored.
  const bytes = await readBody(body, () => [], settings.maxBodyBytes)
  return { bytes: isRejected(bytes) ? undefined : bytes }
}

interface Marker {
  readonly consumedBy: string
  readonly fix?: unknown
}

function isConsumed(body: unknown): body is Marker {
  return typeof body === 'object' && body !== null && 'consumedBy' in body && typeof body.consumedBy === 'string'
}

function toConsumed({ consumedBy, fix }: Marker): Consumed {
  return { by: consumedBy, fix: typeof fix === 'string' ? fix : undefined }
}

/**
 * Reads what a verifier found out: a stream that throws the marker is not asked twice. The message
 * of the rejection has the words of the adapter.
 */
function readConsumed(rejection: Rejected | undefined): Consumed | undefined {
  if (rejection?.code !== 'body_already_consumed') return undefined
  const found = findConsumed(rejection)
  return {
    by: found?.consumedBy ?? 'something that passed an object instead of bytes',
    fix: found?.fix ?? 'Pass the raw body: bytes, text or a stream of bytes.',
  }
}

interface Undecided extends ReadBytes {
  readonly incoming: IncomingRequest
  readonly lenient: VerifierOptions
  readonly parsed?: unknown
}

/** Verifies the request. If only parsed parameters are left, it verifies a form of these. */
async function decide({ incoming, lenient, bytes, parsed }: Undecided): Promise<Verdict> {
  const verifier = createVerifier(lenient)
  const given = readParsed(parsed)
  const usesGiven = given !== undefined && given.length > 0 && (incoming.body ?? undefined) === undefined
  if (!usesGiven) return verifier.verify(bytes === undefined ? incoming : { ...incoming, body: bytes })
  if (incoming.method === 'GET') {
    const verdict = await verifier.verify(incoming)
    // A GET has no parameters beside its query: counted twice, they make another signing string.
    return verdict.ok ? reject('signature_mismatch') : verdict
  }
  const headers = toFormHeaders(incoming)
  return verifier.verify({ ...incoming, headers, body: serializeForm(given) })
}

function toFormHeaders({ headers }: IncomingRequest): IncomingRequest['headers'] {
  const read = readHeaders(headers)
  const copy: Record<string, string | readonly string[]> = {}
  for (const name of listHeaderNames(headers).map((one) => one.toLowerCase())) copy[name] = read(name).map(String)
  for (const [name, values] of Object.entries(copy)) if (values.length === 1) copy[name] = values[0] ?? ''
  delete copy['content-length']
  delete copy['content-encoding']
  copy['content-type'] = 'application/x-www-form-urlencoded'
  return copy
}

// All verifiers share one explainer, because they share the CPU time of one process.
const explainInTurn = createExplainer(() => performance.now())

// By the options of a verifier, which last as long as the verifier.
const memories = new WeakMap<VerifierOptions, Memory>()

function remember(verified: VerifiedRequest): void {
  const memory = memories.get(verified.options) ?? createMemory(() => performance.now())
  memories.set(verified.options, memory)
  memory.add(verified)
}

/** Hints for the `diagnose` option: the guesses of `DiagnoseOptions`. */
export type DiagnoseHints = Pick<
  DiagnoseOptions,
  'otherTokens' | 'otherHosts' | 'otherUrls' | 'prefixes' | 'framework'
> & {
  /**
   * False to keep no refused requests. A request of which nothing is proven is kept for
   * `tollgate diagnose --last`, with its parameters, in a file that only you can read: the last five,
   * of at most 512 KiB, in `tollgate/refused` of your cache folder. None is kept in production.
   * Default true.
   */
  readonly keepRefused?: boolean | undefined
}

/** The value of the `diagnose` option, with hints. */
export interface HintedDiagnoser extends Diagnoser {
  readonly hints: DiagnoseHints
}

function explain(rejected: RejectedRequest, hints: DiagnoseHints): Promise<void> {
  const { keepRefused = true, ...guesses } = hints
  return explainInTurn(rejected, async (request, options, rejection, native) => {
    const prefixes = [...(guesses.prefixes ?? []), ...native.prefixes]
    const { extra } = parseDiagnoseOptions({ framework: native.framework, ...guesses, prefixes })
    const { diagnosis, isKeyKnown } = await runDiagnosis(request, options, extra, {
      rejection,
      native,
      memory: memories.get(rejected.options),
    })
    const { question } = diagnosis
    if (question === undefined) return diagnosis
    const command = keepRefused ? keepRejected(request, rejection, options, isKeyKnown) : undefined
    return { ...diagnosis, question: command ? { ...question, commands: writeCommands(command) } : question }
  })
}

/**
 * Explains why a request does not verify. As the `diagnose` option of a verifier or an adapter, it
 * explains each rejection on standard error in at most eight lines. As an option it does nothing if
 * NODE_ENV is `production`: see `evenInProduction`.
 */
export const diagnose: typeof diagnoseRequest & HintedDiagnoser = createDiagnoser(diagnoseRequest, {})

const remedy = '`diagnose: evenInProduction(diagnose)`, from tollgate/diagnose, for a short time'

function createDiagnoser<T extends object>(target: T, hints: DiagnoseHints): T & HintedDiagnoser {
  const explainer: Diagnoser = {
    explain(rejected) {
      return isExplaining('diagnose', remedy) ? explain(rejected, hints) : undefined
    },
    remember(verified) {
      if (readEnvironment('NODE_ENV') !== 'production') remember(verified)
    },
  }
  // Not enumerable, because they may hold tokens, and applications log their options.
  return Object.defineProperty(Object.assign(target, explainer), 'hints', { value: hints }) as T & HintedDiagnoser
}

/**
 * Makes a diagnoser that also tries your guesses: `diagnose: withHints({ prefixes: ['/twilio'] })`.
 * @param hints the guesses
 * @returns the value for the `diagnose` option
 * @throws TypeError that names the hint, for one of a wrong type
 */
export function withHints(hints: DiagnoseHints): HintedDiagnoser {
  const { keepRefused = true, ...guesses } = Object(hints) as DiagnoseHints
  if (typeof keepRefused !== 'boolean') throw new TypeError('"keepRefused" must be a boolean')
  parseDiagnoseOptions(guesses)
  return createDiagnoser({}, { ...hints })
}

/**
 * Makes a diagnoser that explains rejections even if NODE_ENV is `production`. Explanations cost
 * CPU time, also those of forged requests, so their rate is limited.
 * @param diagnoser `diagnose`, or `withHints(…)`
 * @returns the value for the `diagnose` option
 */
export function evenInProduction({ hints }: HintedDiagnoser): Diagnoser {
  return { explain: (refused) => explain(refused, hints), remember }
}
