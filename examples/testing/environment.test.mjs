// #region environment
import { testServer } from 'tollgate/testing/node'
import { afterAll, expect, test } from 'vitest'

const twilio = await testServer(async ({ url, authToken }) => {
  process.env.TOLLGATE_PUBLIC_URL = url
  process.env.TWILIO_AUTH_TOKEN = authToken
  const { app } = await import('./server.mjs')
  return app
})
// #endregion
// #region proxy
const behindProxy = await testServer(
  async ({ url, authToken }) => {
    const { makeApp } = await import('./app.mjs')
    return makeApp({ publicUrl: url, authToken })
  },
  { publicUrl: 'https://api.example.com/hooks' },
)
// #endregion
afterAll(() => Promise.all([twilio.close(), behindProxy.close()]))

test('an application that reads the environment', async () => {
  expect((await twilio.send('/sms', 'message.inbound')).status).toBe(200)
})

test('an application behind a proxy', async () => {
  expect((await behindProxy.send('/sms', 'message.inbound')).status).toBe(200)
})
