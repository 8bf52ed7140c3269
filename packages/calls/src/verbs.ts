import {
  type At,
  callBack,
  describeRecording,
  endWithAction,
  type Next,
  readAttribute,
  readCount,
  readTarget,
  readText,
  redirect,
  reportRecording,
  resolveTarget,
  runDocument,
  type Target,
  toStep,
  type VerbRow,
} from './at.ts'
import { runDial } from './dial.ts'
import { makeSid } from './params.ts'
import { listChildren } from './read-twiml.ts'
import { runConnect } from './socket-verbs.ts'
import { runStart, runStop } from './start.ts'
import { type End, hangUp, type Leg, type Pairs, type Step, type Walk } from './walk.ts'

/** The verbs that say something. They may stand in a Gather, too. */
const spoken: Readonly<Record<string, VerbRow>> = {
  Say: { run: (at) => hear(at, readText(at.verb)) },
  Play: {
    run(at) {
      const digits = readAttribute(at.verb, 'digits')
      return hear(at, digits === undefined ? `[plays ${readText(at.verb)}]` : `[tones ${digits}]`, '')
    },
  },
  Pause: {
    run(at) {
      const seconds = readCount(at, at.verb, 'length', 0, 13910) ?? 1
      at.walk.hear(`[pause ${seconds} s]`)
      at.walk.pass(seconds)
      return undefined
    },
  },
}

async function hear(at: At, text: string, words = text): Promise<Next> {
  const loop = readCount(at, at.verb, 'loop', 0, at.verb.name === 'Say' ? 13510 : 13410) ?? 1
  at.walk.hear(loop === 1 || text === '' ? text : `${text} [${loop === 0 ? 'up to 1,000' : loop} times]`)
  await at.walk.overhear(at.leg, 'outbound', words)
  return undefined
}

/**
 * The verbs of a call, and what Twilio requests after each. The page of each verb is at
 * https://www.twilio.com/docs/voice/twiml.
 */
const verbs: Readonly<Record<string, VerbRow>> = {
  ...spoken,
  Gather: { run: runGather },
  Record: { run: runRecord },
  Redirect: redirect,
  Dial: { run: (at) => runDial(at, (leg, step) => walkFrom(at.walk, leg, step), runHold) },
  Enqueue: { run: runEnqueue },
  Leave: { run: () => 'left' },
  Hangup: { run: () => 'hangup' },
  Reject: {
    run({ leg, verb, isFirst }) {
      if (!isFirst) return 'hangup'
      leg.params.CallStatus = readAttribute(verb, 'reason') === 'busy' ? 'busy' : 'no-answer'
      return 'rejected'
    },
  },
  Refer: { run: runRefer },
  Connect: { run: runConnect },
  Start: { run: runStart },
  Stop: { run: runStop },
}

/** Walks from a request to the end of a line. */
export function walkFrom(walk: Walk, leg: Leg, step: Step): Promise<End> {
  let isFirst = leg.params.CallStatus === 'ringing'
  return walk.run(leg, step, (document) => {
    const [{ name } = { name: '' }] = document.verbs
    // A SIP call still rings after a Redirect: https://www.twilio.com/docs/voice/twiml/reject
    const isRinging = name === 'Redirect' && leg.params.SipCallId !== undefined
    // Otherwise, Reject as the first verb is the one way not to answer.
    if (isFirst && name !== 'Reject' && !isRinging) leg.params.CallStatus = 'in-progress'
    const ended = runDocument(walk, leg, document, verbs, isFirst)
    isFirst &&= isRinging
    return ended
  })
}

async function runGather(at: At): Promise<Next> {
  const { walk, leg, verb, document } = at
  const children = listChildren(verb)
  await runDocument(
    walk,
    leg,
    { url: document.url, verbs: children.filter(({ name }) => Object.hasOwn(spoken, name)) },
    spoken,
  )
  const inputs = (readAttribute(verb, 'input') ?? 'dtmf').split(/\s+/)
  const action = resolveTarget(at, readAttribute(verb, 'action') ?? '', 'action', 'method')
  if (action === 'failed') return 'failed'
  const most = readCount(at, verb, 'numDigits', 1, 13314)
  const timeout = readCount(at, verb, 'timeout', 1, 13313) ?? 5
  const finish = readFinishKeys(at, '#')
  for (;;) {
    const input = await walk.ask(leg, timeout)
    if (input === undefined || leg.hungUp) return 'hangup'
    if ('press' in input && inputs.includes('dtmf')) {
      const { digits, key } = collect(input.press, finish, most)
      if (digits !== '')
        return toStep(action, [
          ['Digits', digits],
          ['FinishedOnKey', key],
          ['msg', 'Gather End'],
        ])
      if (key !== '') return endEmpty(at, action)
    } else if ('say' in input && inputs.includes('speech')) {
      await callBack(at, 'partialResultCallback', [
        ...Object.entries(leg.params),
        ['UnstableSpeechResult', input.say],
        ['StableSpeechResult', ''],
        ['Stability', '0.9'],
        ['SequenceNumber', '0'],
        ['Language', readAttribute(verb, 'language') ?? 'en-US'],
      ])
      return toStep(action, [
        ['SpeechResult', input.say],
        ['Confidence', '0.9128386'],
        ['Language', readAttribute(verb, 'language') ?? 'en-US'],
      ])
    } else if ('wait' in input) return endEmpty(at, action)
    else if ('answer' in input && leg.isQueued) return 'dequeued'
    else walk.cut('action_not_taken', `This Gather takes ${inputs.join(' and ')} only.`, document.url)
  }
}

function endEmpty({ walk, verb }: At, action: Target): Next {
  if (readAttribute(verb, 'actionOnEmptyResult') !== 'true') return undefined
  // Twilio's pages differ on whether Digits is sent empty.
  const digits: Pairs = walk.options.emptyDigits === 'empty' ? [['Digits', '']] : []
  return toStep(action, [...digits, ['msg', 'Gather End']])
}

/** Reads the keys up to the one that ends the input, or to the greatest number of keys. */
function collect(keys: string, finish: string, most: number | undefined): { digits: string; key: string } {
  let digits = ''
  for (const key of keys) {
    if (finish.includes(key)) return { digits, key }
    digits += key
    if (digits.length === most) break
  }
  return { digits, key: '' }
}

function readFinishKeys({ walk, verb, document }: At, usual: string): string {
  const keys = readAttribute(verb, 'finishOnKey') ?? usual
  const isRecord = verb.name === 'Record'
  if (/^[\d*#]*$/.test(keys) && (isRecord || keys.length <= 1)) return keys
  walk.report(
    isRecord ? 13613 : 13310,
    'warning',
    `finishOnKey is not ${isRecord ? 'of' : 'one of'} 0-9, * and #: it is ignored`,
    document.url,
  )
  return usual
}

async function runRecord(at: At): Promise<Next> {
  const { walk, leg, verb } = at
  const action = resolveTarget(at, readAttribute(verb, 'action') ?? '', 'action', 'method')
  if (action === 'failed') return 'failed'
  if (readAttribute(verb, 'playBeep') !== 'false') walk.hear('[beep]')
  const finish = readFinishKeys(at, '1234567890*#')
  // https://www.twilio.com/docs/voice/twiml/record lists no RecordingStartTime.
  const status = describeRecording(at, 'RecordVerb', '1').filter(([name]) => name !== 'RecordingStartTime')
  const recording = status.filter(([name]) => name === 'RecordingUrl' || name === 'RecordingSid')
  await reportRecording(at, 'in-progress', status)
  const start = walk.now()
  let said = ''
  let digits = ''
  const timeout = readCount(at, verb, 'timeout', 0, 13611) ?? 5
  for (;;) {
    const input = await walk.ask(leg, timeout)
    if (input === undefined || 'answer' in input) continue
    if ('say' in input) {
      said = `${said} ${input.say}`.trim()
      continue
    }
    if ('wait' in input && said === '') {
      await reportRecording(at, 'absent', status)
      return undefined
    }
    if ('press' in input) {
      const key = [...input.press].find((each) => finish.includes(each))
      if (key === undefined) continue
      digits = key
    }
    break
  }
  const duration: Pairs = [['RecordingDuration', String(Math.max(1, Number(walk.secondsSince(start))))]]
  await reportRecording(at, 'completed', [...status, ...duration])
  keepTranscription(at, [...recording, ...duration], said)
  return await endWithAction(at, action, [...recording, ...duration, ['Digits', leg.hungUp ? 'hangup' : digits]])
}

/** The transcription is ready after the call, and after the recording. */
function keepTranscription(at: At, recording: Pairs, said: string): void {
  const { walk, leg, verb } = at
  const { RecordingUrl = '' } = Object.fromEntries(recording)
  const transcription = makeSid('TR')
  if (readAttribute(verb, 'transcribe') === 'true')
    walk.later.push(() =>
      callBack(at, 'transcribeCallback', [
        ...Object.entries(leg.params),
        ...recording,
        ['TranscriptionSid', transcription],
        ['TranscriptionUrl', `${RecordingUrl}/Transcriptions/${transcription}`],
        ['TranscriptionText', said],
        ['TranscriptionStatus', 'completed'],
        ['TranscriptionType', 'fast'],
      ]),
    )
  else if (readAttribute(verb, 'transcribeCallback') !== undefined)
    walk.note('Record has a transcribeCallback without transcribe="true": nothing is transcribed.')
}

/** What a waitUrl may hold: https://www.twilio.com/docs/voice/twiml/enqueue#attributes-waitUrl */
const waiting = pick('Say Play Pause Hangup Redirect Leave Gather')

/** The same for a conference: https://www.twilio.com/docs/voice/twiml/conference#attributes-waitUrl */
const holding = pick('Say Play Pause Redirect')

function pick(names: string): Record<string, VerbRow> {
  return Object.fromEntries(Object.entries(verbs).filter(([name]) => names.split(' ').includes(name)))
}

/** Runs each document of the music once: a Redirect to one of them only repeats it. */
async function runHold(walk: Walk, leg: Leg, step: Step): Promise<End> {
  const run = new Set<string>()
  let next: Step | End = step
  while (typeof next === 'object') {
    if (run.has(next.url)) return 'ended'
    run.add(next.url)
    next = await walk.runOne(leg, next, (document) => runDocument(walk, leg, document, holding))
  }
  return next
}

async function runEnqueue(at: At): Promise<Next> {
  const { walk, verb } = at
  const action = readTarget(at, 'action', 'method')
  const waitUrl = readAttribute(verb, 'waitUrl') === '' ? undefined : readTarget(at, 'waitUrl', 'waitUrlMethod')
  if (action === 'failed' || waitUrl === 'failed') return 'failed'
  const start = walk.now()
  const sid = makeSid('QU')
  walk.hear(`[waits in the queue ${readText(verb)}]`)
  at.leg.isQueued = true
  const result = await waitInQueue(at, waitUrl, sid, start)
  at.leg.isQueued = false
  const time = walk.secondsSince(start)
  return await endWithAction(at, action, [
    ['QueueResult', result],
    ['QueueSid', sid],
    ['QueueTime', time],
  ])
}

async function waitInQueue(at: At, waitUrl: Target | undefined, sid: string, start: number): Promise<string> {
  const { walk, leg } = at
  let redirect: Step | undefined
  const followed = new Set<string>()
  for (;;) {
    const step = redirect ?? (waitUrl && toStep(waitUrl, makeQueueParams(sid, walk.secondsSince(start))))
    redirect = undefined
    const { asked } = walk
    if (step !== undefined) {
      const end = await walk.runOne(leg, step, (document) => runDocument(walk, leg, document, waiting))
      if (end === 'hangup') hangUp(leg)
      if (leg.hungUp) return 'hangup'
      if (end === 'left') return 'leave'
      if (end === 'failed') return 'error'
      if (end === 'dequeued') return await bridge(at)
      if (typeof end === 'object') redirect = end
    }
    if (walk.asked > asked) followed.clear()
    else if (redirect === undefined || followed.has(redirect.url)) {
      // The document repeats without end, so the caller decides each time.
      followed.clear()
      const input = await walk.ask(leg)
      if (input === undefined || leg.hungUp) return 'hangup'
      if ('answer' in input) return await bridge(at)
      if (!('wait' in input)) walk.cut('action_not_taken', 'Nothing in the queue takes keys or words now.')
    }
    if (redirect !== undefined) followed.add(redirect.url)
  }
}

/** Connects the caller of a queue to the one who took the call, until one of them hangs up. */
async function bridge({ walk, leg }: At): Promise<string> {
  walk.hear('[connected]')
  for (;;) {
    const input = await walk.ask(leg)
    if (input === undefined || 'wait' in input || leg.hungUp) return 'bridged'
  }
}

function makeQueueParams(sid: string, time: string): Pairs {
  return [
    ['QueuePosition', '1'],
    ['QueueSid', sid],
    ['QueueTime', time],
    ['AvgQueueTime', time],
    ['CurrentQueueSize', '1'],
    ['MaxQueueSize', '1000'],
  ]
}

async function runRefer(at: At): Promise<Next> {
  const { walk, leg, verb, document } = at
  const action = readTarget(at, 'action', 'method')
  if (action === 'failed') return 'failed'
  if (!leg.params.From?.startsWith('sip:')) {
    walk.report(13801, 'error', '<Refer> needs a SIP call', document.url)
    return 'failed'
  }
  walk.hear(`[refers the call to ${readText(verb)}]`)
  return await endWithAction(at, action, [
    ['ReferCallStatus', 'completed'],
    ['ReferSipResponseCode', '202'],
    ['NotifySipResponseCode', '200'],
  ])
}
