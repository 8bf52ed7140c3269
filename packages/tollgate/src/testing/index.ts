export {
  hiddenValue,
  isBodyLost,
  type ReadRequests,
  type ReadRequestsOptions,
  type RecordedRequest,
  RequestError,
  readRequests,
  toIncoming,
  writeRequests,
} from '../requests/index.ts'
export { getScheme } from '../schemes/index.ts'
export {
  type SignedSendGridRequest,
  type SignSendGridRequestInput,
  sampleSendGridEvents,
  signSendGridRequest,
} from '../schemes/sendgrid/test-request.ts'
export type { Params } from '../schemes/twilio/sign/signing-string.ts'
export type { SignRequestInput } from '../schemes/twilio/test-request.ts'
export type { WebhookKind } from '../schemes/twilio/webhooks/index.ts'
export { type SampleWebhook, sampleWebhook, webhookKinds } from '../schemes/twilio/webhooks/sample-webhook.ts'
export { renewSids } from './renew-sids.ts'
export { type SignedRequest, signRequest } from './sign-request.ts'
export {
  type FetchApplication,
  type TestRequest,
  type TestServer,
  type TestServerOptions,
  type TestSetting,
  testServer,
} from './test-server.ts'
