import { arrive, atApp } from './arrive.ts'
import type { SeenOptions, SetUp } from './setup.ts'
import { send, sharedKey, token, type Wish, webhooks } from './webhooks.ts'

const withSharedKey: SeenOptions = { ...atApp, sharedKeys: { [sharedKey.id]: sharedKey.secret } }

/** Lists a genuine request of every kind, and some that only look wrong. */
export async function listGenuine(): Promise<readonly SetUp[]> {
  const everyKind = [...webhooks.keys()].map((id) =>
    id.includes('sharedkey') ? make(id, id, { sharedKey }, withSharedKey) : make(id, id),
  )
  const lookWrong = [
    make('a shared key', 'sms-inbound', { sharedKey }, withSharedKey),
    make('the second of two tokens', 'voice-inbound', {}, { authToken: [`${'0'.repeat(31)}1`, token] }),
    make('a port that Twilio left out', 'voice-inbound', {}, { publicUrl: 'https://app.example.com:8443' }),
    make('a default port that Twilio added', 'sms-inbound', { signedUrl: 'https://app.example.com:443/twilio/sms' }),
    make(
      'headers of two proxies',
      'sms-inbound',
      {},
      {},
      { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'a, b' },
    ),
    make('a request of Twilio by way of another host', 'sms-inbound', {}, {}, { host: 'backend.internal:3000' }),
  ]
  return Promise.all([...everyKind, ...lookWrong])
}

async function make(
  name: string,
  id: string,
  wish: Wish = {},
  options: SeenOptions = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<SetUp> {
  const sent = await send(id, wish)
  return {
    name: `genuine: ${name}`,
    origin: 'made',
    webhook: id,
    request: arrive(sent, { headers }),
    options: { ...atApp, ...options },
    expected: [[]],
    hidden: sent.hidden,
  }
}
