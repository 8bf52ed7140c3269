import { pickOptions } from 'tollgate/internal'
import { askOutcome } from './dial.ts'
import { type AnswerOutcome, answerOutcomes, type CallerAction, Inbox } from './inbox.ts'
import { makeCallParams, makeSid, sampleAccountSid } from './params.ts'
import { type Progress, type ProgressEvent, progressEvents, watchProgress } from './progress.ts'
import { resolveUrl } from './urls.ts'
import { walkFrom } from './verbs.ts'
import { type CallEvent, type Finding, type Leg, type Transport, Walk, type WalkFinding, walkFindings } from './walk.ts'

/** The options that calls and conversations share. */
export interface CallerOptions {
  /**
   * The path of the webhook, with a slash at the beginning. It may have a query. Default: `'/voice'`
   * for a call, `'/sms'` for messages.
   */
  path?: string | undefined
  /** The method of the webhook, as Twilio is configured: GET or POST. Default `'POST'`. */
  method?: string | undefined
  /**
   * The number that calls or writes, in E.164, or an address such as `sip:…` or `whatsapp:+1…`.
   * Default `'+14155550142'`.
   */
  from?: string | undefined
  /** The number that is called or written to. Default `'+12025550123'`. */
  to?: string | undefined
  /** The account: `AC` and 32 hex digits. Default: that of the sample webhooks. */
  accountSid?: string | undefined
  /** Parameters that are added to each request about the call or message. Default: none. */
  params?: Readonly<Record<string, string>> | undefined
  /** The path of the number's fallback URL, which is requested after an error. Default: none. */
  fallback?: string | undefined
  /**
   * Findings of the walk itself that are expected. They are notes then. They are of `'request_limit'`,
   * `'host_not_mapped'`, `'not_walked'`, `'action_not_taken'` and `'inferred'`. Default: none.
   */
  allow?: readonly WalkFinding[] | undefined
  /** Is called with each event, as it happens. Default: none. */
  onEvent?: ((event: CallEvent) => void) | undefined
}

/** The options that calls and conversations share. */
export const callerOptions = {
  path: { type: 'string' },
  method: { type: 'string', default: 'POST' },
  from: { type: 'string', default: '+14155550142' },
  to: { type: 'string', default: '+12025550123' },
  accountSid: { type: 'string' },
  params: { type: 'record' },
  fallback: { type: 'string' },
  allow: { type: 'strings' },
  onEvent: { type: 'function' },
} as const

/** Options of a call. Unknown properties are a `TypeError`. */
export interface CallOptions extends CallerOptions {
  /** The path of the number's status callback, which is requested after the call. Default: none. */
  statusCallback?: string | undefined
  /**
   * Whether a Gather with `actionOnEmptyResult` sends `Digits` for no input: `'absent'` or `'empty'`.
   * Twilio's pages differ. Default `'absent'`.
   */
  emptyDigits?: 'absent' | 'empty' | undefined
  /**
   * Requests the action of a verb that the caller hung up in. Twilio documents it for Record only.
   * The answer has no effect. Default true.
   */
  actionAfterHangUp?: boolean | undefined
  /**
   * How many requests the call may need, an integer from 1 to 1000. A Redirect to itself would
   * never end. This limit is not Twilio's. Default 100.
   */
  maxRequests?: number | undefined
  /**
   * Makes it a call that your application began with Twilio's REST API, and names the events that its
   * status callback gets. They are of `'initiated'`, `'ringing'`, `'answered'` and `'completed'`.
   * `from` is your number, and the call rings until `answer()`. Default: the call comes in.
   */
  outgoing?: readonly ProgressEvent[] | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  now?: (() => number) | undefined
}

/** The options that only calls have. */
export const callOptions = {
  statusCallback: { type: 'string' },
  emptyDigits: { type: 'choice', choices: ['absent', 'empty'], default: 'absent' },
  actionAfterHangUp: { type: 'boolean', default: true },
  maxRequests: { type: 'integer', least: 1, most: 1000, default: 100 },
  outgoing: { type: 'strings' },
  now: { type: 'function' },
} as const

/** A request of a call, in the order in which they were sent. */
export type CallRequest = Omit<CallEvent & { readonly type: 'request' }, 'type'>

/** How a call ended, with the names of Twilio's CallStatus. */
export type CallStatus = 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled'

/** What calls and conversations have in common. */
export interface Walked {
  /** All that was heard, requested, found and noted so far, in order. */
  readonly events: readonly CallEvent[]
  /** The requests so far. A socket that opened has the status 101. */
  readonly requests: readonly CallRequest[]
  /**
   * What Twilio would report about the answers so far, by its error codes, and what cut the walk short
   * or was chosen by it. A test expects none: `expect(call.findings).toEqual([])`.
   */
  readonly findings: readonly Finding[]
  /** Hints, and the findings that `allow` names. */
  readonly notes: readonly string[]
}

/**
 * A call. Each method resolves when the call waits for the next action, or is over. An action that
 * the verb does not take is a note. After the end nothing happens any more.
 */
export interface Call extends Walked {
  /** Everything that was heard, one line each. Brackets stand around all that is not speech. */
  readonly heard: string
  readonly status: CallStatus
  /** The SID of the call. */
  readonly sid: string
  /**
   * Presses keys, and then waits until the Gather takes them. Further keys are dropped.
   * @param keys Digits, `*` and `#`.
   * @throws TypeError for other keys, and for none
   */
  press(keys: string): Promise<void>
  /**
   * Speaks to a Gather, a Record or a socket.
   * @param text What the caller says, as Twilio would transcribe it.
   */
  say(text: string): Promise<void>
  /** Does nothing until a timeout. If two lines are connected, the other one hangs up. */
  wait(): Promise<void>
  /**
   * Decides how the number answers that a Dial or an outgoing call rings, that someone takes the call of a queue, or that
   * a caller waits in the queue of a Dial.
   * @param outcome The status that Twilio reports. Default `'completed'`: it answers.
   * @throws TypeError for another status
   */
  answer(outcome?: AnswerOutcome): Promise<void>
  /** Hangs up: the line that the call waits for, which in the URL of a Number is the called one. */
  hangUp(): Promise<void>
}

/** Collects the events of a walk. */
export class Log implements Walked {
  readonly events: CallEvent[] = []
  readonly requests: CallRequest[] = []
  readonly findings: Finding[] = []
  readonly notes: string[] = []
  readonly heard: string[] = []
  readonly #onEvent: ((event: CallEvent) => void) | undefined

  constructor(onEvent: ((event: CallEvent) => void) | undefined) {
    this.#onEvent = onEvent
  }

  add(event: CallEvent): void {
    const { type, ...fields } = event
    this.events.push(event)
    if (event.type === 'heard') this.heard.push(event.text)
    else if (event.type === 'note') this.notes.push(event.text)
    else if (event.type === 'request') this.requests.push(fields as CallRequest)
    else this.findings.push(fields as Finding)
    this.#onEvent?.(event)
  }
}

/** @throws TypeError for a name that the option does not take */
function checkNames(option: string, names: readonly string[], known: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new TypeError(`"${option}" does not take ${JSON.stringify(unknown)}. It takes ${known.join(', ')}`)
  return names
}

/** @throws TypeError for a name that the walk does not report */
export function readAllowed(names: readonly string[] = []): readonly string[] {
  return checkNames('allow', names, walkFindings)
}

/** @throws TypeError for another method, which Twilio cannot be configured with */
export function readMethod(method: string): 'GET' | 'POST' {
  const name = method.toUpperCase()
  if (name === 'GET' || name === 'POST') return name
  throw new TypeError('"method" must be GET or POST')
}

/** A call that has begun. */
export interface StartedCall {
  readonly call: Call
  /** Resolves when the call waits for the first action, or is over. */
  readonly ready: Promise<void>
  /** Resolves when the call is over, and its callbacks were sent. */
  readonly over: Promise<void>
}

/**
 * Calls an application through a transport: it sends the webhook of the call, and walks through the
 * TwiML of the answers as Twilio does.
 *
 * @param origin The public URL of the application without a slash at the end.
 * @param transport Signs and sends the requests.
 * @param given Who calls, and which webhook.
 * @throws TypeError or RangeError that names the option, if one is out of range.
 */
export function startCall(origin: string, transport: Transport, given: CallOptions = {}): StartedCall {
  const options = pickOptions(given, { ...callerOptions, ...callOptions })
  const { from, to, accountSid = sampleAccountSid, params, now = Date.now } = options
  const url = joinPath(origin, options.path ?? '/voice', 'path')
  const statusCallback =
    options.statusCallback === undefined ? undefined : joinPath(origin, options.statusCallback, 'statusCallback')
  const fallback = options.fallback === undefined ? undefined : joinPath(origin, options.fallback, 'fallback')
  const method = readMethod(options.method)
  const log = new Log(options.onEvent)
  const inbox = new Inbox()
  const sid = makeSid('CA')
  const outgoing = options.outgoing && checkNames('outgoing', options.outgoing, progressEvents)
  const Direction = outgoing === undefined ? 'inbound' : 'outbound-api'
  const values = { AccountSid: accountSid, CallSid: sid, From: from, Caller: from, To: to, Called: to }
  const leg: Leg = {
    params: { ...makeCallParams({ ...values, Direction, CallStatus: 'ringing' }), ...params },
    use: 'voice',
    hungUp: false,
  }
  const walk = new Walk({
    transport,
    inbox,
    now,
    onEvent: (event) => log.add(event),
    maxRequests: options.maxRequests,
    fallback,
    emptyDigits: options.emptyDigits,
    actionAfterHangUp: options.actionAfterHangUp,
    allow: readAllowed(options.allow),
  })
  let status: CallStatus = 'in-progress'
  // To wait or to hang up after the end changes nothing.
  const reportLate = (action: CallerAction): void => {
    if ('hangUp' in action || 'wait' in action) return
    const [[name, value] = []] = Object.entries(action)
    walk.cut('action_not_taken', `The call was over before "${name} ${String(value).slice(0, 60)}".`)
  }
  // https://www.twilio.com/docs/voice/api/call-resource#create-a-call: Twilio rings for 60 s.
  const ring = async (progress: Progress): ReturnType<typeof askOutcome> => {
    await progress.report('initiated', 'initiated')
    await progress.report('ringing', 'ringing')
    walk.hear(`[rings ${to}]`)
    const outcome = await askOutcome(walk, leg, 60)
    if (outcome === 'completed') await progress.report('answered', 'in-progress')
    return outcome
  }
  const run = async (): Promise<void> => {
    const progress = watchProgress(walk, leg, outgoing ?? ['completed'], async (sent) => {
      if (statusCallback !== undefined) await walk.callBack('status callback', statusCallback, 'POST', sent, leg)
    })
    try {
      const outcome = outgoing === undefined ? 'completed' : await ring(progress)
      if (outcome === 'completed') {
        const end = await walkFrom(walk, leg, { reason: 'call', url, method, params: [] })
        if (end !== 'rejected') leg.params.CallStatus = end === 'dropped' ? 'failed' : 'completed'
      } else leg.params.CallStatus = outcome
      for (const finish of walk.later) await finish()
      await progress.report('completed', leg.params.CallStatus ?? '')
    } finally {
      status = leg.params.CallStatus as CallStatus
      for (const action of inbox.end()) reportLate(action)
    }
  }
  const over = run()
  // A method that waits reports the error.
  over.catch(() => undefined)
  const act = async (action: CallerAction): Promise<void> => {
    if (status === 'in-progress') inbox.push(action)
    else reportLate(action)
    await settle()
  }
  const settle = (): Promise<void> => Promise.race([over, inbox.whenIdle()])
  const call: Call = {
    sid,
    get heard() {
      return log.heard.join('\n')
    },
    get status() {
      return status
    },
    events: log.events,
    requests: log.requests,
    findings: log.findings,
    notes: log.notes,
    async press(keys) {
      if (typeof keys !== 'string' || !/^[\d*#]+$/.test(keys))
        throw new TypeError("press() takes the keys 0 to 9, * and #, as in press('12#'). To speak, use say()")
      await act({ press: keys })
    },
    say: (text) => act({ say: text }),
    wait: () => act({ wait: true }),
    async answer(outcome = 'completed') {
      if (!answerOutcomes.includes(outcome)) throw new TypeError(`answer() takes ${answerOutcomes.join(', ')}`)
      await act({ answer: outcome })
    },
    hangUp: () => act({ hangUp: true }),
  }
  return { call, ready: settle(), over }
}

/** @throws TypeError that names the option, if the path does not begin with a slash */
export function joinPath(origin: string, path: string, name: string): string {
  const url = path.startsWith('/') ? resolveUrl(origin + path, origin) : undefined
  if (url === undefined) throw new TypeError(`"${name}" must begin with a slash, as in "/voice"`)
  return url
}
