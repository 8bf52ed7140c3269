export { type DebuggerPayload, debuggerPayload } from './debugger-payload.ts'
export { isStop } from './is-stop.ts'
export {
  isEventBatch,
  isOrchestratorEvent,
  isTranscriptNotice,
  type OrchestratorEvent,
  type TranscriptNotice,
  type TwilioEvent,
} from './json-webhooks.ts'
export { kindOf } from './kind-of.ts'
export type { FormKind, WebhookKind } from './kinds.ts'
export { type Media, media } from './media.ts'
export type { AlwaysSentName, ParameterName } from './parameter-names.ts'
export { parseRelayMessage, type RelayMessage, type RelaySetup } from './relay-message.ts'
export { parseStreamMessage, type StreamMedia, type StreamMessage, type StreamStart } from './stream-message.ts'
export { isKind, type TypedParams } from './typed-params.ts'
