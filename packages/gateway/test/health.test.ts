import { memoryStore, type ReplayStore, replayGuard } from 'tollgate/replay'
import { expect, test } from 'vitest'
import { watchHealth } from '../src/health.ts'
import { routeTo, send, signSms, startGateway, startUpstream } from './support.ts'

const times = { everyMs: 20, lateMs: 50, lostMs: 100 }

/** A store that fails while `isDown` is true, and that can keep a caller waiting. */
function createBreakable() {
  const inner = memoryStore()
  const state = { isDown: false, reserved: 0, released: 0 }
  const store: ReplayStore = {
    ...inner,
    async reserve(key, attempt) {
      if (state.isDown) throw new Error('down')
      state.reserved++
      return inner.reserve(key, attempt)
    },
    async release(key, token) {
      state.released++
      return inner.release(key, token)
    },
  }
  return { store, state }
}

test('a store that fails is lost after a time, and is found again without a request', async () => {
  const { store, state } = createBreakable()
  const guard = replayGuard({ store })
  const health = watchHealth(() => [guard], times)
  await expect.poll(() => state.released).toBeGreaterThan(2)
  expect(health.isStoreLost()).toBe(false)
  state.isDown = true
  await expect.poll(() => health.isStoreLost()).toBe(true)
  state.isDown = false
  await expect.poll(() => health.isStoreLost()).toBe(false)
  health.stop()
})

test('a store whose loss lets requests pass is never lost, and one that never answers is', async () => {
  const { store, state } = createBreakable()
  state.isDown = true
  const passing = watchHealth(() => [replayGuard({ store, whenStoreFails: 'accept' })], times)
  const silent = { reserve: () => new Promise<never>(() => undefined) }
  const stuck = watchHealth(() => [silent], times)
  await expect.poll(() => stuck.isStoreLost()).toBe(true)
  expect(passing.isStoreLost()).toBe(false)
  passing.stop()
  stuck.stop()
})

test('an event loop that is late again and again hangs, and one long pause is not a hang', async () => {
  const health = watchHealth(() => [], times)
  const block = (): void => {
    for (const end = performance.now() + 100; performance.now() < end; );
  }
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))
  await turn()
  block()
  await turn()
  expect(health.isHanging()).toBe(false)
  for (let round = 0; round < 5; round++) {
    block()
    await turn()
  }
  expect(health.isHanging()).toBe(true)
  await expect.poll(() => health.isHanging()).toBe(false)
  health.stop()
})

test('the probes leave no delivery behind, and requests are served beside them', async () => {
  const { store, state } = createBreakable()
  const upstream = await startUpstream()
  const replay = replayGuard({ store })
  const gateway = await startGateway('', { admin: { port: 0 }, routes: [routeTo(upstream.url, { replay })] })
  await expect.poll(() => state.released, { timeout: 5000 }).toBeGreaterThan(0)
  expect((await send(gateway.url, signSms())).status).toBe(200)
  for (const page of ['healthz', 'readyz']) expect((await fetch(`${gateway.adminUrl}/${page}`)).status).toBe(200)
})
