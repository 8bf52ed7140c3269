import { formatTime, type Leg, type Pairs, type Walk } from './walk.ts'

/** The events of a call, in order: https://www.twilio.com/docs/voice/twiml/number#attributes-statusCallbackEvent */
export const progressEvents = ['initiated', 'ringing', 'answered', 'completed'] as const

export type ProgressEvent = (typeof progressEvents)[number]

/** Reports what becomes of a line. Twilio counts only the events that are subscribed to. */
export class Progress {
  readonly #walk: Walk
  readonly #leg: Leg
  readonly #events: readonly string[]
  readonly #send: (params: Pairs) => Promise<void>
  readonly #start: number
  #sequence = 0

  constructor(walk: Walk, leg: Leg, events: readonly string[], send: (params: Pairs) => Promise<void>) {
    this.#walk = walk
    this.#leg = leg
    this.#events = events
    this.#send = send
    this.#start = walk.now()
  }

  get duration(): string {
    return this.#walk.secondsSince(this.#start)
  }

  async report(event: ProgressEvent, status: string): Promise<void> {
    const { params } = this.#leg
    params.CallStatus = status
    if (!this.#events.includes(event)) return
    const duration: Pairs = [
      ['CallDuration', this.duration],
      ['Duration', String(Math.ceil(Number(this.duration) / 60))],
    ]
    await this.#send([
      ...Object.entries(params),
      ['Timestamp', formatTime(this.#walk.now())],
      ['CallbackSource', 'call-progress-events'],
      ['SequenceNumber', String(this.#sequence++)],
      ...(event === 'completed' ? duration : []),
    ])
  }
}
