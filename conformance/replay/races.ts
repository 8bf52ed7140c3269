import type { ReplayStore } from 'tollgate/replay'
import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import { inboundSms, makeRequest, type Signed } from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { assertDelivery, assertNotNew, makeReceiver, type ReplaySubject } from './subject.ts'

const reject = { whenRepeated: 'reject' } as const
function makeMessage(sid = 'SM1'): Promise<Signed> {
  return makeRequest({ params: inboundSms.map(([name, value]) => [name, name === 'MessageSid' ? sid : value]) })
}

/** D4: simultaneous copies, failures and floods. */
export function races(subject: ReplaySubject): Suite {
  return defineSuite('D4 races, failures, floods', {
    'of 100 copies at once, one is new, and the others are recognised or asked to come again': async () => {
      for (const whenRepeated of ['mark', 'reject'] as const) {
        const deliver = makeReceiver(subject, { whenRepeated })
        const message = await makeMessage()
        const verdicts = await Promise.all(Array.from({ length: 100 }, () => deliver(message)))
        assertEqual(
          verdicts.filter((one) => one.ok && one.delivery === 'first').length,
          1,
          `new ones with ${whenRepeated}`,
        )
        for (const verdict of verdicts) if (!verdict.ok) assertRejected(verdict, 'replayed', 'replay_pending')
        assertNotNew(await deliver(message), 'a later copy')
      }
    },
    'until its work has ended, a delivery is pending: every copy is answered 503': async () => {
      for (const whenRepeated of ['mark', 'reject'] as const) {
        const deliver = makeReceiver(subject, { whenRepeated })
        const message = { ...(await makeMessage()), reportsOutcome: true }
        const verdicts = await Promise.all(Array.from({ length: 100 }, () => deliver(message)))
        const [first, ...others] = verdicts.filter((one) => one.ok)
        assertEqual(others.length, 0, `further ones with ${whenRepeated}`)
        for (const verdict of verdicts)
          if (!verdict.ok) assertEqual(assertRejected(verdict, 'replay_pending').status, 503, 'the status')
        if (first !== undefined) await assertAccepted(first).confirm()
        assertNotNew(await deliver(message), 'a copy after the confirmation')
      }
    },
    'a delivery whose process crashed is new again after its lease': async () => {
      const deliver = makeReceiver(subject, { ...reject, leaseSeconds: 1 })
      const message = { ...(await makeMessage()), reportsOutcome: true }
      const crashed = assertAccepted(await deliver(message))
      assertRejected(await deliver(message), 'replay_pending')
      let retry = await deliver(message)
      for (const deadline = Date.now() + 10_000; !retry.ok && Date.now() < deadline; retry = await deliver(message))
        await new Promise((resolve) => setTimeout(resolve, 50))
      assertEqual(assertAccepted(retry).delivery, 'first', 'the retry')
      // The first process was only paused. It must not end the work of the retry.
      for (const end of ['confirm', 'release'] as const) await crashed[end]()
      assertRejected(await deliver(message), 'replay_pending')
      await assertAccepted(retry).confirm()
      assertRejected(await deliver(message), 'replayed')
    },
    'a delivery that was confirmed can still be released, because its job failed later': async () => {
      const deliver = makeReceiver(subject, reject)
      const message = { ...(await makeMessage()), reportsOutcome: true }
      const first = assertAccepted(await deliver(message))
      await first.confirm()
      await first.release()
      assertDelivery(await deliver(message), 'first')
    },
    'after errors and wrong results of the store, which fail closed, the guard works again': async () => {
      const store = subject.makeStore()
      let answer: (() => unknown) | undefined = () => {
        throw new Error('down')
      }
      const flaky: ReplayStore = {
        reserve: (...args) => (answer === undefined ? store.reserve(...args) : (answer() as 'full')),
        confirm: (...args) => store.confirm(...args),
        release: (...args) => store.release(...args),
      }
      const deliver = makeReceiver(subject, { ...reject, store: flaky })
      const message = await makeMessage()
      assertEqual(assertRejected(await deliver(message), 'replay_store_failed').status, 503, 'the status')
      const oddities = [() => undefined, () => true, () => 'OK', () => Promise.reject(new Error('down'))]
      for (const odd of oddities) {
        answer = odd
        assertRejected(await deliver(message), 'replay_store_failed')
      }
      answer = undefined
      assertDelivery(await deliver(message), 'first')
      assertRejected(await deliver(message), 'replayed')
    },
    'a store that hangs fails closed after the time limit': async () => {
      const store: ReplayStore = { reserve: () => new Promise(() => undefined), confirm() {}, release() {} }
      const started = performance.now()
      const deliver = makeReceiver(subject, { ...reject, store, storeTimeoutMs: 50 })
      assertRejected(await deliver(await makeMessage()), 'replay_store_failed')
      assert(performance.now() - started < 5000, 'the verdict took too long')
    },
    'only whenStoreFails accepts a delivery while the store is down, as delivery: unknown': async () => {
      const store: ReplayStore = { reserve: () => Promise.reject(new Error('down')), confirm() {}, release() {} }
      const deliver = makeReceiver(subject, { ...reject, store, whenStoreFails: 'accept' })
      assertDelivery(await deliver(await makeMessage()), 'unknown')
    },
    'a flood of other deliveries does not evict a reservation': async () => {
      const store = subject.replay.memoryStore({ maxEntries: 50 })
      const deliver = makeReceiver(subject, { ...reject, store })
      const message = await makeMessage()
      assertDelivery(await deliver(message), 'first')
      for (let i = 0; i < 49; i++) assertDelivery(await deliver(await makeMessage(`SM-flood-${i}`)), 'first')
      for (let i = 49; i < 100; i++) assertDelivery(await deliver(await makeMessage(`SM-flood-${i}`)), 'unknown')
      assertRejected(await deliver(message), 'replayed')
    },
    'after a failed handler releases, the retry is accepted': async () => {
      const deliver = makeReceiver(subject, reject)
      const message = await makeMessage()
      for (let i = 0; i < 3; i++) {
        const accepted = assertAccepted(await deliver(message))
        assertEqual(accepted.delivery, 'first', 'delivery')
        await accepted.release()
      }
    },
    'a late or second release does not forget the reservation of the retry': async () => {
      const deliver = makeReceiver(subject, reject)
      const message = await makeMessage()
      const first = assertAccepted(await deliver(message))
      await first.release()
      assertDelivery(await deliver(message), 'first')
      await first.release()
      assertRejected(await deliver(message), 'replayed')
    },
    'a delivery that was only marked cannot release the first one': async () => {
      const deliver = makeReceiver(subject)
      const message = await makeMessage()
      await deliver(message)
      await assertAccepted(await deliver(message)).release()
      assertDelivery(await deliver(message), 'repeated')
    },
  })
}
