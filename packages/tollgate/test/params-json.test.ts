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
import { kinds } from '../src/params/kinds.ts'
import { samples } from '../src/testing/samples/index.ts'

function without(value: unknown, name: string): unknown {
  return Object.fromEntries(Object.entries(value as object).filter(([other]) => other !== name))
}

const odd: unknown[] = [undefined, null, 0, 'text', true, [], [null], [[]], {}, { __proto__: null }, [{}]]

describe('JSON webhooks', () => {
  test('a batch of events, the test event and nothing else', () => {
    expect(isEventBatch(samples['events.batch'].json)).toBe(true)
    expect(isEventBatch(samples['events.test'].json)).toBe(true)
    const [first] = samples['events.batch'].json as [object]
    expect(isEventBatch(first)).toBe(false)
    for (const { name, always } of kinds['events.batch'].parameters)
      expect([name, isEventBatch([first, without(first, name)])]).toEqual([name, !always])
    expect(isEventBatch([first, null])).toBe(false)
    expect(isEventBatch([{ ...first, data: 'text' }])).toBe(false)
    for (const json of odd) expect(isEventBatch(json)).toBe(false)
  })

  test('a notice of a transcript', () => {
    const { json } = samples['intelligence.transcript']
    expect(isTranscriptNotice(json)).toBe(true)
    for (const { name, always } of kinds['intelligence.transcript'].parameters)
      expect([name, isTranscriptNotice(without(json, name))]).toEqual([name, !always])
    for (const other of odd) expect(isTranscriptNotice(other)).toBe(false)
  })

  test('an event of the orchestrator', () => {
    const { json } = samples.orchestrator
    expect(isOrchestratorEvent(json)).toBe(true)
    for (const { name } of kinds.orchestrator.parameters) expect(isOrchestratorEvent(without(json, name))).toBe(false)
    for (const other of odd) expect(isOrchestratorEvent(other)).toBe(false)
  })

  test("the debugger's payload", () => {
    const params = new Map(samples['debugger.event'].params)
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

describe('messages of a media stream', () => {
  test.each([
    [{ event: 'connected', protocol: 'Call', version: '1.0.0' }],
    [start],
    [{ ...start, start: without(start.start, 'customParameters') }],
    [{ event: 'media', ...numbered, media: { track: 'inbound', chunk: '2', timestamp: '5', payload: 'no+JhoaJjpz' } }],
    [{ event: 'dtmf', ...numbered, dtmf: { track: 'inbound_track', digit: '1' } }],
    [{ event: 'mark', ...numbered, mark: { name: 'my label' } }],
    [{ event: 'stop', ...numbered, stop: { accountSid: 'AC1', callSid: 'CA1' }, more: 'kept' }],
  ])('%j', (message) => {
    expect(parseStreamMessage(JSON.stringify(message))).toEqual(message)
    for (const name of Object.keys(message).filter((one) => one !== 'more'))
      expect(parseStreamMessage(JSON.stringify(without(message, name)))).toBeUndefined()
  })

  test('what the types do not promise is refused', () => {
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

describe('messages of ConversationRelay', () => {
  test.each([
    [setup],
    [{ ...setup, accountSid: 'AC1', parentCallSid: '', callerName: null, customParameters: { lang: 'pt' } }],
    [{ type: 'dtmf', digit: '1' }],
    [{ type: 'error', description: 'Invalid message received' }],
    [{ type: 'prompt', voicePrompt: 'Hi!', lang: 'en-US', last: true }],
    [{ type: 'interrupt', utteranceUntilInterrupt: 'Life is', durationUntilInterruptMs: '460' }],
    [{ type: 'interrupt', utteranceUntilInterrupt: 'Life is', durationUntilInterruptMs: 460 }],
  ])('%j', (message) => {
    expect(parseRelayMessage(JSON.stringify(message))).toEqual(message)
    expect(parseRelayMessage(JSON.stringify({ ...message, type: 'other' }))).toBeUndefined()
  })

  test.each(Object.keys(setup))('a setup without %s is none', (name) => {
    expect(parseRelayMessage(JSON.stringify(without(setup, name)))).toBeUndefined()
  })
})

test('nothing whatsoever makes them throw', () => {
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
