import type { Accepted, AnyWebhook, Observed, Verifier, Webhook, WebhookSource } from '../../index.ts'

/**
 * A request, or the context of the event in h3, with the webhook that `twilioWebhook` put there.
 */
interface Holder {
  readonly twilio?: AnyWebhook | undefined
}

/**
 * Returns the webhook that `twilioWebhook` put on a request, with its type.
 * @param holder The request, or the context of the event in h3.
 * @throws TypeError if no guard ran for this request, or if its verifier is of another scheme, whose
 *   webhooks have other properties.
 */
export function readWebhook(holder: Holder): Accepted | Observed
/**
 * Returns the webhook that `twilioWebhook({ verifier })` put on a request, with the type of the
 * verifier.
 * @param holder The request, or the context of the event in h3.
 * @param verifier The verifier that guards the route.
 * @throws TypeError if no guard ran for this request, or if its verifier is of another scheme.
 */
export function readWebhook<V extends Exclude<WebhookSource, string> & Pick<Verifier, 'scheme'>>(
  holder: Holder,
  verifier: V,
): Webhook<V>
export function readWebhook({ twilio }: Holder, verifier: Pick<Verifier, 'scheme'> = { scheme: 'twilio' }): AnyWebhook {
  if (twilio === undefined || twilio === null)
    throw new TypeError('No webhook on this request: twilioWebhook does not guard this route')
  if (twilio.scheme !== verifier.scheme)
    throw new TypeError('The webhook on this request is of another scheme: give readWebhook the verifier of this route')
  return twilio
}
