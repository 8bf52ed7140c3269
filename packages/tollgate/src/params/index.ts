export { type FormKind, kindOf, type WebhookKind } from '../schemes/twilio/webhooks/index.ts'
export { findMisshapen, hasWebhookShape, type Misshapen } from '../schemes/twilio/webhooks/shapes.ts'
export {
  type DebuggerPayload,
  debuggerPayload,
  isEventBatch,
  isOrchestratorEvent,
  isTranscriptNotice,
  type OrchestratorEvent,
  type TranscriptNotice,
  type TwilioEvent,
} from './json.ts'
export { isStop, type Media, media } from './messages.ts'
export {
  parseRelayMessage,
  parseStreamMessage,
  type RelayMessage,
  type RelaySetup,
  type StreamMedia,
  type StreamMessage,
  type StreamStart,
} from './sockets.ts'
export {
  type AlwaysSentName,
  type BatchKind,
  isKind,
  type ParameterName,
  type RepeatedName,
  type TypedParams,
} from './typed-params.ts'
