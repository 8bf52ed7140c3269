import type { IncomingRequest } from 'tollgate'
import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import {
  account,
  formType,
  host,
  inboundSms,
  makeRequest,
  origin,
  type Signed,
  sms,
  token,
  withHeaders,
} from '../kit/draft.ts'
import type { Options } from '../kit/library.ts'
import { encodeForm, joinParams } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { assertDelivery, assertNotNew, makeReceiver, type ReplaySubject } from './subject.ts'

const retryToken = 'i-twilio-idempotency-token'

/** Checks that a copy of a request that an attacker changed does not count as a new delivery. */
async function checkSame(
  subject: ReplaySubject,
  first: Signed,
  again: IncomingRequest,
  options?: Options,
): Promise<void> {
  const deliver = makeReceiver(subject, { whenRepeated: 'reject' }, options)
  assertAccepted(await deliver(first))
  assertNotNew(await deliver(again), 'sent again')
}

/** D2: unsigned data does not make another delivery. */
export function unsignedHeaders(subject: ReplaySubject): Suite {
  const headers: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
    'another idempotency token': { [retryToken]: '00000000-0000-4000-8000-000000000002' },
    'no idempotency token': { [retryToken]: undefined },
    'an empty idempotency token': { [retryToken]: '' },
    'another User-Agent': { 'user-agent': 'curl/8' },
    'another spelling of the content type': { 'content-type': `${formType}; charset=UTF-8` },
    'more headers': { date: 'Tue, 24 Nov 2026 10:00:00 GMT', 'x-request-id': '2', 'x-home-region': 'ie1' },
  }
  return defineSuite('D2 a replay with other unsigned headers', {
    ...Object.fromEntries(
      Object.entries(headers).map(([name, changed]) => [
        name,
        async () => {
          const first = await makeRequest({ headers: { [retryToken]: '00000000-0000-4000-8000-000000000001' } })
          await checkSame(subject, first, withHeaders(first, changed))
        },
      ]),
    ),
    'without its MessageSid it does not verify': async () => {
      const first = await makeRequest()
      const body = encodeForm(sms.filter(([name]) => name !== 'MessageSid'))
      assertRejected(await makeReceiver(subject)({ ...first, body }), 'signature_mismatch')
    },
  })
}

/** D3: one signing string is one delivery, in every encoding. */
export function otherSpellings(subject: ReplaySubject): Suite {
  const formsOf = async (): Promise<readonly [Signed, Readonly<Record<string, string>>]> => {
    const first = await makeRequest()
    return [
      first,
      {
        reversed: encodeForm(sms.toReversed()),
        'with repeated pairs': encodeForm([...sms, ...sms.slice(0, 2)]),
        'with %20 for spaces': encodeForm(sms).replaceAll('+', '%20'),
        'with lower-case escapes': encodeForm(sms).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
        'with every character escaped': encodeForm(sms).replace(/[A-Za-z]/g, escapeLetter),
        'with empty fields': `&&${encodeForm(sms)}&`,
      },
    ]
  }
  return defineSuite('D3 a replay in another spelling', {
    'of the form': async () => {
      const [first, forms] = await formsOf()
      for (const body of Object.values(forms)) await checkSame(subject, first, { ...first, body })
    },
    'of the host': async () => {
      const first = await makeRequest()
      for (const spelled of [host.toUpperCase(), `${host}:443`])
        await checkSame(subject, first, withHeaders(first, { host: spelled }))
    },
    'of the target, as an absolute URL': async () => {
      const first = await makeRequest()
      await checkSame(subject, first, { ...first, url: `${origin}/sms` })
    },
    'of the apostrophe in the query': async () => {
      const path = "/sms?name=O'Hara"
      const first = await makeRequest({ path })
      await checkSame(subject, first, { ...first, url: path.replace("'", '%27') })
    },
    'of the last slash, with trailingSlash either': async () => {
      const first = await makeRequest({ path: '/sms/' })
      await checkSame(subject, first, { ...first, url: '/sms' }, { trailingSlash: 'either' })
    },
    'of spaces, with a query that the platform encodes': async () => {
      const first = await makeRequest({ path: '/sms?q=a+b' })
      await checkSame(subject, first, { ...first, url: '/sms?q=a%20b', urlIsNormalized: true })
    },
    'of header names': async () => {
      const first = await makeRequest()
      const headers = Object.entries(first.headers).map(([name, value]) => [name.toUpperCase(), value])
      await checkSame(subject, first, { ...first, headers: Object.fromEntries(headers) })
    },
    'moved from the form into the URL': async () => {
      const params = [
        ['MessageSid', 'SM1'],
        ['AccountSid', account],
      ] as const
      const { body: _form, ...first } = await makeRequest({ path: '/sms?a=1', params })
      const whole = await makeRequest({ path: '/sms?a=1', params })
      await checkSame(subject, whole, { ...first, method: 'GET', url: `/sms?a=1${joinParams(params)}` })
    },
    'of another query order or letter case: it does not verify': async () => {
      const first = await makeRequest({ path: '/sms?a=1&b=2' })
      for (const url of ['/sms?b=2&a=1', '/SMS?a=1&b=2', '/sms?A=1&b=2'])
        assertRejected(await makeReceiver(subject)({ ...first, url }), 'signature_mismatch')
    },
  })
}

const unknown = 'a split of no known kind'

/** Splits the same signing string into other names and values. */
async function splitElsewhere(): Promise<Readonly<Record<string, Signed>>> {
  const genuine = await makeRequest({ params: inboundSms })
  const split = (from: string, to: string): Signed => {
    const body = genuine.body?.replace(from, to) ?? ''
    assert(body !== genuine.body, `${from} is not in the body`)
    return { ...genuine, body }
  }
  return {
    genuine,
    [unknown]: split('SmsStatus=received', 'SmsStatu=sreceived'),
    'a split without its SID': split('MessageSid=SM', 'MessageSidSM='),
    'a split that moves a whole pair into the URL': {
      ...split(`AccountSid=${account}&`, ''),
      url: `/smsAccountSid${account}`,
    },
  }
}

/**
 * D3: the signing string has no delimiters. So a captured delivery can be split elsewhere, and look
 * like another kind.
 */
export function otherSplits(subject: ReplaySubject): Suite {
  const reject = { whenRepeated: 'reject' } as const
  return defineSuite('D3 a replay that is split elsewhere', {
    'after the genuine delivery, every split is refused': async () => {
      const { genuine, ...splits } = await splitElsewhere()
      const deliver = makeReceiver(subject, reject)
      assertDelivery(await deliver(genuine as Signed), 'first')
      for (const split of Object.values(splits)) assertRejected(await deliver(split), 'replayed')
    },
    'after any split, the genuine delivery is the first, and everything later is refused': async () => {
      const { genuine, ...splits } = await splitElsewhere()
      for (const split of Object.values(splits)) {
        const deliver = makeReceiver(subject, reject)
        for (const early of [split, ...Object.values(splits)]) assertAccepted(await deliver(early))
        assertDelivery(await deliver(genuine as Signed), 'first')
        for (const later of [genuine as Signed, ...Object.values(splits)])
          assertRejected(await deliver(later), 'replayed')
      }
    },
    'the genuine delivery does not wait for a split that is pending': async () => {
      const { genuine, [unknown]: split } = await splitElsewhere()
      const deliver = makeReceiver(subject, reject)
      const reportsOutcome = true
      const early = assertAccepted(await deliver({ ...(split as Signed), reportsOutcome }))
      const first = assertAccepted(await deliver({ ...(genuine as Signed), reportsOutcome }))
      assertEqual(first.delivery, 'first', 'delivery')
      await early.confirm()
      assertRejected(await deliver(split as Signed), 'replay_pending')
      await first.confirm()
      for (const later of [genuine as Signed, split as Signed]) assertRejected(await deliver(later), 'replayed')
    },
    'after a split that is of a kind that never repeats, the genuine delivery is refused': async () => {
      // One step of a call. Its last name and value can also be split so that they make an event.
      const step = [
        ['CallSid', 'CA1'],
        ['AccountSid', account],
        ['ApiVersion', '2010-04-01'],
        ['CallStatus', 'ringing'],
        ['Direction', 'inbound'],
        ['From', '+14155550142'],
        ['SequenceNumber1', '2'],
        ['To', '+12025550123'],
      ] as const
      const genuine = await makeRequest({ params: step })
      const deliver = makeReceiver(subject, reject)
      const split = { ...genuine, body: genuine.body?.replace('SequenceNumber1=2', 'SequenceNumber=12') ?? '' }
      assertDelivery(await deliver(split), 'first')
      assertRejected(await deliver(genuine), 'replayed')
    },
    'a release also forgets the kind': async () => {
      const { genuine, [unknown]: split } = await splitElsewhere()
      const deliver = makeReceiver(subject, reject)
      await assertAccepted(await deliver(split as Signed)).release()
      assertDelivery(await deliver(genuine as Signed), 'first')
      assertRejected(await deliver(split as Signed), 'replayed')
    },
  })
}

/** D4: the guard of an application and the guard of a route both check one request. */
export function checkedTwice(subject: ReplaySubject): Suite {
  const makeGuards = () => {
    const replay = subject.replay.replayGuard({ store: subject.makeStore(), whenRepeated: 'reject' })
    const make = () => subject.library.createVerifier({ publicUrl: origin, authToken: token, replay })
    return [make(), make()] as const
  }
  return defineSuite('D4 one request checked twice', {
    'counts once, by the identity of the native request': async () => {
      const [application, route] = makeGuards()
      const message = await makeRequest({ params: inboundSms })
      const native = { request: 1 }
      for (const verifier of [application, route]) assertDelivery(await verifier.verify(message, native), 'first')
      assertRejected(await application.verify(message, { request: 1 }), 'replayed')
    },
    'counts twice with equal headers and another native request': async () => {
      const [application, route] = makeGuards()
      const message = await makeRequest({ params: inboundSms, headers: { [retryToken]: 'a', 'x-request-id': 'a' } })
      assertDelivery(await application.verify(message, {}), 'first')
      assertRejected(await route.verify(message, {}), 'replayed')
      assertRejected(await route.verify(message), 'replayed')
    },
    'a release by one verifier counts for both': async () => {
      for (const which of [0, 1] as const) {
        const [application, route] = makeGuards()
        const message = await makeRequest({ params: inboundSms })
        const native = {}
        const both = [
          assertAccepted(await application.verify(message, native)),
          assertAccepted(await route.verify(message, native)),
        ]
        await both[which]?.release()
        assertEqual(assertAccepted(await route.verify(message, {})).delivery, 'first', 'the retry')
        await both[1 - which]?.release()
        assertRejected(await route.verify(message, {}), 'replayed')
      }
    },
  })
}

function escapeLetter(letter: string, at: number, text: string): string {
  // Letters of an escape are part of an encoded character already.
  const inEscape = text[at - 1] === '%' || text[at - 2] === '%'
  return inEscape ? letter : `%${letter.charCodeAt(0).toString(16)}`
}
