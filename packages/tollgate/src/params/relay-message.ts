import { hasShape, isObject, parseJson, type Shape } from './shape.ts'

/** What ConversationRelay sends. https://www.twilio.com/docs/voice/conversationrelay/websocket-messages */
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
      /** Milliseconds. Twilio's pages show it both as a number and in quotes. */
      readonly durationUntilInterruptMs?: number | string | null
    }
  | { readonly type: 'error'; readonly description: string }

/** The first message of a session. All handshakes are alike: compare `callSid` with a call you know. */
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

const shapes: Readonly<Record<RelayMessage['type'], Shape>> = {
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
}

/**
 * Parses a text message of a ConversationRelay session; `undefined` where it is malformed or of a type that is not
 * known. Twilio signs the handshake only: verify that first.
 */
export function parseRelayMessage(text: string): RelayMessage | undefined {
  const json = parseJson(text)
  const type: unknown = isObject(json) ? json.type : undefined
  const isKnown = typeof type === 'string' && Object.hasOwn(shapes, type)
  return isKnown && hasShape(json, shapes[type as RelayMessage['type']]) ? (json as RelayMessage) : undefined
}
