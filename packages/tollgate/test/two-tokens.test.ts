import { describe, expect, test } from 'vitest'
import { type Diagnosis, diagnose } from '../src/diagnose/index.ts'
import { sampleWebhook, signRequest } from '../src/testing/index.ts'

const signing = 'a'.repeat(32)
const other = 'b'.repeat(32)
const tunnel = { host: '127.0.0.1:8080', 'x-forwarded-host': 'api.example.com', 'x-forwarded-proto': 'https' }
const balancer = { host: 'api.example.com', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' }
const chain = {
  host: 'app.internal:3000',
  'x-forwarded-host': 'api.example.com, lb.internal',
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '443',
  'x-forwarded-server': 'lb.internal',
}

/** Set-ups with three causes. The prefix comes late in the search. */
const setUps = [
  { name: 'a tunnel, a prefix and a long query', headers: tunnel, prefix: '/api', query: '?a=1&b=2&c=3&d=4&e=5' },
  { name: 'a tunnel and an encoded query', headers: tunnel, prefix: '/twilio', query: '?name=J%20Doe&next=%2Fmenu' },
  { name: 'a load balancer and a long query', headers: balancer, prefix: '/public', query: '?a=1&b=2&c=3&d=4&e=5' },
  { name: 'a load balancer and an encoded query', headers: balancer, prefix: '/api', query: '?name=J%20Doe&q=a%2Bb' },
  { name: 'two proxies', headers: chain, prefix: '/api', query: '?step=2&lang=en' },
  { name: 'two proxies and two prefixes', headers: chain, prefix: '/webhooks/twilio', query: '?step=2&lang=en' },
]

function diagnoseSetUp(
  { headers, prefix, query }: Omit<(typeof setUps)[number], 'name'>,
  authToken: readonly string[],
  maxTries?: number,
): Promise<Diagnosis> {
  const path = `/sms${query}`
  const signed = signRequest({
    url: `https://api.example.com${prefix}${path}`,
    ...sampleWebhook('message.inbound', { Body: 'Where is my order? It is 100% late & wet' }),
    authToken: signing,
  })
  return diagnose(
    { method: 'POST', url: path, headers: { ...signed.headers, ...headers }, body: signed.body },
    { publicUrl: 'http://127.0.0.1:8080', authToken, otherHosts: ['127.0.0.1:8080'], maxTries },
  )
}

describe.each(setUps)('$name', (setUp) => {
  test.each([
    ['one token', [signing]],
    ['two tokens', [other, signing]],
  ])('is proven with %s', async (_, tokens) => {
    const { proven } = await diagnoseSetUp(setUp, tokens)
    expect(proven?.causes.map(({ id }) => id)).toEqual(['scheme', 'host', 'path_prefix'])
  })
})

const [setUp] = setUps as [(typeof setUps)[number]]

test('the limit holds for each key', async () => {
  const [one, two] = [
    await diagnoseSetUp(setUp, [other], 500),
    await diagnoseSetUp(setUp, [other, other.replace('b', 'c')], 500),
  ]
  expect(one.tried).toBe(500)
  expect(two.tried).toBe(1000)
})
