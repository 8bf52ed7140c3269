import { kindOf } from 'tollgate/params'
import { expect, test } from 'vitest'
import { published } from './published.ts'
import { judge, parse } from './validators.ts'

test.each(published)('$kind of $source is valid', ({ kind, form }) => {
  const params = new URLSearchParams(form)
  expect(kindOf(params)).toBe(kind)
  expect(judge(kind, parse({ params: [...params] }))).toEqual({ schemaOf: true, jsonSchema: true, openapi: true })
})

test('there are enough of them to mean something', () => {
  expect(published.length).toBeGreaterThanOrEqual(30)
  expect(new Set(published.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(10)
})

test('a batch of events of another project is valid (index of public files, 58404270320)', () => {
  const event = {
    data: { accountSid: 'AC1', messageSid: 'SM1' },
    id: 'EZ1',
    source: 'twilio.messaging',
    specversion: '1.0',
    time: '2026-08-01T12:00:00.000Z',
    type: 'com.twilio.messaging.message.delivered',
  }
  for (const json of [event, [event], [event, event]])
    expect(judge('events.batch', json)).toEqual({ schemaOf: true, jsonSchema: true, openapi: true })
})
