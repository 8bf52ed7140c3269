import fc from 'fast-check'
import { type SampleWebhook, sampleWebhook, webhookKinds } from 'tollgate/testing'
import { describe, expect, test } from 'vitest'
import { schemaOf } from '../src/index.ts'
import openapi from '../src/openapi.json' with { type: 'json' }
import { judge, parse } from './validators.ts'

const valid = { schemaOf: true, jsonSchema: true, openapi: true }
const refused = { schemaOf: false, jsonSchema: false, openapi: false }

test('every kind has a schema and a webhook, and there are no others', () => {
  expect(Object.keys(openapi.components.schemas)).toEqual(webhookKinds)
  expect(Object.keys(openapi.webhooks)).toEqual(webhookKinds)
})

describe.each(webhookKinds)('%s', (kind) => {
  test('its sample is valid, with unknown parameters too', () => {
    const value = parse(sampleWebhook(kind))
    expect(judge(kind, value)).toEqual(valid)
    const added = { NewParameter: 'x', lists: ['x', 'y'], nested: { x: '1' } }
    expect(
      judge(kind, Array.isArray(value) ? value.map((one) => ({ ...one, ...added })) : { ...Object(value), ...added }),
    ).toEqual(valid)
  })

  test('the sample is of the method and the content type that the document names', () => {
    const { method, contentType = 'application/x-www-form-urlencoded', json } = sampleWebhook(kind)
    const [[verb, operation] = []] = Object.entries(openapi.webhooks[kind])
    expect(verb?.toUpperCase()).toBe(method)
    const types = Object.keys((operation as { requestBody?: { content: object } }).requestBody?.content ?? {})
    const type = json === undefined ? contentType.replace(/;.*/, '') : 'application/json'
    expect(types).toEqual(method === 'GET' ? [] : [type])
  })

  test('the three forms agree on changed samples', () => {
    fc.assert(
      fc.property(changes(sampleWebhook(kind)), (value) => {
        const { schemaOf, jsonSchema, openapi } = judge(kind, value)
        expect([jsonSchema, openapi]).toEqual([schemaOf, schemaOf])
      }),
      { numRuns: 60 },
    )
  })
})

const anyValue = fc.oneof(
  fc.string(),
  fc.constantFrom('', 'received', 'onMessageAdded', 'com.twilio.x', 'whatsapp:1', 'participant-x'),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.jsonValue(),
)

/** Samples with parameters removed, added and given other values, alone and in lists. */
function changes(sample: SampleWebhook): fc.Arbitrary<unknown> {
  const whole = parse(sample)
  const objects: readonly object[] = [whole].flat().map(Object)
  const names = [...objects.flatMap(Object.keys), 'MessageStatus', 'SipDomain', 'MediaUrl0', 'SipHeader_X', '__proto__']
  const change = fc.tuple(fc.constantFrom(...names), fc.option(anyValue))
  const changed = fc.tuple(fc.constantFrom(...objects), fc.array(change, { maxLength: 3 })).map(([object, list]) => {
    const copy = new Map(Object.entries(object))
    for (const [name, value] of list)
      if (value === null) copy.delete(name)
      else copy.set(name, value)
    return Object.fromEntries(copy)
  })
  return fc.oneof(changed, fc.array(changed, { maxLength: 3 }), anyValue)
}

test.each([
  ['message.inbound', { MessageSid: 'SM1' }],
  ['message.inbound', null],
  ['message.inbound', 'Body=x'],
  ['message.inbound', []],
  ['events.batch', []],
  ['events.batch', [{}]],
] as const)('%s refuses %j', (kind, value) => {
  expect(judge(kind, value)).toEqual(refused)
})

test.each([
  ['From', ['+14155550142', '+14155550143']],
  ['Body', { nested: 'x' }],
  ['SmsStatus', 'sent'],
  ['MessageStatus', 'sent'],
  ['MediaUrl0', ['a', 'b']],
] as const)('message.inbound refuses %s = %j', (name, value) => {
  expect(judge('message.inbound', { ...Object(parse(sampleWebhook('message.inbound'))), [name]: value })).toEqual(
    refused,
  )
})

test('an unknown value is valid where the rule of the kind has none', () => {
  const status = Object(parse(sampleWebhook('message.status')))
  expect(judge('message.status', { ...status, MessageStatus: 'teleported', ErrorCode: 'E-1' })).toEqual(valid)
})

test('every option of sampleWebhook makes a valid webhook', () => {
  for (const kind of webhookKinds) {
    const { params = [] } = sampleWebhook(kind)
    for (const [name, value] of params)
      expect(judge(kind, parse(sampleWebhook(kind, { [name]: value, Extra: 'x' }))), `${kind} ${name}`).toEqual(valid)
  }
})

test('an issue names the parameter, and has no value', () => {
  const secret = 'secret-4111111111111111'
  const { issues } = schemaOf('message.inbound')['~standard'].validate({ Body: [secret, secret], SmsStatus: secret })
  expect(JSON.stringify(issues)).not.toContain(secret)
  expect(issues).toContainEqual({ message: 'MessageSid is missing', path: ['MessageSid'] })
  expect(issues).toContainEqual({ message: 'Body must be string, and is array', path: ['Body'] })
  expect(issues).toContainEqual({ message: 'SmsStatus must be one of: received, receiving', path: ['SmsStatus'] })
  const { issues: inList } = schemaOf('events.batch')['~standard'].validate([{}])
  expect(inList).toContainEqual({ message: '0.specversion is missing', path: [0, 'specversion'] })
})
