import {
  type At,
  checkCallback,
  describeRecording,
  type Next,
  readAttribute,
  readTarget,
  reportRecording,
} from './at.ts'
import { makeSid } from './params.ts'
import { listChildren, type TwimlElement } from './read-twiml.ts'
import { openStream } from './socket-verbs.ts'
import type { Pairs, Started } from './walk.ts'

type Start = (at: At, noun: TwimlElement) => Promise<Omit<Started, 'leg' | 'name'> | undefined>

/** The nouns of `<Start>` that are walked. */
const nouns: Readonly<Record<string, Start>> = {
  Stream: startStream,
  Recording: startRecording,
  Transcription: startTranscription,
}

function nameStarted(noun: TwimlElement): string {
  return `${noun.name} ${readAttribute(noun, 'name') ?? ''}`
}

/** Begins what goes on beside the document until `<Stop>` names it, or the call ends. */
export async function runStart(at: At): Promise<Next> {
  const { walk, leg, verb, document } = at
  for (const noun of listChildren(verb)) {
    const start = Object.hasOwn(nouns, noun.name) ? nouns[noun.name] : undefined
    if (start === undefined) {
      walk.cut('not_walked', `<Start> with <${noun.name.slice(0, 60)}> is not walked.`, document.url)
      continue
    }
    const parts = await start(at, noun)
    if (parts === undefined) continue
    const started: Started = { ...parts, leg, name: nameStarted(noun) }
    walk.started.add(started)
    walk.later.push(() => walk.stop(started))
  }
  return undefined
}

export async function runStop({ walk, leg, verb }: At): Promise<Next> {
  for (const noun of listChildren(verb)) {
    const name = nameStarted(noun)
    const started = [...walk.started].find((one) => one.leg === leg && one.name === name)
    if (started !== undefined) await walk.stop(started)
    else if (Object.hasOwn(nouns, noun.name))
      walk.note(`<Stop> has a <${noun.name}> that was not started, or not with this name.`)
  }
  return undefined
}

/** https://www.twilio.com/docs/voice/twiml/stream */
async function startStream(at: At, noun: TwimlElement): ReturnType<Start> {
  const stream = await openStream(at, noun)
  return stream && { overhear: async (track) => stream.speak(track), stop: () => stream.end() }
}

/** https://www.twilio.com/docs/voice/twiml/recording */
async function startRecording(at: At, noun: TwimlElement): ReturnType<Start> {
  const channels = readAttribute(noun, 'channels') === 'mono' ? '1' : '2'
  const recording: Pairs = [
    ...describeRecording(at, 'StartCallRecordingTwiML', channels),
    ['RecordingTrack', readAttribute(noun, 'track') ?? 'both'],
  ]
  const start = at.walk.now()
  await reportRecording(at, 'in-progress', recording, noun)
  return {
    async stop() {
      const duration: Pairs = [['RecordingDuration', at.walk.secondsSince(start)]]
      await reportRecording(at, 'completed', [...recording, ...duration], noun)
    },
  }
}

/** https://www.twilio.com/docs/voice/twiml/transcription */
async function startTranscription(at: At, noun: TwimlElement): ReturnType<Start> {
  const { walk, leg } = at
  const hasCallback = checkCallback(at, noun, 'statusCallbackUrl')
  const target = hasCallback ? readTarget(at, 'statusCallbackUrl', 'statusCallbackMethod', noun) : undefined
  const { AccountSid = '', CallSid = '' } = leg.params
  const sid = makeSid('GT')
  const language = readAttribute(noun, 'languageCode') ?? 'en-US'
  const wanted = readAttribute(noun, 'track') ?? 'both_tracks'
  let sequence = 0
  const report = async (event: string, params: Pairs = []): Promise<void> => {
    if (typeof target !== 'object') return
    const standard: Pairs = [
      ['AccountSid', AccountSid],
      ['CallSid', CallSid],
      ['TranscriptionSid', sid],
      ['Timestamp', new Date(walk.now()).toISOString()],
      ['SequenceId', String(++sequence)],
      ['TranscriptionEvent', `transcription-${event}`],
    ]
    await walk.callBack(target.reason, target.url, target.method, [...standard, ...params], leg)
  }
  await report('started', [
    ['LanguageCode', language],
    ['Track', wanted],
  ])
  return {
    async overhear(track, words) {
      if (words === '' || ![`${track}_track`, 'both_tracks'].includes(wanted)) return
      await report('content', [
        ['TranscriptionData', JSON.stringify({ transcript: words, confidence: 0.96823084 })],
        ['Final', 'true'],
        ['Track', `${track}_track`],
        ['LanguageCode', language],
      ])
    },
    stop: () => report('stopped'),
  }
}
