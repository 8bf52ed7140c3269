import { describe, expect, test } from 'vitest'
import type { WebhookParams } from '../src/index.ts'
import { type FormKind, isKind, isStop, kindOf, media } from '../src/params/index.ts'
import { ReceivedParams } from '../src/schemes/twilio/webhook.ts'
import { kinds } from '../src/schemes/twilio/webhooks/index.ts'
import { sampleWebhook } from '../src/testing/index.ts'

const formKinds = (Object.keys(kinds) as FormKind[]).filter((kind) => /^(form|query)$/.test(kinds[kind].body))

function make(params: Readonly<Record<string, string>>): WebhookParams {
  return new ReceivedParams(Object.entries(params))
}

function sample(kind: FormKind): WebhookParams {
  return new ReceivedParams(sampleWebhook(kind).params ?? [])
}

describe('isKind', () => {
  test.each(formKinds)('is true for %s, and for no other kind', (kind) => {
    expect(formKinds.filter((other) => isKind(sample(kind), other))).toEqual([kind])
  })

  test('is false if a parameter is missing that the types promise', () => {
    for (const kind of formKinds) {
      const pairs = sampleWebhook(kind).params ?? []
      for (const { name } of kinds[kind].parameters.filter(({ always }) => always)) {
        const without = new ReceivedParams(pairs.filter(([other]) => other !== name))
        expect(isKind(without, kind)).toBe(false)
      }
    }
    const bare = make({ MessageSid: 'SM1', SmsStatus: 'received' })
    expect([kindOf(bare), isKind(bare, 'message.inbound')]).toEqual(['message.inbound', false])
  })

  test('an empty value counts as present', () => {
    const empty = new ReceivedParams(
      (sampleWebhook('message.inbound').params ?? []).map(([n, v]) => [n, n === 'Body' ? '' : v]),
    )
    expect(isKind(empty, 'message.inbound') && empty.get('Body')).toBe('')
  })

  test('knows a WhatsApp message from a user who hides the number', () => {
    const id = 'whatsapp:US.1A2B3C4D5E'
    const sent = Object.fromEntries(sampleWebhook('whatsapp.inbound', { From: id, ExternalUserId: id }).params ?? [])
    delete sent.WaId
    const params = make(sent)
    expect(isKind(params, 'whatsapp.inbound') && [params.get('From'), params.get('WaId')]).toEqual([id, undefined])
  })

  test('is true for one of several kinds', () => {
    expect(isKind(sample('whatsapp.inbound'), 'message.inbound', 'whatsapp.inbound')).toBe(true)
    expect(isKind(sample('message.status'), 'message.inbound', 'whatsapp.inbound')).toBe(false)
  })

  test('a misspelled kind and a kind without form parameters are a TypeError for every request', () => {
    const ask = (kind: string) => () => isKind(make({}), kind as FormKind)
    expect(ask('mesage.inbound')).toThrow(
      new TypeError('Unknown kind of webhook "mesage.inbound". Did you mean "message.inbound"?'),
    )
    expect(ask('events.batch')).toThrow(/"events.batch" has no form parameters/)
    expect(ask('media-stream.handshake')).toThrow(TypeError)
    expect(ask('__proto__')).toThrow(TypeError)
    expect(ask('constructor')).toThrow(TypeError)
  })
})

describe('media', () => {
  const two = {
    NumMedia: '2',
    MediaUrl0: 'https://api.twilio.com/0',
    MediaContentType0: 'image/jpeg',
    MediaUrl1: 'https://api.twilio.com/1',
  }

  test('lists the attached files in order', () => {
    expect(media(make(two))).toEqual([
      { url: 'https://api.twilio.com/0', contentType: 'image/jpeg' },
      { url: 'https://api.twilio.com/1', contentType: undefined },
    ])
    expect(media(new URLSearchParams(two))).toHaveLength(2)
    expect(media(sample('message.inbound'))).toEqual([])
    expect(media(sample('message.status'))).toEqual([])
  })

  test('lists as many files as NumMedia says', () => {
    expect(media(make({ ...two, NumMedia: '1' }))).toHaveLength(1)
    expect(media(make({ ...two, NumMedia: '0' }))).toEqual([])
  })

  test.each(['', '-1', '1e9', '0x2', ' 2', '2 ', '1.5', 'NaN', 'Infinity', '2\n', '٢', '99999999999999999999'])(
    'a NumMedia of %j means no files',
    (NumMedia) => expect(media(make({ ...two, NumMedia }))).toEqual([]),
  )

  test('a large NumMedia reads at most 100 files', () => {
    const asked: string[] = []
    const get = (name: string): string | undefined => {
      asked.push(name)
      return name === 'NumMedia' ? '999' : undefined
    }
    expect(media({ get })).toEqual([])
    expect(asked).toHaveLength(101)
  })

  test('a missing or empty URL is skipped', () => {
    expect(media(make({ ...two, NumMedia: '4', MediaUrl2: '', MediaUrl3: 'https://api.twilio.com/3' }))).toHaveLength(3)
  })
})

describe('isStop', () => {
  test.each(['STOP', 'stop', 'sToP', ' Stop\n', 'STOPALL', 'unsubscribe', 'Cancel', 'END', 'quit', 'REVOKE', 'OptOut'])(
    '%j opts out',
    (Body) => expect(isStop(make({ Body }))).toBe(true),
  )

  test.each([
    '',
    'stop please',
    'please stop',
    'STOP!',
    'START',
    'HELP',
    'stop\nstop',
    'ſtop',
    'unſubscribe',
    '"stop"',
  ])('%j does not', (Body) => expect(isStop(make({ Body }))).toBe(false))

  test('OptOutType decides if Twilio sends it', () => {
    expect(isStop(make({ Body: 'BAJA', OptOutType: 'STOP' }))).toBe(true)
    expect(isStop(make({ Body: 'cancel', OptOutType: 'HELP' }))).toBe(false)
    expect(isStop(make({ Body: 'stop', OptOutType: 'START' }))).toBe(false)
    expect(isStop(make({ Body: 'stop', OptOutType: '' }))).toBe(true)
    expect(isStop(make({}))).toBe(false)
  })

  test('a long body is read quickly', () => {
    expect(isStop(make({ Body: `${' '.repeat(200_000)}x${' '.repeat(200_000)}` }))).toBe(false)
  })
})
