// #region call
import { callScenario } from '@tollgate/calls'
import { testServer } from 'tollgate/testing/node'
import { afterAll, expect, test } from 'vitest'
import { makeApp } from './voice.mjs'

const twilio = await testServer(({ url, authToken }) => makeApp({ publicUrl: url, authToken }))
afterAll(() => twilio.close())

test('sales are busy', async () => {
  const call = await callScenario(twilio, { path: '/voice', from: '+15551230001' })
  expect(call.heard).toContain('Press 1 for sales.')
  await call.press('1')
  await call.answer('busy')
  expect(call.heard).toContain('All lines are busy.')
  expect(call.status).toBe('completed')
})

// #endregion

// #region message
import { messageScenario } from '@tollgate/calls'

test('a message is repeated', async () => {
  const conversation = await messageScenario(twilio, { path: '/sms' })
  await conversation.send('Hello')
  expect(conversation.replies).toEqual(['You said: Hello'])
})
// #endregion
