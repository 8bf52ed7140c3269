// #region signed
import { testServer } from 'tollgate/testing/node'
import { afterAll, expect, test } from 'vitest'

// Nothing is mocked: the application verifies, and the test signs.
const twilio = await testServer(async ({ authToken }) => {
  process.env.TWILIO_AUTH_TOKEN = authToken
  const { app } = await import('./compat-app.mjs')
  return app
})
afterAll(() => twilio.close())

test('answers a signed webhook, and no other', async () => {
  const answer = await twilio.send('/sms', 'message.inbound', { From: '+14155550142' })
  expect(await answer.text()).toContain('From +14155550142')
  expect((await twilio.send('/sms', { params: {}, authToken: 'f'.repeat(32) })).status).toBe(403)
})
// #endregion
