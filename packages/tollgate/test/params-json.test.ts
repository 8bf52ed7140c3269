import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  debuggerPayload,
  isEventBatch,
  isOrchestratorEvent,
  isTranscriptNotice,
  parseRelayMessage,
  parseStreamMessage,
} from '../src/params/index.ts'
import { kinds } from '../src/schemes/twilio/webhooks/index.ts'
import { sampleWebhook } from '../src/testing/index.ts'

function without(value: unknown, name: string): unknown {
  return Object.fromEntries(Object.entries(value as object).filter(([other]) => other !== name))
}

const malformed: unknown[] = [undefined, null, 0, 'text', true, [], [null], [[]], {}, { __proto__: null }, [{}]]

describe('JSON webhooks', () => {
  test('isEventBatch accepts a batch and the test event, and rejects other values', () => {
    expect(isEventBatch(sampleWebhook('events.batch').json)).toBe(true)
    expect(isEventBatch(sampleWebhook('events.test').json)).toBe(true)
    const [first] = sampleWebhook('events.batch').json as [object]
    expect(isEventBatch(first)).toBe(false)
    expect(isEventBatch([first].flat())).toBe(true)
    for (const { name, always } of kinds['events.batch'].parameters)
      expect([name, isEventBatch([first, without(first, name)])]).toEqual([name, !always])
    expect(isEventBatch([first, null])).toBe(false)
    expect(isEventBatch([{ ...first, data: 'text' }])).toBe(false)
    for (const json of malformed) expect(isEventBatch(json)).toBe(false)
  })

  test('isTranscriptNotice accepts a notice and rejects other values', () => {
    const { json } = sampleWebhook('intelligence.transcript')
    expect(isTranscriptNotice(json)).toBe(true)
    for (const { name, always } of kinds['intelligence.transcript'].parameters)
      expect([name, isTranscriptNotice(without(json, name))]).toEqual([name, !always])
    for (const other of malformed) expect(isTranscriptNotice(other)).toBe(false)
  })

  test('isOrchestratorEvent accepts an event and rejects other values', () => {
    const { json } = sampleWebhook('orchestrator')
    expect(isOrchestratorEvent(json)).toBe(true)
    for (const { name } of kinds.orchestrator.parameters) expect(isOrchestratorEvent(without(json, name))).toBe(false)
    for (const other of malformed) expect(isOrchestratorEvent(other)).toBe(false)
  })

  test('debuggerPayload parses a Payload, and returns undefined for a malformed one', () => {
    const params = new Map(sampleWebhook('debugger.event').params)
    expect(debuggerPayload(params)).toMatchObject({
      error_code: '11200',
      service_sid: null,
      more_info: { httpResponse: '404' },
    })
    for (const Payload of ['', '{', 'null', '[]', '{}', '{"error_code":11200}', '{"error_code":"1","webhook":"x"}'])
      expect(debuggerPayload(new Map([['Payload', Payload]]))).toBeUndefined()
    expect(debuggerPayload(new Map())).toBeUndefined()
  })
})

const start = {
  event: 'start',
  sequenceNumber: '1',
  start: {
    streamSid: 'MZ18ad3ab5a668481ce02b83e7395059f0',
    accountSid: 'ACa42104b5c0081d28f69cc86620eae712',
    callSid: 'CAc93bf9a243a391a65da5b60116ee9a5c',
    tracks: ['inbound'],
    customParameters: { FirstName: 'Jane' },
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
  },
  streamSid: 'MZ18ad3ab5a668481ce02b83e7395059f0',
}
const numbered = { sequenceNumber: '4', streamSid: start.streamSid }

describe('parseStreamMessage', () => {
  test.each([
    [{ event: 'connected', protocol: 'Call', version: '1.0.0' }],
    [start],
    [{ ...start, start: without(start.start, 'customParameters') }],
    [{ event: 'media', ...numbered, media: { track: 'inbound', chunk: '2', timestamp: '5', payload: 'no+JhoaJjpz' } }],
    [{ event: 'dtmf', ...numbered, dtmf: { track: 'inbound_track', digit: '1' } }],
    [{ event: 'mark', ...numbered, mark: { name: 'my label' } }],
    [{ event: 'stop', ...numbered, stop: { accountSid: 'AC1', callSid: 'CA1' }, more: 'kept' }],
  ])('parses %j', (message) => {
    expect(parseStreamMessage(JSON.stringify(message))).toEqual(message)
    for (const name of Object.keys(message).filter((one) => one !== 'more'))
      expect(parseStreamMessage(JSON.stringify(without(message, name)))).toBeUndefined()
  })

  test('returns undefined if a field has another type, or the event is unknown', () => {
    for (const tracks of ['inbound', [1], null, { 0: 'inbound' }])
      expect(parseStreamMessage(JSON.stringify({ ...start, start: { ...start.start, tracks } }))).toBeUndefined()
    for (const customParameters of [[], 'x', { a: 1 }])
      expect(
        parseStreamMessage(JSON.stringify({ ...start, start: { ...start.start, customParameters } })),
      ).toBeUndefined()
    for (const event of ['toString', '__proto__', 'clear', 1, null])
      expect(parseStreamMessage(JSON.stringify({ ...start, event }))).toBeUndefined()
  })
})

const setup = {
  type: 'setup',
  sessionId: 'VX258cb419d6960ba171260e83e1c2dbb3',
  callSid: 'CAf179293be3027d4fe86cd7a4f284a611',
  from: '+14155550142',
  to: '+12025550123',
  direction: 'inbound',
}

describe('parseRelayMessage', () => {
  test.each([
    [setup],
    [{ ...setup, accountSid: 'AC1', parentCallSid: '', callerName: null, customParameters: { lang: 'pt' } }],
    [{ type: 'dtmf', digit: '1' }],
    [{ type: 'error', description: 'Invalid message received' }],
    [{ type: 'info', name: 'agentSpeaking', value: 'on', ts: 1790000000000 }],
    [{ type: 'info', name: 'roundTripDelayMs', value: '148' }],
    [{ type: 'configUpdated' }],
    [{ type: 'configUpdated', anything: { else: 1 } }],
    [{ type: 'prompt', voicePrompt: 'Hi!', lang: 'en-US', last: true }],
    [{ type: 'interrupt', utteranceUntilInterrupt: 'Life is', durationUntilInterruptMs: '460' }],
    [{ type: 'interrupt', utteranceUntilInterrupt: 'Life is', durationUntilInterruptMs: 460 }],
  ])('parses %j', (message) => {
    expect(parseRelayMessage(JSON.stringify(message))).toEqual(message)
    expect(parseRelayMessage(JSON.stringify({ ...message, type: 'other' }))).toBeUndefined()
  })

  test.each(Object.keys(setup))('returns undefined for a setup without %s', (name) => {
    expect(parseRelayMessage(JSON.stringify(without(setup, name)))).toBeUndefined()
  })
})

test('the readers never throw', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ event: fc.constantFrom('start', 'media', 'stop'), start: fc.jsonValue() })
      .map((one) => JSON.stringify(one)),
    fc.record({ type: fc.constantFrom('setup', 'prompt'), callSid: fc.jsonValue() }).map((one) => JSON.stringify(one)),
  )
  fc.assert(
    fc.property(texts, fc.jsonValue(), (text, json) => {
      parseStreamMessage(text)
      parseRelayMessage(text)
      debuggerPayload({ get: () => text })
      isEventBatch(json)
      isEventBatch([json])
      isTranscriptNotice(json)
    }),
  )
  for (const value of [undefined, null, 1, Buffer.from('{}')] as unknown as string[]) {
    expect(parseStreamMessage(value)).toBeUndefined()
    expect(parseRelayMessage(value)).toBeUndefined()
  }
})
