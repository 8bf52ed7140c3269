import { createSignatureChecker } from '#ecdsa'
import { decodeUtf8 } from '../../bytes.ts'
import { checkNames, pickOptions, readOptions } from '../../checks/options.ts'
import { isBytes, readEnvironment } from '../../checks/runtime.ts'
import {
  type Cause,
  type FoundCause,
  listEdits,
  listReadings,
  listSuspected,
  listUndone,
  type PresentedSignature,
  type ProposedEdit,
  removeRepeated,
  writeCause,
} from '../../diagnose/engine.ts'
import { createExplainer, isExplaining } from '../../diagnose/explain.ts'
import { keepIncoming } from '../../diagnose/keep-rejected.ts'
import { copyRequest, createWork, type Work } from '../../diagnose/limits.ts'
import { type SetTrial, searchSets } from '../../diagnose/search.ts'
import { isRejected, type Rejected } from '../../verdict.ts'
import { readBody } from '../../verify/body.ts'
import { listTexts, readHeaders, readSingle } from '../../verify/head.ts'
import type { Diagnoser, IncomingRequest, RejectedRequest } from '../../verify/types.ts'
import type { KeyQuestion } from '../scheme.ts'
import { type SendGridCauseId, type SendGridState, type SendGridSubject, sendGridCauses } from './causes.ts'
import { parsePublicKey, parsePublicKeys } from './public-key.ts'
import {
  encodeBase64,
  isTimestamp,
  joinMessage,
  parseSignature,
  signatureHeader,
  timestampHeader,
} from './signature.ts'
import {
  createSendGridVerifier,
  type SendGridVerdict,
  type SendGridVerifierOptions,
  sendGridVerifierOptions,
} from './verifier.ts'

/** A cause, with what was seen in this request and what to do. Holds no key and no content. */
export type SendGridCause = Cause<SendGridCauseId>

/** Options of `diagnoseSendGrid`, beside those of the verifier. */
export interface SendGridDiagnoseOptions {
  /** Public keys of your other webhooks, by a name of yours. Default: none. */
  readonly otherKeys?: Readonly<Record<string, string>> | undefined
  /** The most checks of a signature, an integer from 0 to 10,000. Default 400, about 30 ms. */
  readonly maxTries?: number | undefined
}

/** The options of `diagnoseSendGrid`, beside those of the verifier. */
export const sendGridDiagnoseOptions = {
  otherKeys: { type: 'record' },
  maxTries: { type: 'integer', least: 0, most: 10_000, default: 400 },
} as const

/** The result of a diagnosis. */
export interface SendGridDiagnosis {
  readonly verdict: SendGridVerdict
  /** Undo exactly these causes and the signature matches. Absent if nothing was found. */
  readonly proven?: { readonly causes: readonly SendGridCause[] }
  /** If nothing is proven: at most two causes, of which the request shows a trace. */
  readonly suspected: readonly SendGridCause[]
  /** If nothing is proven, and nothing shows the cause: the question that settles it. */
  readonly question?: KeyQuestion
  /** The number of signatures that were checked. */
  readonly tried: number
}

type SendGridEdit = ProposedEdit<SendGridCauseId, SendGridState>
type SendGridPresented = PresentedSignature<SendGridCauseId>

/**
 * Explains why a request of SendGrid does not verify: it undoes what may have changed the body, the
 * headers or the key until the signature matches. It lets no request in, and it does not ask a
 * replay guard.
 * @param request The request that was refused. `body` may also be what a parser made of it.
 * @param options Those of the verifier, and what else to try: other keys, a limit of tries.
 * @throws TypeError or RangeError, which names the option, for an option that is wrong.
 */
async function diagnoseRequest(
  request: Omit<IncomingRequest, 'body'> & { readonly body?: unknown },
  options: SendGridVerifierOptions & SendGridDiagnoseOptions = {},
): Promise<SendGridDiagnosis> {
  checkNames(options, { ...sendGridVerifierOptions, ...sendGridDiagnoseOptions }, 'diagnoseSendGrid')
  const { otherKeys: _o, maxTries: _m, ...given } = options
  const own: SendGridDiagnoseOptions = options
  const { otherKeys = {}, maxTries } = pickOptions(own, sendGridDiagnoseOptions)
  return runDiagnosis(request as IncomingRequest, given, otherKeys, maxTries)
}

/** What is known about a request that a verifier of this process refused. */
interface Known {
  readonly rejection?: Rejected
  readonly framework?: string | undefined
}

async function runDiagnosis(
  request: IncomingRequest,
  options: SendGridVerifierOptions,
  otherKeys: Readonly<Record<string, string>>,
  maxTries: number,
  { rejection: known, framework }: Known = {},
): Promise<SendGridDiagnosis> {
  const { replay: _r, diagnose: _d, onVerdict: _v, ...rest } = options
  const verifier = createSendGridVerifier(rest)
  const others = Object.entries(otherKeys).map(
    ([name, key]) => [name, parsePublicKey(key, `otherKeys.${name}`)] as const,
  )
  const parsed = findParsed(request)
  const body = parsed === undefined ? await readBytes(request, options) : undefined
  const verdict = known ?? (await verifier.verify({ ...copyRequest(request), body: body ?? request.body }))
  if (verdict.ok) return { verdict, suspected: [], tried: 0 }

  const header = readHeaders(request.headers)
  // A header that is there twice is joined, as most servers join it.
  const signatureText = header(signatureHeader).length === 0 ? undefined : listTexts(header(signatureHeader)).join(',')
  const timestampText = readSingle(header, timestampHeader) ?? undefined
  const signedAt = timestampText !== undefined && isTimestamp(timestampText) ? timestampText : undefined
  const subject: SendGridSubject = {
    request,
    state: {
      timestamp: signedAt,
      body,
      keys: parsePublicKeys(options.publicKey).map(({ spki }) => spki),
    },
    signatureText,
    timestampText,
    parsed,
    text: (body && decodeUtf8(body)) ?? '',
    otherKeys: others,
    age: Math.floor(Date.now() / 1000 - Number(signedAt)),
    maxAge: rest.maxAgeSeconds ?? sendGridVerifierOptions.maxAgeSeconds.default,
  }
  const presented = readPresented(signatureText)
  const isRead = body !== undefined || parsed !== undefined
  const work = createWork(maxTries)
  const attempt = createAttempt(subject, presented, maxTries, work)
  const { match } =
    isRead && presented.length > 0
      ? await searchSets([...listEdits(sendGridCauses, subject)], attempt, maxTries, work)
      : {}
  const tried = attempt.tried()
  const write = (found: FoundCause<SendGridCauseId>): SendGridCause => writeCause(sendGridCauses, found, framework)
  if (match !== undefined) {
    const { cause } = match.presented
    const found = removeRepeated([...(cause === undefined ? [] : [cause]), ...listUndone(match.edits)])
    if (found.length > 0) return { verdict, proven: { causes: found.map(write) }, suspected: [], tried }
  }
  const suspected = listSuspected(sendGridCauses, { subject, rejection: verdict, tried, presented })
  // Other codes name what is wrong with the request.
  const isAsked = suspected.length === 0 && verdict.code === 'signature_mismatch'
  const key = encodeBase64(subject.state.keys[0] ?? new Uint8Array(0))
  const question = { bytes: body?.length ?? 0, keyEnd: key.slice(-8), commands: [writeCommand('', [key])] } as const
  return { verdict, suspected: suspected.map(write), tried, ...(isAsked && { question }) }
}

/** Finds an object that a parser made, in place of the body. */
function findParsed({ body }: { readonly body?: unknown }): object | undefined {
  if (typeof body !== 'object' || body === null || isBytes(body) || 'consumedBy' in body) return undefined
  return Symbol.asyncIterator in body || 'listen' in body ? undefined : body
}

async function readBytes(
  { body }: { readonly body?: unknown },
  { maxBodyBytes = 1024 * 1024 }: SendGridVerifierOptions,
): Promise<Uint8Array | undefined> {
  if (body === undefined || body === null || 'consumedBy' in Object(body)) return undefined
  const bytes = await readBody(body as IncomingRequest['body'], () => [], maxBodyBytes)
  return isRejected(bytes) ? undefined : bytes
}

/** Reads the signature, or what a damaged header may have held. */
function readPresented(text: string | undefined): readonly SendGridPresented[] {
  if (text === undefined) return []
  const isGiven = text.length <= 1000 && parseSignature(text) !== undefined
  return isGiven ? [{ text, compare: 'same' }] : listReadings(sendGridCauses, [text])
}

interface SendGridMatch {
  readonly edits: readonly SendGridEdit[]
  readonly presented: SendGridPresented
}

// In units of work, see limits.ts. Each check hashes the whole body: 16 MB in all.
const unitsPerByte = 3
const unitsPerCheck = 15_000

function createAttempt(
  { state: given }: SendGridSubject,
  presented: readonly SendGridPresented[],
  maxTries: number,
  work: Work,
): SetTrial<SendGridEdit, SendGridMatch> {
  const checkers = new Map<SendGridState['keys'], ReturnType<typeof createSignatureChecker>>()
  const findChecker = (keys: SendGridState['keys']) => {
    const checker = checkers.get(keys) ?? createSignatureChecker(keys)
    checkers.set(keys, checker)
    return checker
  }
  let tried = 0
  let isSpent = maxTries === 0
  const run = async (edits: readonly SendGridEdit[]): Promise<SendGridMatch | undefined> => {
    let state: SendGridState | undefined = given
    for (const edit of edits) state = state && edit.apply(state, work)
    if (state?.body === undefined || state.timestamp === undefined) return undefined
    const message = joinMessage(state.timestamp, state.body)
    for (const one of presented) {
      const signature = parseSignature(one.text)
      if (signature === undefined) continue
      work.spend(unitsPerByte * state.body.length + unitsPerCheck)
      isSpent ||= tried + state.keys.length > maxTries || work.isSpent()
      if (isSpent) return undefined
      tried += state.keys.length
      const check = findChecker(state.keys)(signature)
      check.update(message)
      if ((await check.finish(message)) !== -1) return { edits, presented: one }
    }
    return undefined
  }
  return { run, isSpent: () => isSpent, tried: () => tried }
}

const explainInTurn = createExplainer<SendGridVerifierOptions>(
  () => performance.now(),
  ({ headers }) => typeof readSingle(readHeaders(headers), signatureHeader) === 'string',
)

/** Hints for the option `diagnose` of a verifier of SendGrid. */
export interface SendGridDiagnoseHints extends Pick<SendGridDiagnoseOptions, 'otherKeys'> {
  /**
   * False to keep no refused requests. A request that another key may have signed is kept for
   * `tollgate diagnose --last`, with its events or its mail, in a file that only you can read, as
   * `withHints` keeps those of Twilio. None is kept in production. Default true.
   */
  readonly keepRefused?: boolean | undefined
}

/** Another key is all that can be tried on such a request later. SendGrid signs no URL. */
function keepForKeys(
  request: IncomingRequest,
  { publicKey }: Pick<SendGridVerifierOptions, 'publicKey'>,
): string | undefined {
  const secrets = [readEnvironment('TWILIO_AUTH_TOKEN') ?? '']
  const guess = (path: string, host: unknown): string => (typeof host === 'string' ? `https://${host}${path}` : path)
  const kept = keepIncoming(request, { guess, secrets })
  // The command does not have the options of the server, and a public key is no secret.
  const keys = parsePublicKeys(publicKey).map(({ spki }) => encodeBase64(spki))
  return kept && writeCommand(' --last', keys)
}

function writeCommand(request: string, keys: readonly string[]): string {
  const given = keys.map((key) => ` --public-key ${key}`).join('')
  return `npx @tollgate/cli diagnose${request} --other-key-file other.pub${given}`
}

function createDiagnoser({
  otherKeys = {},
  keepRefused = true,
}: SendGridDiagnoseHints): Diagnoser<SendGridVerifierOptions> {
  return {
    explain(rejected: RejectedRequest<SendGridVerifierOptions>) {
      if (!isExplaining('diagnoseSendGrid', 'another NODE_ENV, for a short time')) return undefined
      return explainInTurn(rejected, async (request, options, rejection, { framework }) => {
        const found = await runDiagnosis(request, options, otherKeys, 400, { rejection, framework })
        const { question } = found
        const command = question && keepRefused ? keepForKeys(request, options) : undefined
        return question && command ? { ...found, question: { ...question, commands: [command] } } : found
      })
    },
  }
}

/**
 * Makes a diagnoser that also tries the keys of your other webhooks, or that keeps no requests:
 * `diagnose: withSendGridHints({ keepRefused: false })`.
 * @param hints The keys, by a name of yours, and if refused requests are kept.
 * @returns the value for the option `diagnose` of a verifier of SendGrid
 * @throws TypeError that names the hint, for one of a wrong type
 */
export function withSendGridHints(hints: SendGridDiagnoseHints): Diagnoser<SendGridVerifierOptions> {
  const read = readOptions(hints, sendGridDiagnoseHints, 'withSendGridHints')
  for (const [name, key] of Object.entries(read.otherKeys ?? {})) parsePublicKey(key, `otherKeys.${name}`)
  return createDiagnoser(read)
}

const sendGridDiagnoseHints = {
  otherKeys: { type: 'record' },
  keepRefused: { type: 'boolean', default: true },
} as const

/**
 * Explains why a request of SendGrid does not verify. As the `diagnose` option of
 * `createSendGridVerifier`, it explains each rejection on standard error in at most eight lines. As
 * an option it does nothing if NODE_ENV is `production`.
 */
export const diagnoseSendGrid: typeof diagnoseRequest & Diagnoser<SendGridVerifierOptions> = Object.assign(
  diagnoseRequest,
  createDiagnoser({}),
)
