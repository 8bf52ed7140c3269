import type { CaptureSummary } from '../shared/capture.ts'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Formats the time of day, with the date unless it is today. */
export function formatTime(time: number): string {
  const date = new Date(time)
  const today = new Date().toDateString() === date.toDateString()
  return today ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`
}

export function formatDuration(ms: number | undefined): string {
  if (ms === undefined) return ''
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`
}

type Outcome = Pick<CaptureSummary, 'code' | 'by' | 'status' | 'origin' | 'reported'>

/** Returns true if the request was accepted, but its answer is an error, or is missing. */
export function hasFailed({ code, status, origin }: Outcome): boolean {
  return code === 'accepted' && origin !== 'imported' && (status === undefined || status >= 400)
}

/**
 * Returns a word and a tone for the verdict and the answer together. The word says what the colour
 * of the tone says. An answer that Twilio could not use has failed too.
 */
export function describeOutcome(one: Outcome): { word: string; tone: 'good' | 'failed' | 'bad' | 'plain' } {
  if (one.code === 'accepted')
    return hasFailed(one) || one.reported !== undefined
      ? { word: 'failed', tone: 'failed' }
      : { word: 'accepted', tone: 'good' }
  if (one.code !== 'none' || one.by === 'gateway') return { word: 'refused', tone: 'bad' }
  return { word: 'not verified', tone: 'plain' }
}

const originWords: Readonly<Record<CaptureSummary['origin'], string>> = {
  received: '',
  test: 'test',
  replayed: 'replay',
  're-signed': 're-signed',
  imported: 'imported',
}

/** Names the way that a request entered the list; an empty string for one that was received. */
export function nameOrigin({ origin, signedWith }: Pick<CaptureSummary, 'origin' | 'signedWith'>): string {
  return signedWith === 'random' ? `spoofed ${originWords[origin]}` : originWords[origin]
}
