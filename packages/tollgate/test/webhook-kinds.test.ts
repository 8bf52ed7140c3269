import { describe, expect, test } from 'vitest'
import { kindOf, kindOfJson, kinds, neverRepeats, type WebhookKind } from '../src/schemes/twilio/webhooks/index.ts'
import { sampleWebhook, webhookKinds } from '../src/testing/index.ts'
import { type Fixture, twilioFixtures } from './testing-fixtures.ts'

const kindOfFixture: Record<string, WebhookKind | undefined> = {
  'sms-inbound': 'message.inbound',
  'sms-inbound-unicode-whitespace': 'message.inbound',
  'mms-inbound-two-media': 'message.inbound',
  'mms-inbound-group': 'message.inbound',
  'subaccount-sms': 'message.inbound',
  'sms-inbound-sharedkey-sha256': 'message.inbound',
  'whatsapp-inbound-text': 'whatsapp.inbound',
  'whatsapp-inbound-button': 'whatsapp.inbound',
  'whatsapp-inbound-location': 'whatsapp.inbound',
  'message-status-delivered': 'message.status',
  'message-status-undelivered-override': 'message.status',
  'message-status-https-port-kept': 'message.status',
  'voice-inbound': 'call.inbound',
  'voice-inbound-https-port-dropped': 'call.inbound',
  'voice-inbound-default-port-added': 'call.inbound',
  'voice-inbound-get': 'call.inbound',
  // Contains only the customer's own query.
  'voice-gather-get-raw-apostrophe': undefined,
  'voice-gather-dtmf': 'gather.dtmf',
  'voice-gather-speech': 'gather.speech',
  'voice-status-completed': 'call.status',
  'voice-dial-action': 'dial.action',
  'voice-amd-async': 'amd',
  'voice-sip-inbound': 'sip.inbound',
  'recording-completed': 'recording.status',
  'transcription-legacy': 'transcription',
  'transcription-realtime-content': 'transcription.realtime',
  'conference-participant-join': 'conference.participant',
  'conference-end': 'conference.status',
  'conversations-onMessageAdded': 'conversations.message',
  'conversations-onConversationAdd-repeated': 'conversations.conversation',
  'conversations-onDeliveryUpdated': 'conversations.delivery',
  'taskrouter-event': 'taskrouter.event',
  'taskrouter-assignment': 'taskrouter.assignment',
  'video-participant-connected': 'video.room',
  'video-composition-available': 'video.composition',
  'debugger-event': 'debugger.event',
  'conversationrelay-action': 'conversation-relay.action',
  'proxy-interaction': 'proxy.interaction',
  'event-streams-batch': 'events.batch',
  'event-streams-test': 'events.test',
  'voice-intelligence-transcript': 'intelligence.transcript',
  // The customer composes this body.
  'studio-http-request-json': undefined,
  'conversation-orchestrator': 'orchestrator',
  'verify-push-challenge': 'verify.challenge',
  'regulatory-bundle-get': 'regulatory.bundle',
  // A handshake does not show its product.
  'media-stream-handshake': undefined,
  'media-stream-handshake-trailing-slash': undefined,
  'conversationrelay-handshake-query': undefined,
}

function readKind(fixture: Fixture): WebhookKind | undefined {
  if (fixture.scheme === 'twilio-json') return kindOfJson(JSON.parse(fixture.rawBody))
  return kindOf(new URLSearchParams(readPairs(fixture)))
}

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
  for (const fixture of twilioFixtures)
    test(`${fixture.id} is ${kindOfFixture[fixture.id] ?? 'no kind'}`, () => {
      expect(Object.keys(kindOfFixture)).toContain(fixture.id)
      expect(readKind(fixture)).toBe(kindOfFixture[fixture.id])
    })

  test('a request in the middle of a call and an empty request have no kind', () => {
    const step = new Map([
      ['CallSid', 'CA1'],
      ['CallStatus', 'in-progress'],
      ['Direction', 'inbound'],
    ])
    expect(kindOf(step)).toBeUndefined()
    expect(kindOf(new Map())).toBeUndefined()
    for (const json of [undefined, null, 1, 'text', [], [null], {}, { type: 'com.twilio.x' }, { specversion: {} }])
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

  for (const fixture of twilioFixtures) {
    const kind = kindOfFixture[fixture.id]
    if (kind === undefined) continue
    test(`${kind} lists the parameters of ${fixture.id}`, () => {
      const first: unknown = fixture.scheme === 'twilio-json' ? [JSON.parse(fixture.rawBody)].flat()[0] : undefined
      const own = new Set(new URL(fixture.configuredUrl).searchParams.keys())
      const sent = first ? Object.keys(first) : readPairs(fixture).map(([name]) => name)
      expect(sent.filter((name) => !own.has(name) && !isListed(kind, name))).toEqual([])
    })
    test(`${kind} marks a parameter as always sent only if ${fixture.id} has it`, () => {
      const first: unknown = fixture.scheme === 'twilio-json' ? [JSON.parse(fixture.rawBody)].flat()[0] : undefined
      const sent = first ? Object.keys(first) : readPairs(fixture).map(([name]) => name)
      expect(listAlways(kind).filter((name) => !sent.includes(name))).toEqual([])
    })
  }

  for (const kind of webhookKinds) {
    if (kinds[kind].body === 'handshake' || kind === 'studio.json') continue
    test(`${kind} lists the parameters of its sample, which has all that are always sent`, () => {
      const sample = sampleWebhook(kind)
      const first: unknown = sample.json ? [sample.json].flat()[0] : undefined
      const sent = first ? Object.keys(first) : (sample.params ?? []).map(([name]) => name)
      expect(listAlways(kind).filter((name) => !sent.includes(name))).toEqual([])
      expect(sent.filter((name) => !isListed(kind, name))).toEqual([])
    })
  }

  test('no list names a parameter twice', () => {
    for (const { parameters } of Object.values(kinds))
      expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length)
  })
})
