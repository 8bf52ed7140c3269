import type { Meter as ApiMeter } from '@opentelemetry/api'
import { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { type Meter, openTelemetryCounters } from '../src/counters/index.ts'
import { createVerifier } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { sampleWebhook, signRequest, signSendGridRequest } from '../src/testing/index.ts'

test('verdicts are counted by the real SDK, with attributes from closed sets', async () => {
  const exporter = new InMemoryMetricExporter(1)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const meter: ApiMeter = provider.getMeter('tollgate')
  const authToken = '0123456789abcdef0123456789abcdef'
  const sharedKey = { id: 'webhooks_key', secret: 'a-secret' }
  const verifier = createVerifier({
    publicUrl: 'https://example.com',
    authToken: ['f'.repeat(32), authToken],
    sharedKeys: { [sharedKey.id]: sharedKey.secret },
    replay: replayGuard({ store: memoryStore() }),
    onVerdict: openTelemetryCounters(meter, { sharedKeyIds: [sharedKey.id] }),
  })
  const message = { url: 'https://example.com/sms', ...sampleWebhook('message.inbound') }
  const genuine = signRequest({ ...message, authToken })
  for (const { method, headers, body } of [genuine, genuine, signRequest({ ...message, sharedKey })])
    await verifier.verify({ method, url: '/sms', headers, body })
  await verifier.verify({ method: 'POST', url: '/sms', headers: genuine.headers, body: 'Body=other' })

  await provider.forceFlush()
  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  expect(metrics.map(({ descriptor }) => descriptor.name)).toEqual(['tollgate.verdicts'])
  const accepted = { 'tollgate.outcome': 'accepted', 'tollgate.covers': 'params' }
  const token = { ...accepted, 'tollgate.key': 'auth_token:1', 'tollgate.algorithm': 'HMAC_SHA1' }
  const key = { ...accepted, 'tollgate.key': 'shared_key:webhooks_key', 'tollgate.algorithm': 'HMAC_SHA256' }
  expect(metrics[0]?.dataPoints.map(({ attributes, value }) => [attributes, value])).toEqual([
    [{ ...token, 'tollgate.delivery': 'first' }, 1],
    [{ ...token, 'tollgate.delivery': 'repeated' }, 1],
    [{ ...key, 'tollgate.delivery': 'repeated' }, 1],
    [{ 'tollgate.outcome': 'refused', 'tollgate.code': 'signature_mismatch' }, 1],
  ])
  await provider.shutdown()
})

test('a wrong meter and a wrong list of ids are TypeErrors', () => {
  for (const meter of [undefined, null, {}, { createCounter: 1 }])
    expect(() => openTelemetryCounters(meter as unknown as Meter)).toThrow(TypeError)
  const meter: Meter = { createCounter: () => ({ add() {} }) }
  expect(() => openTelemetryCounters(meter, { sharedKeyIds: 'a' as unknown as string[] })).toThrow('"sharedKeyIds"')
  expect(() => openTelemetryCounters(meter, { sharedKeys: [] } as object)).toThrow('"sharedKeys"')
})

test('a verdict of SendGrid has the same attributes', async () => {
  const counted: object[] = []
  const meter = { createCounter: () => ({ add: (_: number, attributes: object) => counted.push(attributes) }) }
  const { publicKey, ...request } = await signSendGridRequest()
  await createSendGridVerifier({ publicKey, onVerdict: openTelemetryCounters(meter) }).verify(request)
  expect(counted).toEqual([
    {
      'tollgate.outcome': 'accepted',
      'tollgate.key': 'sendgrid:0',
      'tollgate.algorithm': 'ECDSA',
      'tollgate.covers': 'body',
    },
  ])
})
