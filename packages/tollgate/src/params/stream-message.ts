import { hasShape, isObject, parseJson, type Shape } from './shape.ts'

/** What Media Streams sends over its WebSocket. https://www.twilio.com/docs/voice/media-streams/websocket-messages */
export type StreamMessage =
  | { readonly event: 'connected'; readonly protocol: string; readonly version: string }
  | (Numbered & { readonly event: 'start'; readonly start: StreamStart })
  | (Numbered & { readonly event: 'media'; readonly media: StreamMedia })
  | (Numbered & { readonly event: 'dtmf'; readonly dtmf: { readonly track: string; readonly digit: string } })
  | (Numbered & { readonly event: 'mark'; readonly mark: { readonly name: string } })
  | (Numbered & { readonly event: 'stop'; readonly stop: { readonly accountSid: string; readonly callSid: string } })

interface Numbered {
  readonly streamSid: string
  /** Counts the messages from 1. */
  readonly sequenceNumber: string
}

/** What the stream belongs to. All streams' handshakes are alike: compare `callSid` with a call you know. */
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

export interface StreamMedia {
  readonly track: string
  readonly chunk: string
  /** Milliseconds since the stream's start. */
  readonly timestamp: string
  /** Audio, in base64. */
  readonly payload: string
}

const numbered = { streamSid: 'string', sequenceNumber: 'string' } as const

const shapes: Readonly<Record<StreamMessage['event'], Shape>> = {
  connected: { protocol: 'string', version: 'string' },
  start: {
    ...numbered,
    start: {
      streamSid: 'string',
      accountSid: 'string',
      callSid: 'string',
      tracks: 'list of texts',
      'customParameters?': 'texts',
      mediaFormat: { encoding: 'string', sampleRate: 'number', channels: 'number' },
    },
  },
  media: { ...numbered, media: { track: 'string', chunk: 'string', timestamp: 'string', payload: 'string' } },
  dtmf: { ...numbered, dtmf: { track: 'string', digit: 'string' } },
  mark: { ...numbered, mark: { name: 'string' } },
  stop: { ...numbered, stop: { accountSid: 'string', callSid: 'string' } },
}

/**
 * Parses a text message of a media stream; `undefined` where it is malformed or of an event that is not known. Twilio
 * signs the handshake only: verify that first.
 */
export function parseStreamMessage(text: string): StreamMessage | undefined {
  const json = parseJson(text)
  const event: unknown = isObject(json) ? json.event : undefined
  const isKnown = typeof event === 'string' && Object.hasOwn(shapes, event)
  return isKnown && hasShape(json, shapes[event as StreamMessage['event']]) ? (json as StreamMessage) : undefined
}
