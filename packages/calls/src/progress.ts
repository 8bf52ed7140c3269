import { formatTime, type Leg, type Pairs, type Walk } from './walk.ts'

/** The events of a call, in order: https://www.twilio.com/docs/voice/twiml/number#attributes-statusCallbackEvent */
export const progressEvents = ['initiated', 'ringing', 'answered', 'completed'] as const

export type ProgressEvent = (typeof progressEvents)[number]

export type Progress = ReturnType<typeof watchProgress>

/** Reports what becomes of a line. Twilio counts only the events that are subscribed to. */
export function watchProgress(walk: Walk, leg: Leg, events: readonly string[], send: (params: Pairs) => Promise<void>) {
  const start = walk.now()
  let sequence = 0
  const readDuration = (): string => walk.secondsSince(start)
  const report = async (event: ProgressEvent, status: string): Promise<void> => {
    leg.params.CallStatus = status
    if (!events.includes(event)) return
    const seconds = readDuration()
    const duration = { CallDuration: seconds, Duration: String(Math.ceil(Number(seconds) / 60)) }
    await send([
      ...Object.entries(leg.params),
      ['Timestamp', formatTime(walk.now())],
      ['CallbackSource', 'call-progress-events'],
      ['SequenceNumber', String(sequence++)],
      ...(event === 'completed' ? Object.entries(duration) : []),
    ])
  }
  return { readDuration, report }
}
