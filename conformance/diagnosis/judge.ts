import { createVerifier, fromRequest, type RejectedRequest, type VerifierOptions } from 'tollgate'
import { type DiagnoseOptions, type Diagnosis, diagnose, withHints } from 'tollgate/diagnose'
import { type List, readSetUps, type SetUp, toOptions, toRequest } from './set-up.ts'

type Answer = 'right' | 'question' | 'misleading'

/** The result for one set-up. */
export interface Judged {
  readonly setUp: SetUp
  /** The causes: those that are proven, or the first two that were seen. */
  readonly found: readonly string[]
  readonly kind: SetUp['answer']
  readonly answer: Answer
  /** What the user does with the question, and it leads to a proof. Undefined: it was not asked. */
  readonly isSettled?: boolean
  /** The text that the `diagnose` option prints. */
  readonly text: string
  /** The option that the text says to set does not make the request verify. */
  readonly wrongLine?: string
  readonly leaks: readonly string[]
}

export async function judgeList(list: List): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  for (const setUp of readSetUps(list)) judged.push(await judge(setUp, list))
  return judged
}

export async function judge(setUp: SetUp, list: List): Promise<Judged> {
  const options = toOptions(setUp.options, fromRequest)
  const request = toRequest(setUp.request)
  const diagnosis = await diagnose(request, { ...options, ...setUp.hints })
  const text = await explain(setUp, options, diagnosis)
  // A set-up from the field was refused by an adapter, and some before their body was read.
  const { kind, found } = list === 'field' ? readText(text) : readDiagnosis(diagnosis)
  const line = /Set (publicUrl|signedUrl|trailingSlash|methods)(: .*?)\.(?= [A-Z]|\n|$)/.exec(text)?.slice(1).join('')
  const isSettled = setUp.settle && (await diagnose(request, { ...options, ...setUp.settle })).proven !== undefined
  return {
    setUp,
    found,
    kind,
    answer: compare(setUp, kind, found),
    ...(isSettled !== undefined && { isSettled }),
    text,
    ...(line !== undefined &&
      found.every((id) => ofUrl.test(id)) &&
      !(await isAccepted(setUp, line)) && { wrongLine: line }),
    leaks: listLeaks(setUp, diagnosis, text),
  }
}

/** What the engine decided, without any text. */
export function readDiagnosis(diagnosis: Diagnosis): Pick<Judged, 'found' | 'kind'> {
  const { verdict, proven, suspected } = diagnosis
  if (verdict.ok) return { kind: 'genuine', found: [] }
  if (proven) return { kind: 'proven', found: proven.causes.map(({ id }) => id) }
  return {
    kind: diagnosis.question === undefined && suspected.length > 0 ? 'seen' : 'question',
    found: suspected.slice(0, 2).map(({ id }) => id),
  }
}

function readText(text: string): Pick<Judged, 'found' | 'kind'> {
  if (text === '') return { kind: 'genuine', found: [] }
  const ids = [...text.matchAll(/^ {2}([a-z][a-z0-9_]+): /gm)].map(([, id = '']) => id)
  if (/^ {2}(Proven: undoing|Twilio signed) /m.test(text)) return { kind: 'proven', found: ids }
  return { kind: text.includes('Nothing that this server knows') ? 'question' : 'seen', found: ids.slice(0, 2) }
}

function compare(setUp: SetUp, kind: Judged['kind'], found: readonly string[]): Answer {
  if (setUp.answer === 'genuine') return kind === 'genuine' ? 'right' : 'misleading'
  if (isSame(setUp, kind, found)) return 'right'
  return kind === 'question' ? (setUp.answer === 'question' ? 'right' : 'question') : 'misleading'
}

/** A proof names all causes. Something seen names one, among at most two. */
function isSame({ expected, or = [] }: SetUp, kind: Judged['kind'], found: readonly string[]): boolean {
  const all = [expected, ...or]
  if (kind === 'proven') return all.some((causes) => [...causes].sort().join() === [...found].sort().join())
  return kind === 'seen' && all.some((causes) => causes.some((id) => found.includes(id)))
}

/** Returns what the `diagnose` option prints. */
async function explain(setUp: SetUp, options: VerifierOptions, { verdict }: Diagnosis): Promise<string> {
  if (verdict.ok) return ''
  let rejected: RejectedRequest | undefined
  const diagnoser = {
    explain(one: RejectedRequest) {
      rejected = one
    },
  }
  const { params: _, ...request } = toRequest(setUp.request)
  try {
    await createVerifier({ ...options, diagnose: diagnoser }).verify(request, setUp.native)
  } catch {
    // A verifier refuses faulty tokens at once.
    rejected = { rejection: verdict, request, options, native: setUp.native } as RejectedRequest
  }
  return rejected === undefined ? '' : explainRejected(rejected, setUp.hints)
}

// Causes of the keys, the parameters and the query need another change beside the line.
const ofUrl = /^(scheme|host|host_case|port|path_prefix|trailing_slash|forwarding_headers)$/

let ahead = 0

/** Returns the text that a diagnoser writes about one rejection. */
async function explainRejected(rejected: RejectedRequest, hints?: DiagnoseOptions): Promise<string> {
  const lines: string[] = []
  const { error } = console
  const { now } = performance
  // The option explains few rejections at once, so the clock moves on before each.
  ahead += 60_000
  performance.now = () => now.call(performance) + ahead
  console.error = (...texts) => lines.push(texts.join(' '))
  try {
    await (hints ? withHints({ ...hints, keepRefused: false }) : diagnose).explain(rejected)
  } finally {
    performance.now = now
    console.error = error
  }
  return lines.join('\n')
}

async function isAccepted({ request, options }: SetUp, line: string): Promise<boolean> {
  const set: VerifierOptions = new Function(`return ({ ${line} })`)()
  return verifies(request, { ...toOptions(options, fromRequest), ...set })
}

/** Tells if the set-up verifies with its change. */
export function isMended({ request, options, mend }: SetUp): Promise<boolean> {
  return verifies(mend?.request ?? request, toOptions(mend?.options ?? options, fromRequest))
}

async function verifies(seen: SetUp['request'], options: VerifierOptions): Promise<boolean> {
  const { params, ...request } = toRequest(seen)
  // A verifier gets bytes: those of the form if only its parameters are left.
  const isLost = (typeof request.body === 'object' || request.body === undefined) && typeof params === 'object'
  const body = isLost ? new URLSearchParams(Object.entries(params ?? {})).toString() : request.body
  return (await createVerifier(options).verify({ ...request, body })).ok
}

/** Lists the keys, right signatures and words of people that a diagnosis shows. */
function listLeaks(
  { request, options, hints, sent, hidden = [] }: SetUp,
  diagnosis: Diagnosis,
  text: string,
): readonly string[] {
  // An accepted verdict passes the parameters to the application.
  const outputs = [JSON.stringify(diagnosis.verdict.ok ? {} : diagnosis), text]
  const keys = JSON.stringify([options.authToken, options.sharedKeys, hints?.otherTokens]).match(/\b[0-9a-f]{32}\b/g)
  // Half of an AccountSid as the token is no secret.
  // A shorter one may be a part of a word.
  const words = new URLSearchParams(sent?.form).getAll('Body').filter((text) => text.length > 4)
  const secrets = [...hidden, ...words, ...(keys ?? []).filter((key) => !JSON.stringify(request).includes(`AC${key}`))]
  return secrets.filter((secret) => outputs.some((output) => output.includes(secret)))
}

/** Counts the answers of a list. */
export function showCounts(judged: readonly Judged[]): string {
  const broken = judged.filter(({ setUp }) => setUp.answer !== 'genuine')
  const count = (test: (one: Judged) => boolean): number => broken.filter(test).length
  const lengths = broken.map(({ text }) => text.length).sort((one, other) => one - other)
  return [
    `${broken.length} broken set-ups`,
    ...(['proven', 'seen', 'question'] as const).map(
      (kind) =>
        `${kind} right ${count(({ setUp, answer }) => setUp.answer === kind && answer === 'right')} of ${count(({ setUp }) => setUp.answer === kind)}`,
    ),
    `question shown ${count(({ kind }) => kind === 'question')}`,
    `misleading ${count(({ answer }) => answer === 'misleading')}`,
    `median length ${lengths[lengths.length >> 1]}`,
  ].join(', ')
}

// Several options may be one line to paste.
const longFix = /(?:Fix|And): (?!Set \w+:.*, \w+: ).{161}|^ {2}(?:Or|If not)\b.{160}/m

/** Lists what may not be, as sentences. */
export function listFaults(judged: readonly Judged[]): readonly string[] {
  return judged.flatMap(({ setUp, kind, found, answer, isSettled, text, wrongLine, leaks }) =>
    [
      answer === 'misleading' && `is misleading: ${kind} ${found.join(' + ')}`,
      setUp.answer === 'proven' && answer === 'question' && 'is not proven any more',
      kind === 'question' && isSettled === false && 'has a question, and the right answer ends in no proof',
      wrongLine !== undefined && `prints a line that does not help: ${wrongLine}`,
      leaks.length > 0 && `shows ${leaks.join(' and ')}`,
      longFix.test(text) && 'has a fix of more than 160 characters in one line',
    ].flatMap((fault) => (fault === false ? [] : `${setUp.title} (${setUp.expected.join(' + ')}) ${fault}`)),
  )
}
