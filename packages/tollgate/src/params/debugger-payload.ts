import type { KindFields } from './kind-of.ts'
import { hasShape, parseJson, type Shape } from './shape.ts'

/** The JSON in the Payload of a debugger webhook. https://www.twilio.com/docs/usage/troubleshooting/debugging-event-webhooks */
export interface DebuggerPayload {
  /** What the error happened to: a call, a message. */
  readonly resource_sid?: string | null
  readonly service_sid?: string | null
  /** Look it up under https://www.twilio.com/docs/api/errors. */
  readonly error_code: string
  /** By the kind of error. */
  readonly more_info?: Readonly<Record<string, unknown>> | null
  /** The request that Twilio made and the answer it got, where the error is about one. May hold personal data. */
  readonly webhook?: DebuggerWebhook | null
}

interface DebuggerWebhook {
  readonly type?: string | null
  readonly request?: Readonly<Record<string, unknown>> | null
  readonly response?: Readonly<Record<string, unknown>> | null
}

const payload: Shape = {
  'resource_sid?': 'string',
  'service_sid?': 'string',
  error_code: 'string',
  'more_info?': 'object',
  'webhook?': { 'type?': 'string', 'request?': 'object', 'response?': 'object' },
}

/** Parses the Payload parameter of a debugger webhook; `undefined` where there is none or it is malformed. */
export function debuggerPayload(params: Pick<KindFields, 'get'>): DebuggerPayload | undefined {
  const json = parseJson(params.get('Payload') ?? undefined)
  return hasShape(json, payload) ? (json as DebuggerPayload) : undefined
}
