import { randomUUID } from 'node:crypto'
import {
  type AnswerOutcome,
  type Call,
  type CallEvent,
  type OutgoingRequest,
  type StartedCall,
  startCall,
} from '@tollgate/calls'
import type { CallChange, CallInput, CallLine, CallSteps, CallView } from '../../shared/api.ts'
import { cut, showHidden } from '../../shared/visible-text.ts'
import { joinPublicUrl } from '../capture-exchange.ts'
import { InputError } from '../send/requests.ts'
import type { Sender } from '../send/sender.ts'
import { HttpError } from '../web/answers.ts'

interface CallsOptions {
  readonly sender: Sender
  /** The URL that is called. */
  readonly publicUrl: string
  readonly accountSid: string | undefined
  readonly onChange: (change: CallChange) => void
}

const mostCalls = 4
const mostLines = 1_000
const mostSteps = 500
const mostCharacters = 2_000
const idleMs = 5 * 60_000
const wholeMs = 30 * 60_000

/** The calls of the page: four at most, each of them bounded in time, steps and lines. */
export class Calls {
  readonly #options: CallsOptions
  readonly #calls = new Map<string, PlacedCall>()

  constructor(options: CallsOptions) {
    this.#options = options
  }

  /** @throws InputError if the call cannot begin, and HttpError while four calls are running */
  start(input: CallInput): CallView {
    for (const [id, { view }] of this.#calls)
      if (this.#calls.size >= mostCalls && view.state === 'over') this.#calls.delete(id)
    if (this.#calls.size >= mostCalls)
      throw new HttpError(409, `${mostCalls} calls are running. Hang up in one of them first.`)
    this.#options.sender.check(input.useRealToken === true)
    const call = new PlacedCall(input, this.#options)
    this.#calls.set(call.id, call)
    return call.view
  }

  /** @throws HttpError if no call has this id, or it was removed */
  find(id: string): PlacedCall {
    const call = this.#calls.get(id)
    if (call === undefined) throw new HttpError(404, 'This call no longer exists.')
    return call
  }

  /** Ends every call at once: nothing more is sent. */
  end(reason: string): void {
    for (const call of this.#calls.values()) call.end(reason)
  }
}

/** What the caller does, and how the transcript names it. */
const steps: {
  readonly [Name in keyof CallSteps]: {
    readonly describe: (step: CallSteps[Name]) => string
    readonly act: (call: Call, step: CallSteps[Name]) => Promise<void>
  }
} = {
  press: { describe: ({ keys }) => `You pressed ${keys}`, act: (call, { keys }) => call.press(keys) },
  say: { describe: ({ text }) => `You said: ${text}`, act: (call, { text }) => call.say(text) },
  wait: { describe: () => 'You waited', act: (call) => call.wait() },
  answer: {
    describe: ({ outcome }) => outcomeNames[outcome],
    act: (call, { outcome }) => call.answer(outcome),
  },
  hangup: { describe: () => 'You hung up', act: (call) => call.hangUp() },
}

const outcomeNames: Readonly<Record<AnswerOutcome, string>> = {
  completed: 'The number that rings answers',
  busy: 'The number that rings is busy',
  'no-answer': 'The number that rings does not answer',
  failed: 'The number that rings cannot be reached',
}

/** One call, with its transcript. */
class PlacedCall {
  readonly id: string = randomUUID()
  readonly #to: string
  readonly #options: CallsOptions
  readonly #lines: CallLine[] = []
  readonly #left = new AbortController()
  readonly #started: StartedCall
  /** The captures of requests that the walk has not reported yet. */
  readonly #captures: { readonly method: string; readonly url: string; readonly id: string | undefined }[] = []
  readonly #whole: NodeJS.Timeout
  #idle: NodeJS.Timeout
  #working = 1
  #steps = 0
  #isOver = false

  constructor({ path, from, to, useRealToken = false }: CallInput, options: CallsOptions) {
    const { publicUrl, accountSid, sender } = options
    this.#options = options
    this.#to = to
    const request = async (outgoing: OutgoingRequest) => {
      const sent = await sender.request(outgoing, useRealToken, this.#left.signal)
      if (sent !== undefined) this.#captures.push({ method: outgoing.method, url: outgoing.url, id: sent.id })
      return sent?.answer
    }
    const onEvent = (event: CallEvent) => this.#add(this.#toLine(event))
    try {
      this.#started = startCall(
        joinPublicUrl([publicUrl], '', undefined),
        { request },
        { path, from, to, accountSid, onEvent },
      )
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw new InputError(error.message)
      throw error
    }
    this.#idle = setTimeout(() => this.end('nothing was done for 5 minutes'), idleMs).unref()
    this.#whole = setTimeout(() => this.end('it took 30 minutes'), wholeMs).unref()
    const { ready, over } = this.#started
    const finish = () => {
      clearTimeout(this.#idle)
      clearTimeout(this.#whole)
      this.#isOver = true
      this.#report([])
    }
    over.then(finish, (error: unknown) => {
      console.error(showHidden(`A call of the page failed: ${error instanceof Error ? error.stack : 'unknown error'}`))
      this.#add({ type: 'note', text: 'The walk failed. The terminal shows the details.' })
      finish()
    })
    void this.#settle(ready)
  }

  get view(): CallView {
    return { ...this.#facts, lines: this.#lines }
  }

  /**
   * Lets the caller act.
   * @returns the call when it waits again, or is over
   * @throws HttpError if the call does not wait; hanging up is possible at any time
   */
  async act<Name extends keyof CallSteps>(name: Name, step: CallSteps[Name]): Promise<CallView> {
    if (this.#isOver) throw new HttpError(409, 'The call is over.')
    if (name !== 'hangup' && this.#working > 0) throw new HttpError(409, 'The call does not wait for you now.')
    if (++this.#steps > mostSteps) {
      this.end(`it took ${mostSteps} steps`)
      throw new HttpError(409, `The call has ended after ${mostSteps} steps.`)
    }
    this.#idle.refresh()
    const { describe, act } = steps[name]
    this.#working++
    this.#add({ type: 'caller', text: cut(describe(step), mostCharacters) })
    await this.#settle(act(this.#started.call, step))
    return this.view
  }

  /** Ends the call at once. */
  end(reason: string): void {
    if (this.#isOver || this.#left.signal.aborted) return
    this.#add({ type: 'note', text: `The call was ended: ${reason}.` })
    this.#left.abort()
    const { call } = this.#started
    const hangUp = async () => {
      // In the URL of a Number the first one hangs up the called line only.
      for (let count = 0; count < 3 && !this.#isOver; count++) await call.hangUp()
    }
    hangUp().catch(() => {})
  }

  get #facts(): Omit<CallView, 'lines'> {
    const state = this.#isOver ? 'over' : this.#working > 0 ? 'working' : 'waiting'
    return { id: this.id, to: this.#to, state, status: this.#started.call.status }
  }

  async #settle(work: Promise<void>): Promise<void> {
    // An error of the walk is reported where the call ends.
    await work.catch(() => {})
    this.#working--
    if (!this.#isOver) this.#report([])
  }

  #toLine(event: CallEvent): CallLine {
    switch (event.type) {
      case 'request': {
        const { type, reason, method, url, status } = event
        const at = this.#captures.findIndex((one) => one.method === method && isSameUrl(one.url, url))
        const [sent] = at === -1 ? [] : this.#captures.splice(at, 1)
        return { type, reason, method, url: cut(url, mostCharacters), status, capture: sent?.id }
      }
      case 'finding':
        return { type: event.type, code: event.code, level: event.level, detail: cut(event.detail, mostCharacters) }
      default:
        return { type: event.type, text: cut(event.text, mostCharacters) }
    }
  }

  #add(line: CallLine): void {
    if (this.#lines.length > mostLines) return
    this.#report([
      this.#lines.length === mostLines
        ? { type: 'note', text: `Only the first ${mostLines.toLocaleString('en')} lines are shown.` }
        : line,
    ])
  }

  #report(lines: readonly CallLine[]): void {
    const at = this.#lines.length
    this.#lines.push(...lines)
    this.#options.onChange({ ...this.#facts, lines, at })
  }
}

// The walk reports a URL without its name and password.
function isSameUrl(sent: string, reported: string): boolean {
  return sent.replace(/\/\/[^/?#]*@/, '//') === reported
}
