export type { WebhookKind } from '../params/kinds.ts'
export type { Params } from '../scheme/signing-string.ts'
export { type SampleWebhook, sampleWebhook, webhookKinds } from './sample-webhook.ts'
export { type SignedRequest, type SignRequestInput, signRequest } from './sign-request.ts'
