/** What `tollgate/compat` has under the very names of the twilio package's webhooks module. */
export const validationNames: ReadonlySet<string> = new Set([
  'getExpectedBodyHash',
  'getExpectedTwilioSignature',
  'validateBody',
  'validateExpressRequest',
  'validateIncomingRequest',
  'validateRequest',
  'validateRequestWithBody',
  'webhook',
])

/** The types that both modules export. */
export const typeNames: ReadonlySet<string> = new Set(['RequestValidatorOptions', 'WebhookOptions', 'Request'])

/** Where the twilio package offers them: its front door, and the module behind it. */
export const isTwilioModule = (source: unknown): boolean =>
  source === 'twilio' || (typeof source === 'string' && isWebhooksModule(source))

/** A module that has nothing else, so that all of it moves. */
export const isWebhooksModule = (source: string): boolean => /^twilio\/lib\/webhooks\/webhooks(\.js)?$/.test(source)
