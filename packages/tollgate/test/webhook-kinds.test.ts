import { describe, expect, test } from 'vitest'
import { kindOf, kindOfJson, kinds, neverRepeats, type WebhookKind } from '../src/schemes/twilio/webhooks/index.ts'
import { sampleWebhook, webhookKinds } from '../src/testing/index.ts'
import { type Fixture, twilioFixtures } from './testing-fixtures.ts'

// Of the fixtures whose content is not that of a sample.
const kindOfFixture: Record<string, WebhookKind | undefined> = {
  'sms-inbound-unicode-whitespace': 'message.inbound',
  'mms-inbound-two-media': 'message.inbound',
  'mms-inbound-group': 'message.inbound',
  'subaccount-sms': 'message.inbound',
  'sms-inbound-sharedkey-sha256': 'message.inbound',
  'whatsapp-inbound-button': 'whatsapp.inbound',
  'whatsapp-inbound-location': 'whatsapp.inbound',
  'message-status-undelivered-override': 'message.status',
  'message-status-https-port-kept': 'message.status',
  'voice-inbound-https-port-dropped': 'call.inbound',
  'voice-inbound-default-port-added': 'call.inbound',
  'voice-inbound-get': 'call.inbound',
  // Contains only the customer's own query.
  'voice-gather-get-raw-apostrophe': undefined,
  'regulatory-bundle-get': 'regulatory.bundle',
  // A handshake does not show its product.
  'media-stream-handshake': undefined,
  'media-stream-handshake-trailing-slash': undefined,
  'conversationrelay-handshake-query': undefined,
}
const ownFixtures = twilioFixtures.filter(({ kind }) => kind === undefined)

function readPairs({ method, params, receivedUrl }: Fixture): [string, string][] {
  return method === 'POST' ? params : [...new URL(receivedUrl).searchParams]
}

function listAlways(kind: WebhookKind): string[] {
  return kinds[kind].parameters.filter((one) => one.always).map((one) => one.name)
}

function isListed(kind: WebhookKind, name: string): boolean {
  const spellings = [name, name.replace(/\d+$/, '{N}'), name.replace(/_.*/, '_*')]
  return kinds[kind].parameters.some((one) => spellings.includes(one.name))
}

describe('kindOf', () => {
  test.each(ownFixtures.map((fixture) => [fixture.id, fixture] as const))('%s', (id, fixture) => {
    expect(Object.keys(kindOfFixture)).toContain(id)
    expect(kindOf(new URLSearchParams(readPairs(fixture)))).toBe(kindOfFixture[id])
  })

  test('a request in the middle of a call and an empty request have no kind', () => {
    const step = new Map([
      ['CallSid', 'CA1'],
      ['CallStatus', 'in-progress'],
      ['Direction', 'inbound'],
    ])
    expect(kindOf(step)).toBeUndefined()
    expect(kindOf(new Map())).toBeUndefined()
    const composed = sampleWebhook('studio.json').json
    for (const json of [
      composed,
      undefined,
      null,
      1,
      'text',
      [],
      [null],
      {},
      { type: 'com.twilio.x' },
      { specversion: {} },
    ])
      expect(kindOfJson(json)).toBeUndefined()
  })

  test('one event has the same kind as a batch of it', () => {
    const event = { specversion: '1.0', type: 'com.twilio.messaging.message.delivered', data: {} }
    expect(kindOfJson(event)).toBe('events.batch')
    expect(kindOfJson([event])).toBe('events.batch')
  })

  test('a batch transcription that failed has no sentences', () => {
    const failed = { id: 'voice_transcription_01k9example', sourceId: null, status: 'failed' }
    expect(kindOfJson(failed)).toBe('transcription.batch')
    expect(kindOfJson({ ...failed, id: 'voice_transcriptionconfiguration_1' })).toBeUndefined()
  })

  test('a Record action, which has Digits too, is not a gather', () => {
    const record = new Map([
      ...(sampleWebhook('gather.dtmf').params ?? []),
      ['RecordingUrl', 'https://api.twilio.com/r'],
    ] as const)
    expect(kindOf(record)).toBeUndefined()
    expect(kindOf(record.set('RecordingDuration', '3'))).toBe('record.action')
    expect(kindOf(record.set('CallDuration', '3'))).toBeUndefined()
  })

  for (const kind of webhookKinds) {
    const { body } = kinds[kind]
    if (body === 'handshake' || kind === 'studio.json') continue
    test(`the sample of ${kind} has that kind`, () => {
      const { params = [], json } = sampleWebhook(kind)
      expect(body === 'json' ? kindOfJson(json) : kindOf(new Map(params))).toBe(kind)
    })
  }

  test('a participant of a Flex interaction is none of a conversation', () => {
    const sent = { EventType: 'onParticipantJoined', AccountSid: 'AC1', ParticipantSid: 'UT1', InteractionSid: 'KD1' }
    expect(kindOf(new Map(Object.entries(sent)))).toBe('flex.interaction')
  })

  test('parameters that a channel adds do not turn an inbound message into a status', () => {
    const rcs = new Map(sampleWebhook('rcs.inbound').params)
    expect(kindOf(rcs.set('MessageStatus', 'read'))).toBe('message.status')
    const partial = new Map(sampleWebhook('gather.partial').params)
    expect(kindOf(partial.set('SequenceNumber', '7'))).toBe('gather.partial')
  })
})

describe('the table of kinds', () => {
  test('these kinds never repeat', () => {
    expect(webhookKinds.filter(neverRepeats)).toEqual([
      'call.status',
      'events.batch',
      'events.test',
      'intelligence.rule-execution',
      'intelligence.transcript',
      'message.inbound',
      'message.status',
      'orchestrator',
      'rcs.inbound',
      'recording.status',
      'whatsapp.inbound',
    ])
  })

  const sent = [
    ...ownFixtures.map((fixture) => {
      const own = new URL(fixture.configuredUrl).searchParams
      const names = readPairs(fixture).map(([name]) => name)
      return [fixture.id, kindOfFixture[fixture.id], names.filter((name) => !own.has(name))] as const
    }),
    ...webhookKinds.map((kind) => {
      const { json, params = [] } = sampleWebhook(kind)
      const names = json === undefined ? params.map(([name]) => name) : Object.keys([json].flat()[0] as object)
      return ['a sample', kinds[kind].body === 'handshake' || kind === 'studio.json' ? undefined : kind, names] as const
    }),
  ]
  test.each(sent.filter(([, kind]) => kind !== undefined))(
    '%s of %s has what is always sent, and else only what is listed',
    (_id, kind, names) => {
      expect(listAlways(kind as WebhookKind).filter((name) => !names.includes(name))).toEqual([])
      expect(names.filter((name) => !isListed(kind as WebhookKind, name))).toEqual([])
    },
  )

  test('no list names a parameter twice', () => {
    for (const { parameters } of Object.values(kinds))
      expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length)
  })
})
