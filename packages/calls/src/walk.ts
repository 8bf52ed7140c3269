import { type Answer, type AnswerFinding, type AnswerUse, checkAnswer } from './answer-rules.ts'
import { CookieJar } from './cookies.ts'
import type { CallerAction, Inbox } from './inbox.ts'
import { readFailure, readRetries } from './overrides.ts'
import { readTwiml, type TwimlElement } from './read-twiml.ts'
import { resolveUrl, toSignedUrl } from './urls.ts'

export type Pairs = readonly (readonly [name: string, value: string])[]

/** The parameters of a request. A name that is repeated has a list. */
export type Params = Readonly<Record<string, string | readonly string[]>>

/** A request that the walk asks for. The transport signs it for `url` and sends it. */
export interface OutgoingRequest {
  /** The public URL, as Twilio would sign it: without userinfo and fragment. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Form parameters of a POST. A GET adds them to the query. */
  readonly params: Pairs
  /** Headers in addition to the signature: the idempotency token, Cookie and Authorization. */
  readonly headers: Readonly<Record<string, string>>
  /** Undefined for messages: Twilio names a charset for voice only. */
  readonly contentType: string | undefined
}

/** The part of a WebSocket that a walk needs. `ws`, browsers, Deno and Bun have it. */
export interface CallSocket {
  addEventListener(type: 'open' | 'close', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  /**
   * Listens to errors.
   * @param type The name of the event.
   * @param listener Reads the property `message`, if the event has it.
   */
  addEventListener(type: 'error', listener: (event: object) => void): void
  send(text: string): void
  close(code?: number, reason?: string): void
  /** Drops the connection without a close frame. `ws` has it. */
  terminate?(): void
}

/** How a walk reaches the application. It opens no connection itself. */
export interface Transport {
  /**
   * Signs and sends a request. `undefined` if its host may not be called. A rejection means that the
   * application could not be reached, or did not speak HTTP: its error, or the cause of it, has a
   * `code` of node:http then.
   * @param request What Twilio would send, without its signature.
   */
  request(request: OutgoingRequest): Promise<Answer | undefined>
  /**
   * Signs and begins a WebSocket handshake. `undefined` if its host may not be called.
   * @param url The public URL, with `wss:`.
   */
  openSocket?(url: string): CallSocket | undefined
}

/**
 * What cut a walk short, and what it chose where Twilio's pages say nothing. A route behind it was
 * not tested, so each is an error unless `allow` names it.
 */
export const walkFindings = [
  /** The call needed more than `maxRequests`. */
  'request_limit',
  /** A URL of another host, which the walk may not call. */
  'host_not_mapped',
  /** A verb, a noun or a socket that the walk does not play. */
  'not_walked',
  /** The caller did something that no verb took, or that came after the end. */
  'action_not_taken',
  /** What follows a failure is not documented, so the walk chose it. */
  'inferred',
] as const

export type WalkFinding = (typeof walkFindings)[number]

/** What Twilio would report, by its error code, or what the walk reports about itself. */
export interface Finding {
  /** Twilio's error code, or one of `walkFindings`. */
  readonly code: number | WalkFinding
  /** `warning`: Twilio still uses the answer. */
  readonly level: AnswerFinding['level']
  /** Says what was seen, without the text of the answer. */
  readonly detail: string
  readonly url: string
}

/** What happens in a call, as it happens. Texts are written by the application: treat as hostile. */
export type CallEvent =
  | { readonly type: 'heard'; readonly text: string }
  | {
      readonly type: 'request'
      /** The verb or the attribute that names the URL, such as `Gather action`. */
      readonly reason: string
      readonly method: 'GET' | 'POST'
      readonly url: string
      readonly params: Params
      /** 0 if there was no answer. A socket that opened has 101. */
      readonly status: number
    }
  | ({ readonly type: 'finding' } & Finding)
  /** A hint, or a finding of the walk that `allow` names, with its code. */
  | { readonly type: 'note'; readonly text: string; readonly code?: WalkFinding }

/** The request for the next document. */
export interface Step {
  readonly reason: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** The parameters in addition to the standard ones. */
  readonly params: Pairs
  /** True if `params` are all. */
  readonly isWhole?: true
}

/**
 * Why no document follows. `ended`: after the last verb. `failed`: after an error. `dropped`: the
 * socket of a ConversationRelay closed, and there is no action. `dequeued`: someone took the call of
 * a queue.
 */
export type End = 'ended' | 'hangup' | 'rejected' | 'left' | 'dequeued' | 'failed' | 'dropped'

/** A document of TwiML, and the URL that relative ones are resolved against. */
export interface Document {
  readonly url: string
  readonly verbs: readonly TwimlElement[]
}

/** What `<Start>` began on a line. */
export interface Started {
  readonly leg: Leg
  /** The noun and its name. */
  readonly name: string
  /** @param words What is said. Empty for other sounds. */
  overhear?(track: Track, words: string): Promise<void>
  stop(): Promise<void>
}

/** `inbound` comes from the caller. */
export type Track = 'inbound' | 'outbound'

/** One line: the caller's, or the child's that `<Dial>` calls. */
export interface Leg {
  readonly params: Record<string, string>
  /** Twilio names a charset for voice only. */
  readonly use: 'voice' | 'message'
  hungUp: boolean
  /** True while `<Enqueue>` waits. */
  isQueued?: boolean
}

const voiceType = 'application/x-www-form-urlencoded; charset=UTF-8'
const redirects = [301, 302, 303, 307]
const mostRedirects = 10
// Where no attribute says how long: in a queue, a conference, or while two lines are connected.
const usualWait = 10
const fallbackReason = 'fallback URL'

export interface WalkOptions {
  readonly transport: Transport
  readonly inbox: Inbox
  readonly onEvent: (event: CallEvent) => void
  readonly now: () => number
  readonly maxRequests: number
  readonly fallback: string | undefined
  readonly emptyDigits: 'absent' | 'empty'
  readonly actionAfterHangUp: boolean
  readonly allow: readonly string[]
}

/** The state of one call or conversation. */
export class Walk {
  readonly options: WalkOptions
  /** Callbacks that Twilio sends after the call, such as that of a recording. */
  readonly later: (() => Promise<void>)[] = []
  readonly started = new Set<Started>()
  readonly #jar: CookieJar
  #requests = 0
  /** How many errors were reported. */
  errors = 0
  #lastError = { code: 0, url: '' }
  #passed = 0
  /** How often the caller was asked. */
  asked = 0

  constructor(options: WalkOptions, jar?: CookieJar) {
    this.options = options
    this.#jar = jar ?? new CookieJar(() => this.now())
  }

  /** The time of the call, which also passes by what the caller waits for. */
  now(): number {
    return this.options.now() + this.#passed
  }

  pass(seconds: number): void {
    this.#passed += 1000 * seconds
  }

  hear(text: string): void {
    if (text !== '') this.options.onEvent({ type: 'heard', text })
  }

  note(text: string): void {
    this.options.onEvent({ type: 'note', text })
  }

  report(code: number, level: AnswerFinding['level'], detail: string, url: string): void {
    if (level === 'error') {
      this.#lastError = { code, url }
      this.errors++
    }
    this.options.onEvent({ type: 'finding', code, level, detail, url: toSignedUrl(url) })
  }

  /** Reports what the walk itself cut short or chose. */
  cut(code: WalkFinding, detail: string, url = ''): void {
    if (this.options.allow.includes(code)) this.options.onEvent({ type: 'note', text: detail, code })
    else this.options.onEvent({ type: 'finding', code, level: 'error', detail, url: toSignedUrl(url) })
  }

  /**
   * Asks for the caller's next action. `undefined` if `withdraw` resolves before.
   * @param seconds How long the caller waits who does nothing.
   */
  async ask(leg: Leg, seconds = usualWait, withdraw?: Promise<unknown>): Promise<CallerAction | undefined> {
    this.asked++
    const action = await this.options.inbox.take(withdraw)
    if (action !== undefined && 'wait' in action) this.pass(seconds)
    if (action !== undefined && 'hangUp' in action) hangUp(leg)
    if (action !== undefined && 'say' in action) await this.overhear(leg, 'inbound', action.say)
    return action
  }

  /** Gives what is heard on a line to what `<Start>` began there. */
  async overhear(leg: Leg, track: Track, words: string): Promise<void> {
    for (const one of this.started) if (one.leg === leg) await one.overhear?.(track, words)
  }

  async stop(started: Started): Promise<void> {
    if (this.started.delete(started)) await started.stop()
  }

  /** Requests documents and runs them until one ends without a next one. */
  async run(leg: Leg, first: Step, runDocument: (document: Document) => Promise<Step | End>): Promise<End> {
    let next: Step | End = first
    while (typeof next === 'object') next = await this.runOne(leg, next, runDocument)
    return next
  }

  /**
   * Requests one document and runs it. After an error in one of the two, that of the fallback URL
   * follows. A document that the walk may not request is like an empty one.
   */
  async runOne(leg: Leg, step: Step, runDocument: (document: Document) => Promise<Step | End>): Promise<Step | End> {
    const document = await this.#fetchDocument(leg, step)
    if (document === undefined) return 'ended'
    const end = 'verbs' in document ? await runDocument(document) : 'failed'
    if (end !== 'failed') return end
    const { fallback } = this.options
    if (fallback !== undefined && step.reason !== fallbackReason) {
      const { code, url } = 'verbs' in document ? this.#lastError : document
      const params: Pairs = [
        ['ErrorCode', String(code)],
        ['ErrorUrl', toSignedUrl(url)],
      ]
      return await this.runOne(leg, { reason: fallbackReason, url: fallback, method: 'POST', params }, runDocument)
    }
    if (leg.use === 'voice') this.hear('[an application error has occurred]')
    return 'failed'
  }

  /** Requests a document whose verbs have no effect any more. The answer is judged like any other. */
  async judge(leg: Leg, step: Step): Promise<void> {
    await this.#fetchDocument(leg, step)
  }

  /** Requests a document and follows HTTP redirects. */
  async #fetchDocument(leg: Leg, step: Step): Promise<Document | { code: number; url: string } | undefined> {
    let { url, method, params, reason } = step
    for (let hops = 0; ; hops++) {
      const standard = step.isWhole ? [] : Object.entries(leg.params)
      const answer = await this.send({ reason, url, method, params: [...standard, ...params] }, leg.use)
      if (answer === 'stopped') return undefined
      if (answer === undefined) return { code: this.#lastError.code, url }
      const fatal = this.#review(answer, leg.use, url)
      if (fatal !== undefined) return { code: fatal, url }
      if (!redirects.includes(answer.status)) return this.#readDocument(answer, leg, url)
      if (hops === mostRedirects) {
        this.report(11215, 'error', `more than ${mostRedirects} redirects follow one another`, url)
        return { code: 11215, url }
      }
      const target = resolveUrl(readHeader(answer, 'location') ?? '', url)
      if (target === undefined) {
        this.report(11216, 'error', 'the Location of the redirect is no http or https URL', url)
        return { code: 11216, url }
      }
      url = target
      reason = 'HTTP redirect'
      // All but 307 become a GET with the standard parameters only: https://www.twilio.com/docs/voice/twiml
      if (answer.status !== 307) {
        method = 'GET'
        params = []
      }
    }
  }

  #review(answer: Answer, use: AnswerUse, url: string): number | undefined {
    const findings = checkAnswer(answer, use)
    for (const { code, level, detail } of findings) this.report(code, level, detail, url)
    return findings.find(({ level }) => level === 'error')?.code
  }

  #readDocument(answer: Answer, leg: Leg, url: string): Document | { code: number; url: string } {
    const type = (readHeader(answer, 'content-type') ?? '').toLowerCase()
    const { body = '' } = answer
    if (answer.bytes === 0) return { url, verbs: [] }
    if (type.startsWith('audio/')) return { url, verbs: [makeElement('Play', toSignedUrl(url))] }
    const root = readTwiml(body)
    if (root?.name === 'Response') return { url, verbs: root.children.filter((child) => typeof child !== 'string') }
    if (type.startsWith('text/plain'))
      return { url, verbs: [makeElement(leg.use === 'voice' ? 'Say' : 'Message', body.trim())] }
    // Twilio has no such limit. It is that of the reader.
    this.report(12100, 'error', 'the document has more than 2,000 elements, or is nested too deeply', url)
    return { code: 12100, url }
  }

  /** Counts a request or a socket. Returns false, with a note, if the walk may not send it any more. */
  countRequest(): boolean {
    const { maxRequests } = this.options
    if (++this.#requests === maxRequests + 1)
      this.cut('request_limit', `The walk ends after ${maxRequests} requests. This limit is its own, not Twilio's.`)
    return this.#requests <= maxRequests
  }

  /** Sends one request, and again as the URL asks. `stopped`: the walk may not. `undefined`: there is no answer. */
  async send(step: Step, use: 'voice' | 'message'): Promise<Answer | 'stopped' | undefined> {
    const { count, isRetried, ignored } = readRetries(step.url)
    for (const text of ignored) this.note(`In the fragment of ${toSignedUrl(step.url)}, ${text}.`)
    const token = crypto.randomUUID()
    for (let tries = 0; ; tries++) {
      const reason = tries === 0 ? step.reason : `${step.reason} (retry ${tries})`
      const sent = await this.#sendOnce({ ...step, reason }, use, token)
      if (sent === 'stopped') return sent
      const outcome = 'status' in sent ? sent.status : sent.outcome
      if (tries < count && isRetried(outcome)) continue
      if ('status' in sent) return sent
      this.report(sent.code, 'error', `there is no answer: ${sent.detail}`, step.url)
      return undefined
    }
  }

  async #sendOnce(
    { reason, url, method, params }: Step,
    use: 'voice' | 'message',
    token: string,
  ): Promise<Answer | 'stopped' | (ReturnType<typeof readFailure> & { readonly detail: string })> {
    if (!this.countRequest()) return 'stopped'
    const signed = toSignedUrl(url)
    const report = (status: number): void =>
      this.options.onEvent({ type: 'request', reason, method, url: signed, params: toObject(params), status })
    const cookie = this.#jar.read(url)
    const authorization = makeBasic(url)
    const headers = {
      // A retry has the same one: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
      'i-twilio-idempotency-token': token,
      ...(cookie !== '' && { cookie }),
      ...(authorization !== undefined && { authorization }),
    }
    const contentType = use === 'voice' && method === 'POST' ? voiceType : undefined
    try {
      const answer = await this.options.transport.request({ url: signed, method, params, headers, contentType })
      if (answer === undefined) {
        this.cut('host_not_mapped', `${signed} was not requested: the walk may not call this host.`, url)
        return 'stopped'
      }
      this.#jar.keep(url, answer.headers)
      report(answer.status)
      return answer
    } catch (error) {
      report(0)
      return { ...readFailure(error), detail: error instanceof Error ? error.message : 'it failed' }
    }
  }

  /** Sends a callback, whose answer does not steer the call. */
  async callBack(reason: string, url: string, method: 'GET' | 'POST', params: Pairs, leg: Leg): Promise<void> {
    const answer = await this.send({ reason, url, method, params }, leg.use)
    if (typeof answer === 'object') this.#review(answer, 'callback', url)
  }

  /** Seconds since a time of `now`. */
  secondsSince(start: number): string {
    return String(Math.max(0, Math.round((this.now() - start) / 1000)))
  }
}

function toObject(pairs: Pairs): Params {
  const params: Record<string, string | readonly string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const before = params[name]
    params[name] = before === undefined ? value : [before, value].flat()
  }
  return { ...params }
}

export function hangUp(leg: Leg): void {
  leg.hungUp = true
  leg.params.CallStatus = 'completed'
}

/** Formats a time as Twilio does in callbacks. */
export function formatTime(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}

export function makeElement(name: string, ...children: string[]): TwimlElement {
  return { name, attributes: [], children }
}

function readHeader({ headers }: Answer, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
}

function makeBasic(url: string): string | undefined {
  const [, userinfo] = /^https?:\/\/([^/?#@]+)@/i.exec(url) ?? []
  if (userinfo === undefined) return undefined
  try {
    const bytes = new TextEncoder().encode(decodeURIComponent(userinfo))
    return `Basic ${btoa(String.fromCharCode(...bytes))}`
  } catch {
    return undefined
  }
}
