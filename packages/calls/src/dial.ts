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
  reportRecording,
  type Target,
  toStep,
} from './at.ts'
import type { AnswerOutcome } from './inbox.ts'
import { makeCallParams, makeSid } from './params.ts'
import { type Progress, watchProgress } from './progress.ts'
import { listChildren, type TwimlElement } from './read-twiml.ts'
import { type End, formatTime, type Leg, makeElement, type Pairs, type Step, type Walk } from './walk.ts'

type WalkLeg = (leg: Leg, step: Step) => Promise<End>
type WalkWaiting = (walk: Walk, leg: Leg, step: Step) => Promise<End>

const mostTargets = 10
/** The nouns that ring, and how their line is called. */
const rung: Readonly<Record<string, string>> = {
  Number: '',
  Client: 'client:',
  Sip: '',
  WhatsApp: 'whatsapp:',
  Sim: 'sim:',
  Application: 'app:',
}

function nameLine(noun: TwimlElement): string {
  const sid = listChildren(noun).find(({ name }) => name === 'ApplicationSid')
  const text = readText(sid ?? noun)
  const prefix = rung[noun.name] ?? ''
  return text.startsWith(prefix) ? text : prefix + text
}

/** https://www.twilio.com/docs/voice/twiml/dial */
export async function runDial(at: At, walkLeg: WalkLeg, walkWaiting: WalkWaiting): Promise<Next> {
  const action = readTarget(at, 'action', 'method')
  if (action === 'failed') return 'failed'
  if (at.leg.params.Direction === 'outbound-dial') {
    at.walk.report(13201, 'error', '<Dial> is not allowed on a line that <Dial> calls', at.document.url)
    return 'failed'
  }
  const nouns = listChildren(at.verb)
  const [noun] = nouns
  if (noun?.name === 'Conference') return await endWithAction(at, action, await joinConference(at, noun, walkWaiting))
  if (noun?.name === 'Queue') return await endWithAction(at, action, await dialQueue(at, noun, walkWaiting))
  const other = nouns.find(({ name }) => !Object.hasOwn(rung, name))
  if (other !== undefined) {
    const detail = `<Dial> with <${other.name.slice(0, 60)}> is not walked: as if it was answered.`
    at.walk.cut('not_walked', detail, at.document.url)
    return await endWithAction(at, action, [['DialCallStatus', 'completed']])
  }
  if (nouns.some(({ name }) => name === 'Application'))
    at.walk.cut('not_walked', 'The webhook of an <Application> that is dialled is not walked.', at.document.url)
  const targets = nouns.length === 0 ? [makeElement('Number', readText(at.verb))] : nouns
  if (targets.length > mostTargets)
    at.walk.note(`Twilio rings up to ${mostTargets} numbers; these are ${targets.length}.`)
  return await dialTargets(at, targets.slice(0, mostTargets), action, walkLeg)
}

/** A line that `<Dial>` calls. */
interface Child {
  readonly leg: Leg
  readonly noun: TwimlElement
  readonly progress: Progress
}

function makeChild(at: At, noun: TwimlElement): Child {
  const { AccountSid = '', CallSid = '', From = '' } = at.leg.params
  const from = readAttribute(at.verb, 'callerId') ?? From
  const to = nameLine(noun)
  const values = { AccountSid, CallSid: makeSid('CA'), From: from, Caller: from, To: to, Called: to }
  const params = makeCallParams({
    ...values,
    Direction: 'outbound-dial',
    CallStatus: 'initiated',
    ParentCallSid: CallSid,
  })
  const leg: Leg = { params, use: 'voice', hungUp: false }
  const events = (readAttribute(noun, 'statusCallbackEvent') ?? 'completed').split(/\s+/)
  const progress = watchProgress(at.walk, leg, events, (sent) => callBack({ ...at, leg }, 'statusCallback', sent, noun))
  return { leg, noun, progress }
}

async function dialTargets(
  at: At,
  nouns: readonly TwimlElement[],
  action: Target | undefined,
  walkLeg: WalkLeg,
): Promise<Next> {
  const isSequential = readAttribute(at.verb, 'sequential') === 'true'
  const groups = isSequential ? nouns.map((noun) => [noun]) : [nouns]
  let params: Pairs = []
  for (const group of groups) {
    const { status, child, isBridged, recording } = await ring(at, group, walkLeg)
    params = [
      ...(child === undefined ? [] : ([['DialCallSid', child.leg.params.CallSid ?? '']] as Pairs)),
      ['DialCallStatus', status],
      ...(status === 'completed' && child !== undefined
        ? ([['DialCallDuration', child.progress.readDuration()]] as Pairs)
        : []),
      ['DialBridged', String(isBridged)],
      ...(child === undefined ? [] : describeSip(child.noun, status)),
      ...recording,
    ]
    if (status === 'completed' || at.leg.hungUp) break
  }
  return await endWithAction(at, action, params)
}

interface Rung {
  readonly status: AnswerOutcome | 'canceled'
  readonly child: Child | undefined
  readonly isBridged: boolean
  /** The parameters of the action that describe the recording. */
  readonly recording: Pairs
}

/** RFC 3261 section 21: an INVITE that the caller, or a timeout, cancels ends with 487. */
const sipCodes: Readonly<Record<AnswerOutcome | 'canceled', string>> = {
  completed: '200',
  busy: '486',
  'no-answer': '487',
  canceled: '487',
  failed: '503',
}

/** https://www.twilio.com/docs/voice/twiml/sip#dial-action-http-parameters */
function describeSip({ name }: TwimlElement, status: Rung['status']): Pairs {
  if (name !== 'Sip') return []
  return [
    ['DialSipCallId', `${makeSid('')}@0.0.0.0`],
    ['DialSipResponseCode', sipCodes[status]],
  ]
}

/** Rings all targets together. The first one answers. */
async function ring(at: At, nouns: readonly TwimlElement[], walkLeg: WalkLeg): Promise<Rung> {
  const { walk } = at
  const children = nouns.map((noun) => makeChild(at, noun))
  const [first] = children
  walk.hear(
    `[rings ${nouns.map((noun) => `${noun.name === 'Number' ? '' : `${noun.name} `}${readText(noun)}`).join(', ')}]`,
  )
  for (const child of children) await child.progress.report('initiated', 'initiated')
  for (const child of children) await child.progress.report('ringing', 'ringing')
  const outcome = await askDialled(at)
  if (outcome !== 'completed' || first === undefined) {
    for (const child of children) await child.progress.report('completed', outcome)
    return { status: outcome, child: first, isBridged: false, recording: [] }
  }
  await first.progress.report('answered', 'in-progress')
  for (const child of children.slice(1)) await child.progress.report('completed', 'canceled')
  const isBridged = await screen(at, first, walkLeg)
  const recording = isBridged ? await connect(at, readText(first.noun)) : []
  await first.progress.report('completed', 'completed')
  return { status: 'completed', child: first, isBridged, recording }
}

/** Waits until the called line answers, or is not answered for this many seconds. */
export async function askOutcome(walk: Walk, leg: Leg, seconds: number): Promise<AnswerOutcome | 'canceled'> {
  for (;;) {
    const input = await walk.ask(leg, seconds)
    if (input === undefined || leg.hungUp) return 'canceled'
    if ('answer' in input) return input.answer
    if ('wait' in input) return 'no-answer'
    walk.cut('action_not_taken', 'The number still rings: it may answer.')
  }
}

function askDialled(at: At): Promise<AnswerOutcome | 'canceled'> {
  return askOutcome(at.walk, at.leg, readCount(at, at.verb, 'timeout', 1, 13212) ?? 30)
}

/** Runs the URL of a noun on the line that answered. A hang-up there declines the call. */
async function screen(at: At, child: Child, walkLeg: WalkLeg): Promise<boolean> {
  const url = readTarget(at, 'url', 'method', child.noun)
  if (typeof url !== 'object') return true
  const { errors } = at.walk
  const end = await walkLeg(child.leg, toStep(url, []))
  const isBridged = end === 'ended' || end === 'failed'
  if (isBridged && at.walk.errors > errors)
    at.walk.cut('inferred', `${url.reason} failed, and the two lines are connected all the same.`, url.url)
  return isBridged
}

/**
 * Connects two lines until one of them hangs up.
 * @returns the parameters of the action that describe the recording
 */
async function connect(at: At, other: string): Promise<Pairs> {
  const { walk, leg, verb } = at
  walk.hear(`[connected to ${other}]`)
  const record = readAttribute(verb, 'record') ?? 'do-not-record'
  const isRecorded = record !== 'do-not-record' && record !== 'false'
  const recording = isRecorded ? describeRecording(at, 'DialVerb', record.includes('dual') ? '2' : '1') : []
  if (recording.length > 0) await reportRecording(at, 'in-progress', recording)
  for (;;) {
    const input = await walk.ask(leg)
    if (input === undefined || leg.hungUp || 'wait' in input) break
    if ('press' in input && input.press.includes('*') && readAttribute(verb, 'hangupOnStar') === 'true') break
  }
  if (recording.length > 0) await reportRecording(at, 'completed', [...recording, ['RecordingDuration', '1']])
  return recording.filter(([name]) => name === 'RecordingUrl')
}

/**
 * Takes the first caller out of a queue, whose line runs the URL of the noun before the two are
 * connected: https://www.twilio.com/docs/voice/twiml/queue
 */
async function dialQueue(at: At, noun: TwimlElement, walkWaiting: WalkWaiting): Promise<Pairs> {
  const { walk, leg } = at
  const name = readText(noun)
  walk.hear(`[takes the next caller of the queue ${name}]`)
  const start = walk.now()
  const outcome = await askDialled(at)
  if (outcome !== 'completed')
    return [
      // An empty queue is waited for until the timeout. Only a queue that does not exist is an error.
      ['DialCallStatus', outcome === 'busy' ? 'no-answer' : outcome],
      ['DialBridged', 'false'],
    ]
  const { AccountSid = '', CallSid = '', To = '' } = leg.params
  const waiting: Leg = {
    params: makeCallParams({ AccountSid, CallSid: makeSid('CA'), To, Called: To, CallStatus: 'in-progress' }),
    use: 'voice',
    hungUp: false,
  }
  const url = readTarget(at, 'url', 'method', noun)
  const queue: Pairs = [
    ['QueueSid', makeSid('QU')],
    ['QueueTime', '1'],
    ['DequeingCallSid', CallSid],
  ]
  if (typeof url === 'object') await walkWaiting(walk, waiting, toStep(url, queue))
  const recording = await connect(at, `the caller of the queue ${name}`)
  return [
    ['DialCallSid', waiting.params.CallSid ?? ''],
    ['DialCallStatus', 'completed'],
    ['DialCallDuration', walk.secondsSince(start)],
    ['DialBridged', 'true'],
    ...recording,
  ]
}

/** https://www.twilio.com/docs/voice/twiml/conference. The caller is alone until someone answers. */
async function joinConference(at: At, noun: TwimlElement, walkWaiting: WalkWaiting): Promise<Pairs> {
  const { walk, leg } = at
  const { AccountSid = '', CallSid = '' } = leg.params
  const name = readText(noun)
  const events = (readAttribute(noun, 'statusCallbackEvent') ?? '').split(/\s+/)
  const sid = makeSid('CF')
  let sequence = 0
  const report = async (event: string, name_: string, more: Pairs = []): Promise<void> => {
    if (!events.includes(event)) return
    await callBack(
      at,
      'statusCallback',
      [
        ['FriendlyName', name],
        ['SequenceNumber', String(++sequence)],
        ['ConferenceSid', sid],
        ['StatusCallbackEvent', name_],
        ['Timestamp', formatTime(walk.now())],
        ['AccountSid', AccountSid],
        ...more,
      ],
      noun,
    )
  }
  const participant: Pairs = [
    ['CallSid', CallSid],
    ['Muted', 'false'],
    ['Hold', 'false'],
  ]
  const waitUrl = readAttribute(noun, 'waitUrl') === '' ? undefined : readTarget(at, 'waitUrl', 'waitMethod', noun)
  const { errors } = walk
  const waited = typeof waitUrl === 'object' ? await walkWaiting(walk, leg, toStep(waitUrl, [])) : waitUrl
  if (waited === 'failed') {
    walk.cut('inferred', 'The waitUrl failed, so the conference is not joined.', at.document.url)
    return [['DialCallStatus', 'failed']]
  }
  if (walk.errors > errors)
    walk.cut('inferred', 'The waitUrl failed, and the conference is joined after the fallback URL.', at.document.url)
  walk.hear(`[joins the conference ${name}]`)
  await report('join', 'participant-join', participant)
  let start: number | undefined
  const isRecorded = readAttribute(noun, 'record') === 'record-from-start'
  const recording = describeRecording(at, 'Conference', '1', ['ConferenceSid', sid])
  for (;;) {
    const input = leg.hungUp ? undefined : await walk.ask(leg)
    if (input === undefined || leg.hungUp || 'wait' in input) break
    if ('answer' in input) {
      walk.hear('[another participant joins]')
      if (start !== undefined) continue
      start = walk.now()
      await report('start', 'conference-start')
      if (isRecorded) await reportRecording(at, 'in-progress', recording, noun)
    }
  }
  if (isRecorded && start !== undefined)
    await reportRecording(at, 'completed', [...recording, ['RecordingDuration', walk.secondsSince(start)]], noun)
  await report('leave', 'participant-leave', [
    ...participant,
    ['ParticipantCallStatus', leg.hungUp ? 'completed' : 'in-progress'],
    ['ReasonParticipantLeft', 'participant_hung_up'],
  ])
  await report('end', 'conference-end', [
    ['CallSidEndingConference', CallSid],
    ['ReasonConferenceEnded', 'last-participant-left'],
  ])
  return [['DialCallStatus', 'answered']]
}
