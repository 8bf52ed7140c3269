export {
  type SignedSendGridRequest,
  type SignSendGridRequestInput,
  sampleSendGridEvents,
  signSendGridRequest,
} from '../schemes/sendgrid/test-request.ts'
export type { Params } from '../schemes/twilio/sign/signing-string.ts'
export type { WebhookKind } from '../schemes/twilio/webhooks/index.ts'
export type { SignRequestInput } from './compose.ts'
export { renewSids } from './renew-sids.ts'
export { type SampleWebhook, sampleWebhook, webhookKinds } from './sample-webhook.ts'
export { type SignedRequest, signRequest } from './sign-request.ts'
export {
  type FetchApplication,
  type TestRequest,
  type TestServer,
  type TestServerOptions,
  type TestSetting,
  testServer,
} from './test-server.ts'
