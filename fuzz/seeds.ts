import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fixture, listFixtures } from '../conformance/data/fixtures.ts'
import sendgrid from '../conformance/data/sendgrid.json' with { type: 'json' }
import { sampleWebhook } from '../packages/tollgate/src/testing/index.ts'

// Writes the seeds that are made of webhooks, into the folder that its argument names.

const fixtures = listFixtures(sampleWebhook)
const forms = fixtures.filter(({ scheme, method }) => scheme === 'twilio' && method === 'POST')

/** Writes a request as targets/content.ts reads it. The first byte has its flags. */
function writeContent({ scheme, method, receivedUrl, headers, rawBody }: Fixture): string {
  const flags = scheme === 'twilio-websocket' ? 'a' : method === 'GET' ? 'A' : '@'
  const target = receivedUrl.replace(/^\w+:\/\/[^/]*\//, '')
  return [flags, target, headers['Content-Type'] ?? '', rawBody].join('\0')
}

const seeds: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  form: new Map(forms.map(({ id, rawBody }) => [id, rawBody])),
  content: new Map(fixtures.map((fixture) => [fixture.id, writeContent(fixture)])),
  compat: new Map(
    forms.map(({ id, signedUrl, receivedUrl, rawBody }) => [id, [signedUrl, receivedUrl, rawBody].join('\0')]),
  ),
  sendgrid: new Map(
    sendgrid.map(({ signature, timestamp, publicKey, body }, index) => [
      String(index),
      [signature, timestamp, publicKey, body].join('\0'),
    ]),
  ),
  'url-forms': new Map(fixtures.map(({ id, receivedUrl }) => [id, `\x07\0${receivedUrl}`])),
}

for (const [target, texts] of Object.entries(seeds)) {
  const folder = join(process.argv[2] ?? '', target)
  mkdirSync(folder, { recursive: true })
  for (const [id, text] of texts) writeFileSync(join(folder, id), text)
}
