import { type SampleWebhook, sampleWebhook, type WebhookKind } from '../src/testing/index.ts'

/** A webhook of `conformance/data/webhooks.json`. */
export interface Fixture {
  id: string
  /** Of a webhook with the content of a sample. */
  kind?: WebhookKind
  scheme: 'twilio' | 'twilio-json' | 'twilio-websocket'
  method: 'GET' | 'POST'
  configuredUrl: string
  receivedUrl: string
  signedUrl: string
  headers: Record<string, string>
  params: [string, string][]
  rawBody: string
  secret: string
}

interface Fixtures {
  listFixtures(sample: (kind: WebhookKind) => SampleWebhook): Fixture[]
}

const file = new URL('../../../conformance/data/fixtures.ts', import.meta.url)
const { listFixtures } = (await import(file.href)) as Fixtures

/** The webhooks that Twilio's own schemes sign. */
export const twilioFixtures: Fixture[] = listFixtures(sampleWebhook)
