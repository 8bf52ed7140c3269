// #region mock
import { testServer } from 'tollgate/testing/node'
import { afterAll, expect, test, vi } from 'vitest'

// Was vi.mock('twilio', …). Only webhook() is replaced, so validateRequest still verifies.
vi.mock(import('tollgate/compat'), async (importOriginal) => ({
  ...(await importOriginal()),
  webhook: () => (_req, _res, next) => next(),
}))

const { app } = await import('./compat-app.mjs')
const server = await testServer(() => app)
afterAll(() => server.close())

test('answers without a signature', async () => {
  const body = new URLSearchParams({ From: '+14155550142' })
  const answer = await fetch(`${server.url}/sms`, { method: 'POST', body })
  expect(await answer.text()).toContain('From +14155550142')
})
// #endregion
