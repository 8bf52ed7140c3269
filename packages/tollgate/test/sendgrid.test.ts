import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Delivery, IncomingRequest, PushedBody } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import type { SendGridVerifierOptions } from '../src/schemes/sendgrid/index.ts'
import { genuine, makeKeys, now, post, sign } from './sendgrid-support.ts'

const { publicKey } = genuine

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

/** Node.js has both providers, so one suite runs over both. */
describe.each(['node', 'web'] as const)('createSendGridVerifier with the provider ecdsa/%s.ts', async (provider) => {
  vi.resetModules()
  vi.doMock('#ecdsa', () => import(`../src/ecdsa/${provider}.ts`))
  const { createSendGridVerifier } = await import('../src/schemes/sendgrid/index.ts')
  const verify = (request: IncomingRequest, options: SendGridVerifierOptions = { publicKey }) =>
    createSendGridVerifier(options).verify(request)

  test('the provider is the one under test', async () => {
    const verifyWithWebCrypto = vi.spyOn(crypto.subtle, 'verify')
    await verify(post())
    expect(verifyWithWebCrypto).toHaveBeenCalledTimes(provider === 'web' ? 1 : 0)
    verifyWithWebCrypto.mockRestore()
  })

  test('an accepted request has what was proven', async () => {
    const verdict = await verify(post())
    if (!verdict.ok) throw new Error(verdict.message)
    expect(verdict).toMatchObject({
      stale: true,
      delivery: undefined,
      signedAt: new Date('2020-09-14T19:41:42Z'),
      matched: { key: { kind: 'sendgrid', index: 0 } },
    })
    expect(Buffer.from(verdict.body).toString()).toBe(genuine.body)
    expect(verdict.json()).toEqual(JSON.parse(genuine.body))
    expect(verdict.events[0]).toMatchObject({ event: 'dropped', email: 'hello@world.com' })
    expect(verdict.events).toBe(verdict.events)
    expect({ ...verdict }.events).toEqual(verdict.events)
    await expect(verdict.confirm()).resolves.toBeUndefined()
    await expect(verdict.release()).resolves.toBeUndefined()
  })

  test('a mail that was cut is not called forged', async () => {
    const request = post({}, genuine.body.slice(0, -1))
    const headers = { ...request.headers, 'content-length': String(genuine.body.length) } as IncomingRequest['headers']
    expect(await verify({ ...request, headers })).toMatchObject({
      code: 'body_malformed',
      message: expect.stringContaining(
        `is ${genuine.body.length}, and the verifier got ${genuine.body.length - 1} bytes.`,
      ),
    })
  })

  test('a body of any bytes is kept as it is, and has no events', async () => {
    const { publicKey, privateKey } = makeKeys()
    const body = Uint8Array.from({ length: 70_000 }, (_, index) => (index === 0 ? 0x2d : (index * 7) % 256))
    const timestamp = now()
    const verdict = await verify(post({ signature: sign(privateKey, timestamp, body), timestamp }, body), { publicKey })
    if (!verdict.ok) throw new Error(verdict.message)
    expect(Buffer.compare(verdict.body, body)).toBe(0)
    expect(verdict.stale).toBe(false)
    expect(verdict.events).toEqual([])
    expect(() => verdict.json()).toThrow(SyntaxError)
  })

  const bytes = Buffer.from(genuine.body)
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(7 * i, 7 * i + 7))
  const pushed = (chunks: readonly Uint8Array[], isWhole = true): PushedBody => ({
    listen(onChunk, onEnd) {
      for (const chunk of chunks) onChunk(chunk)
      onEnd(isWhole)
      return () => undefined
    },
  })
  test.each<[string, () => IncomingRequest['body']]>([
    ['text', () => genuine.body],
    ['bytes', () => bytes],
    ['a stream', () => Readable.from(pieces)],
    ['a stream of text', () => Readable.from([genuine.body]) as AsyncIterable<Uint8Array>],
    ['a stream that calls back', () => pushed(pieces)],
  ])('the body may be %s', async (_, body) => {
    const verdict = await verify(post({}, body()))
    if (!verdict.ok) throw new Error(verdict.message)
    expect(Buffer.from(verdict.body).toString()).toBe(genuine.body)
  })

  test('B10: the bytes are copied, so that a later change of the request changes nothing', async () => {
    const body = Buffer.from(genuine.body)
    const checking = verify(post({}, body))
    body.fill(0)
    const verdict = await checking
    if (!verdict.ok) throw new Error(verdict.message)
    expect(Buffer.from(verdict.body).toString()).toBe(genuine.body)
  })

  test('the signed text has the timestamp of the header, even if a body lies behind another one', async () => {
    const keys: string[] = []
    const reserve = ({ key }: Delivery): { delivery: 'first' } => {
      keys.push(key)
      return { delivery: 'first' }
    }
    const view = () => Buffer.from(`9999999999${genuine.body}`).subarray(10)
    const bodies = [genuine.body, view(), Readable.from([view()]), pushed([view()])]
    for (const body of bodies)
      expect(await verify(post({}, body), { publicKey, replay: { reserve } })).toMatchObject({ ok: true })
    expect(keys).toHaveLength(bodies.length)
    expect(new Set(keys).size).toBe(1)
  })

  const head = (changes: Partial<IncomingRequest>): IncomingRequest => ({ ...post(), ...changes })
  test.each<[string, IncomingRequest, string, string]>([
    ['a GET', head({ method: 'GET' }), 'method_not_allowed', 'POST'],
    ['a PUT', head({ method: 'PUT' }), 'method_not_allowed', 'POST'],
    ['a handshake', head({ handshake: true }), 'method_not_allowed', 'POST'],
    ['no headers', head({ headers: {} }), 'signature_missing', 'Webhook-Signature is missing'],
    ['no timestamp', post({ timestamp: undefined }), 'signature_missing', 'Webhook-Timestamp is missing'],
    ['an empty signature', post({ signature: '' }), 'signature_malformed', 'DER'],
    ['two signatures', post({ signature: [genuine.signature, genuine.signature] }), 'signature_malformed', 'DER'],
    ['two timestamps', post({ timestamp: ['1600112502', '1600112502'] }), 'signature_malformed', '10 digits'],
    ['an empty timestamp', post({ timestamp: '' }), 'signature_malformed', '10 digits'],
    ['a timestamp in milliseconds', post({ timestamp: '1600112502000' }), 'signature_malformed', '10 digits'],
    ['a padded timestamp', post({ timestamp: '0160011250' }), 'signature_malformed', '10 digits'],
    ['a timestamp with a line end', post({ timestamp: '1600112502\n' }), 'signature_malformed', '10 digits'],
    ['a timestamp in other digits', post({ timestamp: '١٦٠٠١١٢٥٠٢' }), 'signature_malformed', '10 digits'],
    ['an empty body', post({}, ''), 'body_malformed', 'empty'],
    ['no body', { ...post(), body: undefined }, 'body_malformed', 'empty'],
    ['B6: a digit of the timestamp in the body', post({ timestamp: '1600112502' }, '7[{}]'), 'body_malformed', 'digit'],
    ['a parsed body', post({}, [{}] as never), 'body_already_consumed', 'raw body'],
    ['a broken connection', post({}, pushed(pieces.slice(1), false)), 'body_malformed', 'ended before'],
    [
      'a compressed body',
      head({ headers: { ...(post().headers as Record<string, string>), 'content-encoding': 'gzip' } }),
      'content_encoding_unsupported',
      'compressed',
    ],
    ['another timestamp', post({ timestamp: '1600112503' }), 'signature_mismatch', 'timestamp and the body'],
    ['another body', post({}, `${genuine.body} `), 'signature_mismatch', 'timestamp and the body'],
  ])('%s is refused', async (_, request, code, message) => {
    const verdict = await verify(request)
    expect(verdict).toMatchObject({ ok: false, code, tried: [] })
    if (!verdict.ok) {
      expect(verdict.message).toContain(message)
      expect(verdict.message).toContain(`docs/codes/${code}.md`)
      expect(verdict.message).not.toContain('X-Twilio-Signature')
    }
  })

  test('the limit counts the body alone, and a declared length is enough', async () => {
    const exact = { publicKey, maxBodyBytes: bytes.length }
    for (const body of [genuine.body, bytes, Readable.from(pieces), pushed(pieces)]) {
      expect(await verify(post({}, body), exact)).toMatchObject({ ok: true })
    }
    const less = { publicKey, maxBodyBytes: bytes.length - 1 }
    for (const body of [genuine.body, bytes, Readable.from(pieces), pushed(pieces)]) {
      const verdict = await verify(post({}, body), less)
      expect(verdict).toMatchObject({ ok: false, code: 'body_too_large', status: 413 })
      if (!verdict.ok) expect(verdict.message).toContain('33,554,432')
    }
    const headers = { ...(post().headers as Record<string, string>), 'content-length': '1048600' }
    const unread = { listen: () => expect.unreachable('the body was read') }
    expect(await verify({ ...post({}, unread), headers })).toMatchObject({ code: 'body_too_large' })
  })

  test('E1: headers of SendGrid are decided before the body is read', async () => {
    const unread = { listen: () => expect.unreachable('the body was read') }
    for (const given of [{ signature: undefined }, { signature: 'A' }, { timestamp: '1' }])
      expect(await verify(post(given, unread))).toMatchObject({ ok: false })
    expect(await verify(post({}, unread), { publicKey, whenStale: 'reject' })).toMatchObject({ code: 'stale' })
  })

  test('old requests are stale from maxAgeSeconds on, those of the future never', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const ages = [-100_000, 0, 300, 301, 86_400]
    for (const age of ages) {
      vi.setSystemTime((Number(genuine.timestamp) + age) * 1000)
      expect(await verify(post())).toMatchObject({ ok: true, stale: age > 300 })
      expect(await verify(post(), { publicKey, maxAgeSeconds: 86_400 })).toMatchObject({ ok: true, stale: false })
      expect(await verify(post(), { publicKey, whenStale: 'reject' })).toMatchObject(
        age > 300 ? { ok: false, code: 'stale', status: 403 } : { ok: true, stale: false },
      )
    }
  })

  test('the verdict says which of several keys signed', async () => {
    const [one, other] = [makeKeys().publicKey, makeKeys().publicKey]
    for (const [publicKey, key] of [
      [[one, other, genuine.publicKey], { kind: 'sendgrid', index: 2 }],
      [[genuine.publicKey, one], { kind: 'sendgrid', index: 0 }],
      [
        { marketing: one, invoices: genuine.publicKey },
        { kind: 'sendgrid', name: 'invoices' },
      ],
      [new Map([['marketing', genuine.publicKey]]), { kind: 'sendgrid', name: 'marketing' }],
    ] as const)
      expect(await verify(post(), { publicKey })).toMatchObject({ ok: true, matched: { key } })
    expect(await verify(post(), { publicKey: [one, other] })).toMatchObject({ code: 'signature_mismatch' })
  })

  test('D2: a malleable signature is the same delivery, and a released one may come again', async () => {
    const replay = replayGuard({ store: memoryStore(), whenRepeated: 'reject' })
    const options = { publicKey, replay }
    const first = await verify(post(), options)
    expect(first).toMatchObject({ ok: true, delivery: 'first' })
    expect(await verify(post(), options)).toMatchObject({ ok: false, code: 'replayed', status: 403 })
    const { privateKey, publicKey: own } = makeKeys()
    const signed = (): IncomingRequest =>
      post({ signature: sign(privateKey, genuine.timestamp, genuine.body) }, genuine.body)
    expect(await verify(signed(), { publicKey: own, replay })).toMatchObject({ code: 'replayed' })
    if (first.ok) await Promise.all([first.release(), first.release()])
    expect(await verify(signed(), { publicKey: own, replay })).toMatchObject({ ok: true, delivery: 'first' })
    const marking = replayGuard({ store: memoryStore() })
    await verify(post(), { publicKey, replay: marking })
    expect(await verify(post(), { publicKey, replay: marking })).toMatchObject({ ok: true, delivery: 'repeated' })
  })

  test('a replay guard gets the hash of timestamp and body, after the signature matched', async () => {
    const deliveries: Delivery[] = []
    const native = {}
    const reserve = (delivery: Delivery): { delivery: 'first' } => {
      deliveries.push(delivery)
      return { delivery: 'first' }
    }
    const verifier = createSendGridVerifier({ publicKey, replay: { reserve } })
    await verifier.verify(post({ timestamp: '1600112503' }), native)
    await verifier.verify(post(), native)
    const key = createHash('sha256')
      .update(genuine.timestamp + genuine.body)
      .digest('hex')
    expect(deliveries).toEqual([{ key, handshake: false, neverRepeats: true, native }])
    const failing = { reserve: () => Promise.reject(new Error('down')) }
    expect(await verify(post(), { publicKey, replay: failing })).toMatchObject({
      code: 'replay_store_failed',
      status: 503,
    })
  })

  test('the key may come from the environment', async () => {
    vi.stubEnv('SENDGRID_WEBHOOK_PUBLIC_KEY', publicKey)
    expect(await verify(post(), {})).toMatchObject({ ok: true })
    vi.stubEnv('SENDGRID_WEBHOOK_PUBLIC_KEY', undefined)
    expect(() => createSendGridVerifier()).toThrow('SENDGRID_WEBHOOK_PUBLIC_KEY')
  })

  test.each<[object, string]>([
    [{ publicKey: [] }, '"publicKey" is an empty list'],
    [{ publicKey: {} }, '"publicKey" is empty'],
    [{ publicKey: Array(17).fill(publicKey) }, 'at most 16'],
  ])('the options %o are refused', (options, message) => {
    expect(() => createSendGridVerifier(options as SendGridVerifierOptions)).toThrow(message)
  })

  test('E2: a request of any shape gets a rejection of SendGrid', async () => {
    for (const request of [null, undefined, 1, 'POST', {}, { method: 'POST' }, { method: 'POST', headers: 1, body: 1 }])
      expect(await verify(request as unknown as IncomingRequest)).toMatchObject({ ok: false })
  })
})
