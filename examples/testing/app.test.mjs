// #region test
import 'tollgate/testing/vitest'
import { testServer } from 'tollgate/testing/node'
import { afterAll, expect, test } from 'vitest'
import { makeApp } from './app.mjs'

const twilio = await testServer(({ url, authToken }) => makeApp({ publicUrl: url, authToken }))
afterAll(() => twilio.close())

test('answers a message', async () => {
  const answer = await twilio.send('/sms', 'message.inbound', { Body: 'a < b' })
  expect(answer).toBeAccepted()
  expect(await answer.text()).toContain('You said: a &lt; b')
})

test('says good bye', async () => {
  const answer = await twilio.send('/sms', 'message.inbound', { Body: 'Stop' })
  expect(await answer.text()).toContain('Good bye.')
})

test('refuses what Twilio did not sign', async () => {
  const answer = await twilio.send('/sms', { params: { Body: 'hi' }, authToken: 'f'.repeat(32) })
  expect(answer.status).toBe(403)
  expect(answer).toBeRefusedWith('signature_mismatch')
})
// #endregion
