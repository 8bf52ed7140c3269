import type { SampleWebhook, WebhookKind } from 'tollgate/testing'
import type { Pairs } from '../kit/sign.ts'
import webhooks from './webhooks.json' with { type: 'json' }

/** A webhook of `webhooks.json`, with a signature that the library did not make. */
export interface Fixture {
  readonly id: string
  readonly scheme: 'twilio' | 'twilio-json' | 'twilio-websocket'
  readonly method: 'GET' | 'POST'
  /** The URL that Twilio is configured with. */
  readonly configuredUrl: string
  /** The URL that the server reconstructs. */
  readonly receivedUrl: string
  readonly signedUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly params: Pairs
  /** The body as it is sent. */
  readonly rawBody: string
  readonly secret: string
}

type Row = Omit<Fixture, 'params' | 'rawBody' | 'secret'> & {
  readonly kind?: WebhookKind
  readonly params?: Pairs
  readonly rawBody?: string
  readonly key: string
}

/**
 * Lists the webhooks that Twilio's own schemes sign. A row with a kind has the content of the
 * sample of that kind, so its signature also pins the sample.
 *
 * @param sampleWebhook of the library under test.
 */
export function listFixtures(sampleWebhook: (kind: WebhookKind) => SampleWebhook): readonly Fixture[] {
  const secrets: Readonly<Record<string, string>> = webhooks.meta
  const rows = webhooks.fixtures as unknown as readonly Row[]
  return rows
    .filter(({ scheme }) => scheme.startsWith('twilio'))
    .map((row) => {
      const { params = [], json } = row.kind === undefined ? { params: row.params } : sampleWebhook(row.kind)
      const rawBody = row.rawBody ?? (json === undefined ? writeForm(params) : JSON.stringify(json))
      return { ...row, params, rawBody, secret: secrets[row.key] ?? '' }
    })
}

function writeForm(params: Pairs): string {
  return new URLSearchParams(params.map(([name, value]) => [name, value])).toString()
}
