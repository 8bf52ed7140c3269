import type { Accepted, AnyWebhook, Observed } from '../../index.ts'

/**
 * Returns the webhook that `twilioWebhook` put on a request, with its type.
 * @param holder The request, or the context of the event in h3.
 * @throws TypeError if no guard ran for this request, or if its verifier is of another scheme, such
 *   as SendGrid's. Those webhooks have other properties.
 */
export function readWebhook(holder: { readonly twilio?: AnyWebhook | undefined }): Accepted | Observed {
  const { twilio } = holder
  if (twilio === undefined || twilio === null)
    throw new TypeError('No webhook on this request: twilioWebhook does not guard this route')
  if (twilio.params === undefined)
    throw new TypeError('The webhook on this request is of another scheme than Twilio: read it from the request')
  return twilio as Accepted | Observed
}
