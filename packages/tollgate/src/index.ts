export type { Tokens } from './auth-token.ts'
export type {
  AuthTokenLookup,
  Awaitable,
  BodyConsumed,
  Delivery,
  Diagnoser,
  FoundTokens,
  IncomingRequest,
  PushedBody,
  Refused,
  ReplayGuard,
  Reservation,
  SharedKey,
  UnverifiedClaim,
} from './interfaces.ts'
export type { Answer, VerifierOptions } from './options.ts'
export { type FromRequestOptions, fromRequest, type PublicUrlRule } from './request/forwarded.ts'
export type { Params } from './scheme/signing-string.ts'
export { RequestValidator } from './validator.ts'
export type {
  Accepted,
  Mode,
  Observed,
  Received,
  Rejected,
  RejectionCode,
  Verdict,
  Webhook,
  WebhookParams,
} from './verdict.ts'
export { createVerifier, type Verifier } from './verifier.ts'
