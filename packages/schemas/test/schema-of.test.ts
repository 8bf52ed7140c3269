import type { StandardSchemaV1 } from '@standard-schema/spec'
import { hasWebhookShape } from 'tollgate/params'
import { sampleWebhook } from 'tollgate/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { schemaOf, type WebhookKind } from '../src/index.ts'

const { params: pairs = [] } = sampleWebhook('message.inbound')
const validate = schemaOf('message.inbound')['~standard'].validate

/** As a library that takes any Standard Schema has it. */
function read<S extends StandardSchemaV1>(schema: S, value: unknown): StandardSchemaV1.InferOutput<S> {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise || result.issues) throw new TypeError('invalid')
  return result.value as StandardSchemaV1.InferOutput<S>
}

test('it is a Standard Schema, with the types of the kind', () => {
  const schema = schemaOf('message.inbound')
  expect(schema['~standard']).toMatchObject({ version: 1, vendor: 'tollgate' })
  const message = read(schema, new URLSearchParams(pairs))
  expectTypeOf(message.From).toEqualTypeOf<string>()
  expectTypeOf(message.FromCity).toEqualTypeOf<string | undefined>()
  expectTypeOf(message.MediaUrl0).toEqualTypeOf<string | undefined>()
  expectTypeOf(message.Anything).toEqualTypeOf<unknown>()
  expect(message.From).toBe('+14155550142')
  const conversation = read(
    schemaOf('conversations.conversation'),
    new URLSearchParams(sampleWebhook('conversations.conversation').params),
  )
  expectTypeOf(conversation['MessagingBinding.Address']).toEqualTypeOf<string | string[] | undefined>()
  const transcript = read(schemaOf('intelligence.transcript'), sampleWebhook('intelligence.transcript').json)
  expectTypeOf(transcript.transcript_sid).toEqualTypeOf<unknown>()
  const events = read(schemaOf('events.batch'), sampleWebhook('events.batch').json)
  expect([events].flat()).toHaveLength(2)
  expectTypeOf(read(schemaOf('studio.json'), 1)).toEqualTypeOf<unknown>()
})

describe('pairs', () => {
  test.each([
    ['URLSearchParams', new URLSearchParams(pairs)],
    ['Map', new Map(pairs)],
    ['FormData', toFormData()],
    ['an object', Object.fromEntries(pairs)],
  ])('%s', (_name, value) => {
    const result = validate(value)
    expect(result.issues).toBeUndefined()
    if (!result.issues) expect({ ...result.value }).toEqual(Object.fromEntries(pairs))
  })

  function toFormData(): FormData {
    const form = new FormData()
    for (const [name, value] of pairs) form.append(name, value)
    return form
  }

  test('an object is returned as it is', () => {
    const object = Object.fromEntries(pairs)
    expect(validate(object)).toEqual({ value: object })
  })

  test('equal pairs count once, distinct ones are a list', () => {
    const twice = new URLSearchParams([...pairs, ['From', '+14155550142'], ['Own', '1'], ['Own', '2']])
    expect(validate(twice)).toMatchObject({ value: { From: '+14155550142', Own: ['1', '2'] } })
    twice.append('From', '+19005550000')
    expect(validate(twice).issues).toEqual([{ message: 'From must be string, and is array', path: ['From'] }])
  })

  test('a name of an object is not mistaken for its prototype', () => {
    const hostile = new URLSearchParams([...pairs, ['__proto__', 'x'], ['constructor', 'y']])
    const { value } = validate(hostile) as { value: object }
    expect(Object.keys(value)).toEqual(expect.arrayContaining(['__proto__', 'constructor']))
    expect(Object.getPrototypeOf(value)).toBeNull()
    expect(validate({}).issues?.length).toBeGreaterThan(5)
  })

  test.each([
    undefined,
    null,
    1,
    'From=x',
    new Set(['From']),
    Buffer.from('From=x'),
    [['From', 'x']],
    new Map([[1, 2]]),
  ])('%o is refused without an exception', (value) => {
    expect(validate(value).issues?.length).toBeGreaterThan(0)
  })
})

test('a form with 10,000 names is checked in linear time', () => {
  const measure = (count: number): number => {
    const names = Array.from({ length: count }, (_, index) => [`MediaUrl${index}`, 'x'] as [string, string])
    const form = new URLSearchParams([...pairs, ...names])
    // The time of the processor: a busy machine must not fail the test.
    const start = process.cpuUsage()
    for (let run = 0; run < 5; run++) expect(validate(form).issues).toBeUndefined()
    return process.cpuUsage(start).user / 1000
  }
  measure(1_000)
  expect(measure(20_000)).toBeLessThan(40 * Math.max(measure(2_000), 5))
})

test('an unknown kind is a TypeError', () => {
  for (const kind of ['message', 'toString', '__proto__', ''])
    expect(() => schemaOf(kind as WebhookKind)).toThrow(TypeError)
})

test('validity is less than the shape: a value that Twilio would not send may be valid', () => {
  const odd = new Map([...pairs, ['NumMedia', 'many']])
  expect([validate(odd).issues, hasWebhookShape(odd)]).toEqual([undefined, false])
})

describe('a value that throws when it is read is an issue', () => {
  const boom = (): never => {
    throw new Error('SECRET')
  }
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  test.each([
    ['a getter', Object.defineProperty(Object.fromEntries(pairs), 'Own', { enumerable: true, get: boom })],
    ['a proxy', new Proxy({}, { ownKeys: boom })],
    ['a revoked proxy', proxy],
    ['a revoked proxy as a parameter', { ...Object.fromEntries(pairs), Body: proxy }],
    ['an iterator', { [Symbol.iterator]: boom }],
    ['a pair', new Set([Object.defineProperty(['Body'], 1, { get: boom })])],
  ])('%s', (_name, value) => {
    expect(validate(value)).toEqual({ issues: [{ message: 'The webhook cannot be read', path: [] }] })
  })
})
