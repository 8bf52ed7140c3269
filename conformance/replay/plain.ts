import { sampleWebhook, signRequest, webhookKinds } from 'tollgate/testing'
import { assertEqual, assertRejected } from '../kit/assert.ts'
import {
  account,
  makeJsonRequest,
  makeRequest,
  origin,
  otherToken,
  type Signed,
  sharedKey,
  token,
} from '../kit/draft.ts'
import { hashHex } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { assertDelivery, makeReceiver, type ReplaySubject } from './subject.ts'

/** Forms that Twilio never sends twice, except to retry a failed one. */
const neverRepeated = [
  'message.inbound',
  'message.status',
  'whatsapp.inbound',
  'rcs.inbound',
  'call.status',
  'recording.status',
] as const
/**
 * No guard reserves these. Handshakes are all the same, a bundle's callback may have the URL of an
 * event, and two steps of a call may be alike.
 */
const skipped = [
  ...['media-stream.handshake', 'conversation-relay.handshake', 'regulatory.bundle', 'call.inbound', 'sip.inbound'],
  ...['gather.dtmf', 'gather.speech', 'gather.partial', 'dial.action', 'pay.action', 'pay.status', 'sip.refer'],
  ...['queue.wait', 'queue.connect', 'queue.action'],
]

type Kind = (typeof webhookKinds)[number]

function deliver(kind: Kind): Signed {
  const { method, url, headers, body, handshake } = signRequest({
    url: `${origin}/hook`,
    authToken: token,
    ...sampleWebhook(kind),
  })
  return {
    method,
    url: url.slice(origin.length),
    headers,
    ...(body !== undefined && { body }),
    ...(handshake && { handshake }),
  }
}

/** D1: a captured request is sent again, unchanged. */
export function plainReplays(subject: ReplaySubject): Suite {
  return defineSuite('D1 plain replay', {
    'without a guard, nothing counts as a replay': async () => {
      const request = await makeRequest()
      for (let i = 0; i < 2; i++)
        assertDelivery(await makeReceiver(subject, {}, { replay: undefined })(request), undefined)
    },
    'it is marked every time': async () => {
      const deliverOnce = makeReceiver(subject)
      const request = await makeRequest()
      assertDelivery(await deliverOnce(request), 'first')
      for (let i = 0; i < 3; i++) assertDelivery(await deliverOnce(request), 'repeated')
    },
    "with 'reject', kinds that never repeat are refused every time": async () => {
      for (const kind of neverRepeated) {
        const deliverOnce = makeReceiver(subject, { whenRepeated: 'reject' })
        assertDelivery(await deliverOnce(deliver(kind)), 'first', kind)
        for (let i = 0; i < 3; i++) assertRejected(await deliverOnce(deliver(kind)), 'replayed')
      }
    },
    "with 'reject', no other form, query or handshake is refused": async () => {
      const others = webhookKinds.filter((kind) => !neverRepeated.some((one) => one === kind))
      for (const kind of others.filter((one) => sampleWebhook(one).json === undefined)) {
        const deliverOnce = makeReceiver(subject, { whenRepeated: 'reject' })
        const expected = skipped.includes(kind) ? (['unknown', 'unknown'] as const) : (['first', 'repeated'] as const)
        for (const delivery of expected) assertDelivery(await deliverOnce(deliver(kind)), delivery, kind)
      }
    },
    'a replay is answered 403, like other rejections': async () => {
      const deliverOnce = makeReceiver(subject, { whenRepeated: 'reject' })
      await deliverOnce(deliver('message.inbound'))
      assertEqual(assertRejected(await deliverOnce(deliver('message.inbound')), 'replayed').status, 403, 'the status')
    },
    "with 'reject', JSON events are refused, and JSON of a Studio flow is marked": async () => {
      const deliverOnce = makeReceiver(subject, { whenRepeated: 'reject' })
      const events = await makeJsonRequest([{ specversion: '1.0', type: 'com.twilio.messaging.message.sent' }])
      const composed = await makeJsonRequest({ from: '+14155550142' })
      for (const request of [events, composed]) assertDelivery(await deliverOnce(request), 'first')
      assertRejected(await deliverOnce(events), 'replayed')
      assertDelivery(await deliverOnce(composed), 'repeated')
    },
    'the callback of a regulatory bundle makes no later request a replay': async () => {
      const hash = `bodySHA256=${await hashHex('{}')}`
      const path = `/x?AccountSid=${account}&BundleSid=BU1&${hash}`
      const bundle = { ...(await makeRequest({ method: 'GET', path, params: [] })), body: undefined }
      const deliverOnce = makeReceiver(subject, { whenRepeated: 'reject' })
      for (let i = 0; i < 2; i++) assertDelivery(await deliverOnce(bundle), 'unknown', 'the callback')
      const event = await makeRequest({ path, body: '{}', contentType: 'application/json' })
      assertDelivery(await deliverOnce(event), 'first', 'an event with the same URL')
      assertDelivery(await deliverOnce(event), 'repeated', 'the event again')
    },
    "a signature with another of the receiver's keys does not make another delivery": async () => {
      const keys = { authToken: [token, otherToken], sharedKeys: { [sharedKey.id]: sharedKey.secret } }
      const deliverOnce = makeReceiver(subject, {}, keys)
      assertDelivery(await deliverOnce(await makeRequest()), 'first')
      assertDelivery(await deliverOnce(await makeRequest({ token: otherToken })), 'repeated')
      assertDelivery(await deliverOnce(await makeRequest({ sharedKey })), 'repeated')
    },
    'a request that does not verify reserves nothing': async () => {
      const deliverOnce = makeReceiver(subject)
      assertRejected(await deliverOnce(await makeRequest({ token: otherToken })), 'signature_mismatch')
      assertDelivery(await deliverOnce(await makeRequest()), 'first')
    },
  })
}
