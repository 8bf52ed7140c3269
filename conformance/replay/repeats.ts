import { assertAccepted } from '../kit/assert.ts'
import { account, inboundSms, makeHandshake, makeRequest, type Signed } from '../kit/draft.ts'
import type { Pairs } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { assertDelivery, makeReceiver, type ReplaySubject } from './subject.ts'

const reject = { whenRepeated: 'reject' } as const
const call: Pairs = [
  ['CallSid', 'CA00000000000000000000000000000001'],
  ['AccountSid', account],
  ['CallStatus', 'in-progress'],
  ['Direction', 'inbound'],
  ['ApiVersion', '2010-04-01'],
  ['From', '+14155550142'],
  ['To', '+12025550123'],
]

function makeStep(path: string, ...more: Pairs): Promise<Signed> {
  return makeRequest({ path, params: [...call, ...more] })
}

/** D5: requests that Twilio repeats, or sends in any order, are accepted. */
export function genuineRepeats(subject: ReplaySubject): Suite {
  return defineSuite('D5 genuine repeats', {
    'status events in any order': async () => {
      const deliver = makeReceiver(subject, reject)
      for (const number of ['3', '0', '2', '1'])
        assertDelivery(await deliver(await makeStep('/status', ['SequenceNumber', number])), 'first')
    },
    'repeated steps of a call, which may be alike: a menu, a dial, a redirect': async () => {
      const steps = [
        await makeStep('/menu', ['Digits', '1']),
        await makeStep('/menu', ['SpeechResult', 'sales'], ['Confidence', '0.9']),
        await makeStep('/dialed', ['DialCallStatus', 'no-answer']),
        await makeStep('/voice'),
      ]
      const deliver = makeReceiver(subject, reject)
      for (const step of [...steps, ...steps]) assertDelivery(await deliver(step), 'unknown')
    },
    'the repeat after a basic-auth 401, and a retry after a 5xx: both were released': async () => {
      const deliver = makeReceiver(subject, reject)
      const event = await makeStep('/status', ['SequenceNumber', '1'])
      await assertAccepted(await deliver(event)).release()
      assertDelivery(await deliver({ ...event, headers: { ...event.headers, authorization: 'Basic eDp5' } }), 'first')
    },
    'WebSocket handshakes, which are all the same': async () => {
      const deliver = makeReceiver(subject, reject)
      const handshake = await makeHandshake()
      for (let i = 0; i < 3; i++) assertDelivery(await deliver(handshake), 'unknown')
    },
    'a message with the same text and another MessageSid': async () => {
      const deliver = makeReceiver(subject, reject)
      for (const sid of ['SM1', 'SM2']) {
        const params = inboundSms.map(([name, value]) => [name, name === 'MessageSid' ? sid : value] as const)
        assertDelivery(await deliver(await makeRequest({ params })), 'first')
      }
    },
    'a delivery to two URLs of the same application': async () => {
      const deliver = makeReceiver(subject, reject)
      for (const path of ['/sms', '/copy']) assertDelivery(await deliver(await makeRequest({ path })), 'first')
    },
  })
}
