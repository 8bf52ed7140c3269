import { decodeLeniently } from '../bytes.ts'
import { type HeaderReader, listTexts } from '../verify/head.ts'
import type { Finding } from './causes/row.ts'

type SchemeName = 'twilio' | 'sendgrid'

/** A product that sends webhooks, with the signs by which its requests are known. */
interface Product {
  readonly name: string
  /** The scheme that verifies its requests, if Tollgate has one. */
  readonly scheme?: SchemeName
  /** Headers that only this product sends. */
  readonly headers?: readonly string[]
  readonly userAgent?: RegExp
  /** A text that only bodies of this product have in their first 4,000 bytes. */
  readonly body?: RegExp
  readonly fix: string | Readonly<Record<SchemeName, string>>
  /** What to do besides if the request has none of the headers. */
  readonly fixUnsigned?: string
}

const withSendGrid =
  'Verify this route with createSendGridVerifier of tollgate/sendgrid: its requests have their own headers and their own key.'
const withTwilio =
  'Verify this route with twilioWebhook({ publicUrl }), without the option "verifier", or with createVerifier: Twilio signs these requests, and not SendGrid.'

const beforeQueue = {
  twilio:
    'Verify where the request of Twilio arrives, before it is published: the request that brings it has no X-Twilio-Signature, and it does not have the URL that was signed. Or let Twilio call this server itself.',
  sendgrid:
    'If it brings events of SendGrid, verify where they arrive, before they are published. If it brings those of another sender, such as Amazon SES, give it a route of its own.',
}
const beforeTask = {
  twilio:
    'Verify where the request of Twilio arrives, before the task is made: Twilio signed the URL of that program. Or let Twilio call this server itself.',
  sendgrid:
    'If the task holds a request of SendGrid, verify where that arrives, before the task is made, or keep its headers and its bytes in the task.',
}

/** The products, the most certain sign first. Only the first that fits is named. */
const products: readonly Product[] = [
  {
    name: 'SendGrid',
    scheme: 'sendgrid',
    headers: ['x-twilio-email-event-webhook-signature', 'x-twilio-email-event-webhook-timestamp'],
    userAgent: /^SendGrid Event API/i,
    body: /^\s*\[\s*\{[^[\]]{0,2000}"sg_(event|message)_id"/,
    fix: withSendGrid,
    fixUnsigned: 'The request has no signature: turn on Signature Verification for it at SendGrid.',
  },
  {
    name: 'Inbound Parse of SendGrid',
    scheme: 'sendgrid',
    userAgent: /^Sendlib\//i,
    body: /name="(envelope|SPF|dkim|sender_ip)"/,
    fix: `${withSendGrid} Inbound Parse signs only with a Security Policy that has a signature.`,
  },
  { name: 'Twilio', scheme: 'twilio', headers: ['x-twilio-signature'], userAgent: /^TwilioProxy\//i, fix: withTwilio },
  {
    name: 'Authy',
    headers: ['x-authy-signature', 'x-authy-signature-nonce'],
    fix: 'Check X-Authy-Signature with the API key of the Authy application: Authy signs in its own way, and Tollgate does not verify it.',
  },
  {
    name: 'Segment',
    userAgent: /^Segment(\.io)?\b/i,
    body: /^\s*\{(?=[\s\S]*"(anonymousId|userId)")(?=[\s\S]*"(writeKey|receivedAt)")/,
    fix: 'Check X-Signature with the shared secret of the destination: Segment signs in its own way, and Tollgate does not verify it.',
  },
  {
    // https://developers.google.com/workspace/calendar/api/guides/push. Its User-Agent is that of Pub/Sub too.
    name: 'a channel of a Google API, such as that of Calendar',
    headers: ['x-goog-channel-id'],
    fix: 'Give it a route of its own: Tollgate does not verify its requests.',
  },
  {
    // https://cloud.google.com/pubsub/docs/push and https://cloud.google.com/pubsub/docs/payload-unwrapping
    name: 'Google Pub/Sub',
    headers: ['x-goog-pubsub-subscription-name', 'x-goog-pubsub-message-id'],
    userAgent: /^CloudPubSub-Google/i,
    body: /"subscription"\s*:\s*"projects\/[^"/]{1,100}\/subscriptions\//,
    fix: beforeQueue,
  },
  { name: 'a push service of Google (Pub/Sub, Eventarc)', userAgent: /^APIs-Google\b/i, fix: beforeQueue },
  // https://cloud.google.com/tasks/docs/creating-http-target-tasks
  { name: 'Google Cloud Tasks', headers: ['x-cloudtasks-queuename'], fix: beforeTask },
  {
    // https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    name: 'Amazon SNS',
    headers: ['x-amz-sns-message-type', 'x-amz-sns-topic-arn'],
    userAgent: /^Amazon Simple Notification Service/i,
    body: /"TopicArn"\s*:\s*"arn:aws[a-z-]{0,20}:sns:/,
    fix: beforeQueue,
  },
  {
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
    name: 'Amazon EventBridge',
    userAgent: /^Amazon\/EventBridge/i,
    body: /^\s*\{(?=[\s\S]*"detail-type"\s*:)(?=[\s\S]*"detail"\s*:)/,
    fix: beforeQueue,
  },
  {
    // https://learn.microsoft.com/azure/event-grid/receive-events
    name: 'Azure Event Grid',
    headers: ['aeg-event-type', 'aeg-subscription-name'],
    body: /"topic"\s*:\s*"\/subscriptions\/[^"]{1,200}\/providers\/Microsoft\./i,
    fix: beforeQueue,
  },
  {
    // https://developers.google.com/apps-script/guides/web
    name: 'Google Apps Script',
    userAgent: /Google-Apps-Script/i,
    fix: {
      twilio:
        'Let Twilio call this server itself: a script does not see the headers of a request, so it cannot send X-Twilio-Signature on.',
      sendgrid:
        'Let SendGrid call this server itself: a script does not see the headers of a request, so it cannot send those of the signature on.',
    },
  },
  ...(
    [
      ['SignalWire', 'x-signalwire-signature'],
      ['Stripe', 'stripe-signature'],
      ['GitHub or Meta', 'x-hub-signature-256', 'x-hub-signature'],
      ['Slack', 'x-slack-signature'],
      ['Telnyx', 'telnyx-signature-ed25519'],
      ['Plivo', 'x-plivo-signature-v3', 'x-plivo-signature-v2'],
      ['MessageBird', 'messagebird-signature-jwt', 'messagebird-signature'],
      ['Shopify', 'x-shopify-hmac-sha256'],
      // https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
      ['Mandrill', 'x-mandrill-signature'],
      ['SparkPost', 'x-messagesystems-batch-id', 'x-messagesystems-webhook-token'],
      // https://docs.svix.com/receiving/verifying-payloads/how-manual
      ['a service that signs with Svix (Resend, Clerk and others)', 'svix-signature', 'svix-id'],
      // https://postmarkapp.com/developer/webhooks/webhooks-overview
      ['Postmark', /^Postmark\b/i],
      // https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
      ['Mailgun', /^mailgun\b/i, /^\s*\{(?=[\s\S]*"event-data"\s*:)(?=[\s\S]*"signature"\s*:)/],
    ] as const
  ).map(
    ([name, ...signs]): Product => ({
      name,
      headers: signs.filter((sign) => typeof sign === 'string'),
      ...(typeof signs[0] === 'object' && { userAgent: signs[0] }),
      ...(typeof signs[1] === 'object' && { body: signs[1] }),
      fix: `Give ${name} a route of its own: Tollgate does not verify its requests.`,
    }),
  ),
]

/** The requests that the verifier of each scheme is for. */
const signed: Readonly<Record<SchemeName, string>> = {
  twilio: 'this verifier checks X-Twilio-Signature',
  sendgrid: 'this verifier checks the headers of SendGrid',
}

/** Finds the product that sent a request which has no signature of this scheme. */
export function findProduct(own: SchemeName, header: HeaderReader, body?: Uint8Array): Finding | undefined {
  const agent = listTexts(header('user-agent'))[0] ?? ''
  const text = body === undefined ? '' : decodeLeniently(body.subarray(0, 4000))
  for (const { name, scheme, headers = [], userAgent, body: inBody, fix, fixUnsigned } of products) {
    if (scheme === own) continue
    const found = headers.find((one) => header(one).length > 0)
    const sign =
      found !== undefined ? found : userAgent?.test(agent) ? 'User-Agent' : inBody?.test(text) ? 'body' : undefined
    if (sign === undefined) continue
    const shown = sign === 'body' ? 'its body' : `the header ${sign}`
    const advice = typeof fix === 'string' ? fix : fix[own]
    return {
      detail: `The request is one of ${name}, as ${shown} shows, and ${signed[own]}.`,
      fix: found === undefined && fixUnsigned !== undefined ? `${advice} ${fixUnsigned}` : advice,
    }
  }
  return undefined
}
