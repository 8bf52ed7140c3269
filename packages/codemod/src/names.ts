/** The exports of `tollgate/compat` that have the same names as in the twilio package. */
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

/** The types that both packages export. */
export const typeNames: ReadonlySet<string> = new Set(['RequestValidatorOptions', 'WebhookOptions', 'Request'])

/** Returns true for a module of the twilio package that exports these names. */
export const isTwilioModule = (source: unknown): boolean =>
  source === 'twilio' || (typeof source === 'string' && isWebhooksModule(source))

/** Returns true for the module that exports nothing else, so that the whole import moves. */
export const isWebhooksModule = (source: string): boolean => /^twilio\/lib\/webhooks\/webhooks(\.js)?$/.test(source)
