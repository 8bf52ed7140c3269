export type { Params } from './schemes/twilio/sign/signing-string.ts'
export { createVerifier } from './schemes/twilio/verifier.ts'
export { RequestValidator } from './validator.ts'
export type {
  Accepted,
  AnyAccepted,
  AnyKey,
  AnyVerdict,
  AnyWebhook,
  Mode,
  Observed,
  Rejected,
  RejectionCode,
  RejectionReason,
  Verdict,
  Webhook,
  WebhookParams,
  WebhookSource,
} from './verdict.ts'
export { type FromRequestOptions, fromRequest } from './verify/forwarded.ts'
export type {
  Answer,
  AuthTokenLookup,
  BodyConsumed,
  Delivery,
  Diagnoser,
  IncomingRequest,
  PublicUrlRule,
  PushedBody,
  RefusalHints,
  RejectedRequest,
  ReplayGuard,
  Reservation,
  SharedKey,
  UnverifiedClaim,
  VerifiedRequest,
  Verifier,
  VerifierOptions,
} from './verify/types.ts'
