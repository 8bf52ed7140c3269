import {
  type At,
  callBack,
  checkCallback,
  endWithAction,
  type Next,
  readAttribute,
  readTarget,
  type Target,
} from './at.ts'
import { makeSid } from './params.ts'
import { listChildren, type TwimlElement } from './read-twiml.ts'
import { parseMessage, Session } from './socket.ts'
import { resolveUrl, toSignedUrl } from './urls.ts'
import type { CallSocket, Pairs, Track } from './walk.ts'

type Noun = (at: At, noun: TwimlElement, action: Target | undefined) => Promise<Next>

/** The nouns of `<Connect>` that are walked. */
const nouns: Readonly<Record<string, Noun>> = { Stream: connectStream, ConversationRelay: connectRelay }

/** https://www.twilio.com/docs/voice/twiml/connect */
export async function runConnect(at: At): Promise<Next> {
  const action = readTarget(at, 'action', 'method')
  if (action === 'failed') return 'failed'
  const [noun] = listChildren(at.verb)
  const run = noun !== undefined && Object.hasOwn(nouns, noun.name) ? nouns[noun.name] : undefined
  if (noun !== undefined && run !== undefined) return await run(at, noun, action)
  at.walk.cut('not_walked', `<Connect> with <${noun?.name.slice(0, 60) ?? 'nothing'}> is not walked.`, at.document.url)
  return await endWithAction(at, action, [])
}

export interface Stream {
  readonly session: Session
  /** What the stream carries. */
  readonly tracks: readonly Track[]
  /** Sends a message with the next sequence number. */
  send(event: string, fields: object): void
  /** Sends a second of sound on a track that the stream carries. It is silence: the walk has no voice. */
  speak(track: Track): void
  end(): Promise<void>
}

// How long the server may take for what it says after an event, in milliseconds.
const streamQuietMs = 300
const relayQuietMs = 5000
// How long it may take to end the session, or to speak again, after its last word.
const relayEndMs = 200
// One frame of 20 ms: https://www.twilio.com/docs/voice/media-streams/websocket-messages
// What is said becomes a second of silence.
const framesOfSpeech = 50
const silence = btoa('\xff'.repeat(160))

/** By the attribute `track` of a one-way stream. */
const tracks: Readonly<Record<string, readonly Track[]>> = Object.assign(Object.create(null), {
  outbound_track: ['outbound'],
  both_tracks: ['inbound', 'outbound'],
})

/**
 * Resolves the URL of a socket: wss, or the host of the document. Twilio refuses ws. The walk takes
 * it from a server under test that is reached over http itself.
 */
function resolveSocket(at: At, noun: TwimlElement): string | undefined {
  const text = (readAttribute(noun, 'url') ?? '').trim()
  const url = resolveUrl(text.replace(/^ws(?=s?:)/i, 'http'), at.document.url)?.replace(/^http/i, 'ws')
  const refused = /^https:/i.test(at.document.url) ? /^(https?|ws):/i : /^https?:/i
  if (url !== undefined && text !== '' && !refused.test(text)) return url
  at.walk.report(
    noun.name === 'Stream' ? 31922 : 64102,
    'error',
    'the URL of the socket is no wss URL',
    at.document.url,
  )
  return undefined
}

async function open(at: At, noun: TwimlElement, url: string, code: number): Promise<Session | undefined> {
  const { walk } = at
  const reason = `${at.verb.name} ${noun.name}`
  const signed = toSignedUrl(url)
  const report = (status: number): void =>
    walk.options.onEvent({ type: 'request', reason, method: 'GET', url: signed, params: {}, status })
  const { transport } = walk.options
  if (transport.openSocket === undefined) {
    walk.cut('not_walked', `${reason} is not walked: give "openSocket".`, url)
    return undefined
  }
  if (!walk.countRequest()) return undefined
  const socket = begin(() => transport.openSocket?.(signed))
  if (socket === undefined) {
    walk.cut('host_not_mapped', `${signed} was not opened: the walk may not call this host.`, url)
    return undefined
  }
  const session = typeof socket === 'string' ? undefined : new Session(socket)
  const failure = session === undefined ? String(socket) : await session.opened
  report(failure === undefined ? 101 : 0)
  if (failure === undefined) return session
  session?.close()
  walk.report(code, 'error', `the socket did not open: ${failure}`, url)
  return undefined
}

/** Begins a handshake. A client throws for a URL that it cannot open: this returns the reason. */
function begin(openSocket: () => CallSocket | undefined): CallSocket | string | undefined {
  try {
    return openSocket()
  } catch (error) {
    return error instanceof Error ? error.message : 'the client failed'
  }
}

const mostOfParameter = 500

function readParameters({ walk }: At, noun: TwimlElement): Record<string, string> {
  const named = listChildren(noun).filter(({ name }) => name === 'Parameter')
  const pairs = named.map((one) => [readAttribute(one, 'name') ?? '', readAttribute(one, 'value') ?? ''] as const)
  // https://www.twilio.com/docs/voice/twiml/stream#custom-parameters. It names no error.
  for (const [name, value] of pairs)
    if (noun.name === 'Stream' && name.length + value.length >= mostOfParameter)
      walk.note(
        `Name and value of the <Parameter> "${name.slice(0, 60)}" have ${name.length + value.length} characters together, and Twilio allows fewer than ${mostOfParameter}.`,
      )
  return Object.fromEntries(pairs)
}

/** Opens the socket of a stream, and sends its first messages. */
export async function openStream(at: At, noun: TwimlElement): Promise<Stream | undefined> {
  // Twilio drops the query of a Stream: https://www.twilio.com/docs/voice/twiml/stream
  const url = resolveSocket(at, noun)?.replace(/[?#].*$/s, '')
  const session = url === undefined ? undefined : await open(at, noun, url, 31920)
  if (session === undefined) return undefined
  const { AccountSid: accountSid = '', CallSid: callSid = '' } = at.leg.params
  const sid = makeSid('MZ')
  // What the server of a one-way stream sends has no effect: https://www.twilio.com/docs/voice/twiml/stream
  const isTwoWay = at.verb.name === 'Connect'
  let sequence = 0
  const chunks: Record<Track, number> = { inbound: 0, outbound: 0 }
  const stream: Stream = {
    session,
    tracks: isTwoWay ? ['inbound'] : (tracks[readAttribute(noun, 'track') ?? ''] ?? ['inbound']),
    send: (event, fields) => session.send({ event, sequenceNumber: String(++sequence), ...fields, streamSid: sid }),
    speak(track) {
      if (!stream.tracks.includes(track)) return
      for (let frame = 0; frame < framesOfSpeech; frame++) {
        const timestamp = String(20 * chunks[track])
        stream.send('media', { media: { track, chunk: String(++chunks[track]), timestamp, payload: silence } })
      }
    },
    async end() {
      stream.send('stop', { stop: { accountSid, callSid } })
      session.close()
      await report('stream-stopped')
    },
  }
  const hasCallback = checkCallback(at, noun, 'statusCallback')
  const report = async (event: string): Promise<void> => {
    if (!hasCallback) return
    await callBack(
      at,
      'statusCallback',
      [
        ['AccountSid', accountSid],
        ['CallSid', callSid],
        ['StreamSid', sid],
        ['StreamName', readAttribute(noun, 'name') ?? ''],
        ['StreamEvent', event],
        ['Timestamp', new Date(at.walk.now()).toISOString()],
      ],
      noun,
    )
  }
  const reported = new Set<number>()
  session.onMessage((text) => {
    if (!isTwoWay) return
    const fault = readStreamMessage(at, stream, text)
    // Twilio reports each of them once per stream: https://www.twilio.com/docs/api/errors/31951
    if (fault === undefined || reported.has(fault)) return
    reported.add(fault)
    at.walk.report(fault, 'warning', streamFaults[fault] ?? '', at.document.url)
  })
  session.send({ event: 'connected', protocol: 'Call', version: '1.0.0' })
  stream.send('start', {
    start: {
      accountSid,
      streamSid: sid,
      callSid,
      tracks: stream.tracks,
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: readParameters(at, noun),
    },
  })
  await report('stream-started')
  return stream
}

const streamFaults: Readonly<Record<number, string>> = {
  31950: 'the server of the stream sent a message that is no JSON object',
  31951: 'the server of the stream sent a message that the protocol does not have',
}

/**
 * Reads what the server of a stream sends. A mark comes back, as after its audio was played.
 * @returns the code of a fault
 */
function readStreamMessage({ walk }: At, stream: Stream, text: string): number | undefined {
  const message = parseMessage(text)
  if (message === undefined) return 31950
  const { event, mark, media } = message
  const { name } = Object(mark) as { readonly name?: unknown }
  const { payload } = Object(media) as { readonly payload?: unknown }
  if (event === 'mark' && typeof name === 'string') stream.send('mark', { mark: { name } })
  else if (event === 'media' && typeof payload === 'string')
    walk.hear(`[audio ${Math.round((payload.length * 3) / 4 / 8)} ms]`)
  else if (event !== 'clear') return 31951
  return undefined
}

async function connectStream(at: At, noun: TwimlElement, action: Target | undefined): Promise<Next> {
  const stream = await openStream(at, noun)
  if (stream === undefined) return await endWithAction(at, action, [])
  const { walk, leg } = at
  const { session } = stream
  for (;;) {
    await session.settle(streamQuietMs)
    const input = session.isClosed ? undefined : await walk.ask(leg, 1, session.closed)
    if (input === undefined || leg.hungUp) break
    if ('press' in input)
      for (const digit of input.press) stream.send('dtmf', { dtmf: { track: 'inbound_track', digit } })
    else if (!('answer' in input)) {
      if ('say' in input) walk.note('A stream carries audio. The walk sends silence instead of the words.')
      stream.speak('inbound')
    }
  }
  await stream.end()
  return await endWithAction(at, action, [])
}

const mostMalformed = 10

/** https://www.twilio.com/docs/voice/twiml/connect/conversationrelay */
async function connectRelay(at: At, noun: TwimlElement, action: Target | undefined): Promise<Next> {
  const { walk, leg } = at
  const url = resolveSocket(at, noun)
  const start = walk.now()
  const session = url === undefined ? undefined : await open(at, noun, url, 64102)
  if (session === undefined)
    return await endWithAction(at, action, [
      ['SessionStatus', 'failed'],
      ['ErrorCode', '64102'],
    ])
  const sid = makeSid('VX')
  const relay = new Relay(at, session, noun)
  session.send({ type: 'setup', sessionId: sid, ...describeCall(at), customParameters: readParameters(at, noun) })
  walk.hear(readAttribute(noun, 'welcomeGreeting') ?? '')
  const takesKeys = readAttribute(noun, 'dtmfDetection') === 'true'
  // A server may say the first words itself. It has none if there is a greeting.
  let quietMs = streamQuietMs
  for (;;) {
    await session.settle(quietMs)
    // A caller who hangs up at once must not be faster than the `end` that is on its way.
    if (!relay.isOver) await session.settle(relayEndMs)
    relay.finishSpeech()
    const input = session.isClosed || relay.isOver ? undefined : await walk.ask(leg, 1, session.closed)
    relay.finishSpeech()
    if (input === undefined || leg.hungUp) break
    quietMs = relayQuietMs
    if ('say' in input) session.send({ type: 'prompt', voicePrompt: input.say, lang: relay.language, last: true })
    else if ('press' in input && takesKeys) for (const digit of input.press) session.send({ type: 'dtmf', digit })
    else {
      if ('press' in input)
        walk.cut('action_not_taken', 'ConversationRelay reports keys only with dtmfDetection="true".')
      quietMs = streamQuietMs
    }
  }
  const status = leg.hungUp ? 'completed' : relay.isEnded ? 'ended' : 'failed'
  session.close()
  const params: Pairs = [
    ['SessionId', sid],
    ['SessionStatus', status],
    ['SessionDuration', walk.secondsSince(start)],
  ]
  // Without an action, a socket that dropped ends the call:
  // https://www.twilio.com/docs/voice/conversationrelay/websocket-messages
  if (action === undefined && status === 'failed') return 'dropped'
  return await endWithAction(at, action, [...params, ...relay.handoff])
}

function describeCall({ leg }: At): object {
  const { AccountSid, CallSid, ParentCallSid = '', From, To, Direction } = leg.params
  const call = { accountSid: AccountSid, parentCallSid: ParentCallSid, callSid: CallSid, from: From, to: To }
  return { ...call, forwardedFrom: '', callType: 'PSTN', callerName: '', direction: Direction, callStatus: 'RINGING' }
}

/** What the server of a ConversationRelay says. */
class Relay {
  /** True after `end`. */
  isEnded = false
  isOver = false
  handoff: Pairs = []
  /** What the caller speaks. */
  language: string
  readonly #at: At
  readonly #session: Session
  #spoken = ''
  #malformed = 0

  constructor(at: At, session: Session, noun: TwimlElement) {
    this.#at = at
    // https://www.twilio.com/docs/voice/twiml/connect/conversationrelay: the first one overrides the second.
    this.language = readAttribute(noun, 'transcriptionLanguage') ?? readAttribute(noun, 'language') ?? 'en-US'
    this.#session = session
    session.onMessage((text) => this.#read(text))
  }

  #read(text: string): void {
    if (this.isOver) return
    const message = parseMessage(text)
    const row = typeof message?.type === 'string' ? relayMessages[message.type] : undefined
    const content = row?.text === undefined ? '' : message?.[row.text]
    if (message === undefined || row === undefined || typeof content !== 'string') {
      this.#refuse()
      return
    }
    this.#malformed = 0
    row.read?.(this, content, message)
  }

  #refuse(): void {
    const { walk, document } = this.#at
    walk.report(
      64107,
      'warning',
      'the server of ConversationRelay sent a message that the protocol does not have',
      document.url,
    )
    this.#session.send({ type: 'error', description: 'Invalid message received' })
    if (++this.#malformed < mostMalformed) return
    walk.report(64105, 'error', 'ten messages in a row were malformed', document.url)
    this.#session.close(1007)
    this.finish()
  }

  speak(token: string, isLast: boolean): void {
    this.#spoken += token
    if (!isLast) {
      this.#session.extend()
      return
    }
    this.finishSpeech()
    this.#session.notice()
  }

  /** Twilio speaks tokens as they come, also if the last one is not marked. */
  finishSpeech(): void {
    this.hear(this.#spoken.trim())
    this.#spoken = ''
  }

  hear(text: string): void {
    this.#at.walk.hear(text)
  }

  finish(): void {
    this.finishSpeech()
    this.isOver = true
    this.#session.close()
    this.#session.notice()
  }
}

type RelayMessage = Readonly<Record<string, unknown>>

interface RelayRow {
  /** The field that has to be a text. */
  readonly text?: string
  read?(relay: Relay, text: string, message: RelayMessage): void
}

/** The messages of a server: https://www.twilio.com/docs/voice/conversationrelay/websocket-messages */
const relayMessages: Readonly<Record<string, RelayRow>> = Object.assign(Object.create(null), {
  text: { text: 'token', read: (relay, token, { last }) => relay.speak(token, last === true) },
  play: { text: 'source', read: (relay, source) => relay.hear(`[plays ${source}]`) },
  sendDigits: { text: 'digits', read: (relay, digits) => relay.hear(`[tones ${digits}]`) },
  language: {
    read(relay, _text, { transcriptionLanguage }) {
      if (typeof transcriptionLanguage === 'string') relay.language = transcriptionLanguage
    },
  },
  config: {},
  hints: {},
  end: {
    read(relay, _text, { handoffData }) {
      relay.isEnded = true
      if (typeof handoffData === 'string') relay.handoff = [['HandoffData', handoffData]]
      relay.finish()
    },
  },
} satisfies Readonly<Record<string, RelayRow>>)
