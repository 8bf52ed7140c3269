import { decodeUtf8 } from '../bytes.ts'
import { hasShapeBy, parseJson } from '../params/shape.ts'

/** What the first message of a socket says. Only a ticket proves it. */
interface FirstMessage {
  readonly callSid: string
  readonly accountSid: string | undefined
  readonly ticket: string | undefined
}

// A stranger may send more before anything is proven. Twilio says much less in these messages.
const longestMessage = 65_536

const setup = { callSid: 'string', 'accountSid?': 'string', 'customParameters?': 'texts' } as const
const start = { start: { ...setup, accountSid: 'string' } } as const

/**
 * Reads the first message of Media Streams or ConversationRelay: text, bytes or parsed JSON.
 * `undefined` for any other.
 */
export function readFirstMessage(message: unknown): FirstMessage | undefined {
  const json = isParsed(message) ? message : parseJson(toText(message))
  const [isStart, isSetup] = [hasShapeBy(json, 'event', { start }), hasShapeBy(json, 'type', { setup })]
  // The application may read the other one than we do.
  if (isStart === isSetup) return undefined
  const { callSid, accountSid, customParameters } = isStart ? (json as StartMessage).start : (json as Call)
  const parameters = Object(customParameters)
  return {
    callSid,
    accountSid: accountSid ?? undefined,
    ticket: Object.hasOwn(parameters, 'ticket') ? parameters.ticket : undefined,
  }
}

interface Call {
  readonly callSid: string
  readonly accountSid?: string | null
  readonly customParameters?: unknown
}

interface StartMessage {
  readonly start: Call
}

function isParsed(message: unknown): boolean {
  return typeof message === 'object' && message !== null && !isBytes(message)
}

function isBytes(message: unknown): message is Uint8Array | ArrayBuffer {
  return message instanceof Uint8Array || message instanceof ArrayBuffer
}

function toText(message: unknown): string | undefined {
  if (!isBytes(message)) return typeof message === 'string' && message.length <= longestMessage ? message : undefined
  if (message.byteLength > longestMessage) return undefined
  try {
    return decodeUtf8(new Uint8Array(message as ArrayBuffer))
  } catch {
    return undefined // A detached buffer.
  }
}
