import { hasShapeBy, parseJson, type Shape } from './shape.ts'

/**
 * A message that Media Streams sends over its WebSocket.
 *
 * @see https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
export type StreamMessage =
  | { readonly event: 'connected'; readonly protocol: string; readonly version: string }
  | (StreamFields & { readonly event: 'start'; readonly start: StreamStart })
  | (StreamFields & { readonly event: 'media'; readonly media: StreamMedia })
  | (StreamFields & { readonly event: 'dtmf'; readonly dtmf: { readonly track: string; readonly digit: string } })
  | (StreamFields & { readonly event: 'mark'; readonly mark: { readonly name: string } })
  | (StreamFields & {
      readonly event: 'stop'
      readonly stop: { readonly accountSid: string; readonly callSid: string }
    })

interface StreamFields {
  readonly streamSid: string
  /** Counts the messages from 1. */
  readonly sequenceNumber: string
}

/**
 * The call of a stream. The handshakes of all streams are equal: a ticket of `tollgate/stream`
 * proves it.
 */
export interface StreamStart {
  readonly streamSid: string
  readonly accountSid: string
  readonly callSid: string
  /** `inbound`, `outbound`. */
  readonly tracks: readonly string[]
  /** The `<Parameter>`s of the `<Stream>`. */
  readonly customParameters?: Readonly<Record<string, string | undefined>> | null
  readonly mediaFormat: { readonly encoding: string; readonly sampleRate: number; readonly channels: number }
}

/** A piece of audio. */
export interface StreamMedia {
  readonly track: string
  readonly chunk: string
  /** In milliseconds since the start of the stream. */
  readonly timestamp: string
  /** The audio, in base64. */
  readonly payload: string
}

/**
 * A message that ConversationRelay sends over its WebSocket.
 *
 * @see https://www.twilio.com/docs/voice/conversationrelay/websocket-messages
 */
export type RelayMessage =
  | RelaySetup
  | {
      readonly type: 'prompt'
      readonly voicePrompt: string
      readonly lang?: string | null
      readonly last?: boolean | null
    }
  | { readonly type: 'dtmf'; readonly digit: string }
  | {
      readonly type: 'interrupt'
      readonly utteranceUntilInterrupt: string
      /** In milliseconds. Twilio's pages show both a number and a string. */
      readonly durationUntilInterruptMs?: number | string | null
    }
  | { readonly type: 'error'; readonly description: string }
  /**
   * For the attribute `debug` of `<ConversationRelay>`, for example `agentSpeaking` and `on`.
   * Twilio's pages do not show it: the fields are from captures.
   */
  | { readonly type: 'info'; readonly name: string; readonly value: string }
  /**
   * Confirms a `config` message of yours (since October 2026). Twilio has not published its fields.
   */
  | { readonly type: 'configUpdated' }

/**
 * The first message of a session. The handshakes of all calls to one URL are equal: a ticket of
 * `tollgate/stream` proves its call. With `applicationReconnect="true"`, Twilio may open several
 * sockets in one call, and has not published whether each begins with this message.
 */
export interface RelaySetup {
  readonly type: 'setup'
  readonly sessionId: string
  readonly callSid: string
  readonly accountSid?: string | null
  readonly parentCallSid?: string | null
  readonly from: string
  readonly to: string
  readonly forwardedFrom?: string | null
  readonly callType?: string | null
  readonly callerName?: string | null
  readonly direction: string
  readonly callStatus?: string | null
  /** The `<Parameter>`s of the `<ConversationRelay>`. */
  readonly customParameters?: Readonly<Record<string, string | undefined>> | null
}

const streamFields = { streamSid: 'string', sequenceNumber: 'string' } as const

const streamShapes: Readonly<Record<StreamMessage['event'], Shape>> = {
  connected: { protocol: 'string', version: 'string' },
  start: {
    ...streamFields,
    start: {
      streamSid: 'string',
      accountSid: 'string',
      callSid: 'string',
      tracks: 'list of texts',
      'customParameters?': 'texts',
      mediaFormat: { encoding: 'string', sampleRate: 'number', channels: 'number' },
    },
  },
  media: { ...streamFields, media: { track: 'string', chunk: 'string', timestamp: 'string', payload: 'string' } },
  dtmf: { ...streamFields, dtmf: { track: 'string', digit: 'string' } },
  mark: { ...streamFields, mark: { name: 'string' } },
  stop: { ...streamFields, stop: { accountSid: 'string', callSid: 'string' } },
}

const relayShapes: Readonly<Record<RelayMessage['type'], Shape>> = {
  setup: {
    sessionId: 'string',
    callSid: 'string',
    'accountSid?': 'string',
    'parentCallSid?': 'string',
    from: 'string',
    to: 'string',
    'forwardedFrom?': 'string',
    'callType?': 'string',
    'callerName?': 'string',
    direction: 'string',
    'callStatus?': 'string',
    'customParameters?': 'texts',
  },
  prompt: { voicePrompt: 'string', 'lang?': 'string', 'last?': 'boolean' },
  dtmf: { digit: 'string' },
  interrupt: { utteranceUntilInterrupt: 'string', 'durationUntilInterruptMs?': 'number or string' },
  error: { description: 'string' },
  info: { name: 'string', value: 'string' },
  configUpdated: {},
}

/**
 * Parses a text message of Media Streams. Twilio signs only the handshake of the WebSocket: verify
 * the handshake first.
 *
 * @param text the text of one WebSocket message, a JSON object.
 * @returns `undefined` for a malformed message or an unknown event.
 */
export function parseStreamMessage(text: string): StreamMessage | undefined {
  const json = parseJson(text)
  return hasShapeBy(json, 'event', streamShapes) ? (json as StreamMessage) : undefined
}

/**
 * Parses a text message of ConversationRelay. Twilio signs only the handshake of the WebSocket:
 * verify the handshake first.
 *
 * @param text the text of one WebSocket message, a JSON object.
 * @returns `undefined` for a malformed message or an unknown type.
 */
export function parseRelayMessage(text: string): RelayMessage | undefined {
  const json = parseJson(text)
  return hasShapeBy(json, 'type', relayShapes) ? (json as RelayMessage) : undefined
}
