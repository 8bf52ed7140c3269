import { verify as verifyNatively } from 'node:crypto'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { createSendGridVerifier, distinctEvents, type SendGridEvent } from '../src/schemes/sendgrid/index.ts'
import { type SignSendGridRequestInput, sampleSendGridEvents, signSendGridRequest } from '../src/testing/index.ts'
import { makeKeys } from './sendgrid-support.ts'

describe('signSendGridRequest', () => {
  test('signs one event of each type, with line ends as SendGrid writes them', async () => {
    const { publicKey, ...request } = await signSendGridRequest()
    const verdict = await createSendGridVerifier({ publicKey }).verify(request)
    if (!verdict.ok) throw new Error(verdict.message)
    expect(verdict.stale).toBe(false)
    expect(verdict.events).toEqual(sampleSendGridEvents())
    const text = Buffer.from(request.body).toString()
    expect(text.endsWith('}]\r\n')).toBe(true)
    expect(text.split('},\r\n{')).toHaveLength(12)
  })

  test('has one generated key for a process', async () => {
    const [one, other] = [await signSendGridRequest(), await signSendGridRequest({ events: [] })]
    expect(other.publicKey).toBe(one.publicKey)
    expect(Buffer.from(other.body).toString()).toBe('[]\r\n')
  })

  test('signs any bytes at any time with a key of yours', async () => {
    const { privateKey, publicKey } = makeKeys()
    const body = Uint8Array.from({ length: 5000 }, (_, index) => index % 256)
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const base64 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
    for (const key of [pem, pem.replaceAll('\n', '\\n'), base64]) {
      const contentType = 'multipart/form-data; boundary=x'
      const signed = await signSendGridRequest({ body, contentType, timestamp: 1_700_000_000, privateKey: key })
      expect(signed.publicKey).toBe(publicKey)
      expect(signed.headers).toMatchObject({
        'content-type': contentType,
        'x-twilio-email-event-webhook-timestamp': '1700000000',
      })
      const spki = { key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' } as const
      const signature = Buffer.from(signed.headers['x-twilio-email-event-webhook-signature'] ?? '', 'base64')
      const message = Buffer.concat([Buffer.from('1700000000'), body])
      expect(verifyNatively('sha256', message, spki, signature)).toBe(true)
    }
  })

  test('makes a web Request', async () => {
    const signed = await signSendGridRequest({ url: 'https://example.com/mail', headers: { 'X-Own': '1' } })
    const request = signed.toRequest()
    expect([request.method, request.url, request.headers.get('x-own')]).toEqual([
      'POST',
      'https://example.com/mail',
      '1',
    ])
    expect(new Uint8Array(await request.arrayBuffer())).toEqual(signed.body)
  })

  test.each<[object, string]>([
    [{ event: [] }, 'Did you mean "events"?'],
    [{ events: {} }, '"events" must be a list'],
    [{ events: [], body: '' }, '"events" and "body" exclude each other'],
    [{ body: 1 }, '"body" must be a string or bytes'],
    [{ timestamp: 1_700_000_000_000 }, '"timestamp"'],
    [{ timestamp: new Date(Number.NaN) }, '"timestamp"'],
    [{ privateKey: 'MFkw' }, '"privateKey"'],
    [{ privateKey: makeKeys().publicKey }, '"privateKey"'],
    [{ privateKey: makeKeys('P-384').privateKey.export({ format: 'pem', type: 'pkcs8' }) }, '"privateKey"'],
  ])('refuses %o', async (input, message) => {
    await expect(signSendGridRequest(input as SignSendGridRequestInput)).rejects.toThrow(TypeError)
    await expect(signSendGridRequest(input as SignSendGridRequestInput)).rejects.toThrow(message)
  })
})

describe('events', () => {
  test('samples are typed by their type, and are new objects', () => {
    const [bounce, click] = sampleSendGridEvents(['bounce', 'click'])
    if (bounce?.event !== 'bounce' || click?.event !== 'click') throw new Error('other types')
    expectTypeOf(bounce.reason).toEqualTypeOf<string>()
    expectTypeOf(bounce.type).toEqualTypeOf<'bounce' | 'blocked' | undefined>()
    expectTypeOf(click.url).toEqualTypeOf<string>()
    expectTypeOf(bounce.my_argument).toEqualTypeOf<unknown>()
    expect(sampleSendGridEvents(['click'])[0]).not.toBe(click)
    expect(() => sampleSendGridEvents(['toString' as 'click'])).toThrow('Unknown type of event "toString"')
  })

  test('distinctEvents keeps the first event of each sg_event_id', () => {
    const [one, other] = sampleSendGridEvents(['open', 'click'])
    const events = [one, other, { ...one, email: 'other@example.com' }] as SendGridEvent[]
    expect(distinctEvents(events)).toEqual([one, other])
    expect(distinctEvents([{}, {}, { sg_event_id: 'a' }, { sg_event_id: 'a' }])).toEqual([{}, {}, { sg_event_id: 'a' }])
  })
})
