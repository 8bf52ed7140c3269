// #region worker
import { testServer } from 'tollgate/testing'
import { expect, test } from 'vitest'
import worker from './worker.mjs'

const twilio = await testServer(({ url, authToken }) => {
  const env = { TWILIO_AUTH_TOKEN: authToken, PUBLIC_URL: url }
  return (request) => worker.fetch(request, env)
})

test('takes messages and events', async () => {
  expect((await twilio.send('/sms', 'message.inbound')).status).toBe(200)
  expect((await twilio.send('/events', 'events.batch', { type: 'com.twilio.example' })).status).toBe(200)
})
// #endregion
