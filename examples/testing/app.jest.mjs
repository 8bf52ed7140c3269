import 'tollgate/testing/jest'
import { afterAll, expect, test } from '@jest/globals'
import { createVerifier } from 'tollgate'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { testServer } from 'tollgate/testing/node'
import { makeApp } from './app.mjs'

const twilio = await testServer(({ url, authToken }) => makeApp({ publicUrl: url, authToken }))
afterAll(() => twilio.close())

test('answers a message', async () => {
  const answer = await twilio.send('/sms', 'message.inbound', { Body: 'Hello' })
  expect(await answer.text()).toContain('You said: Hello')
})

test('accepts what Twilio signed', async () => {
  const verifier = createVerifier({ publicUrl: 'https://api.example.com', authToken: '12345' })
  const url = 'https://api.example.com/sms'
  const { method, headers, body } = signRequest({ url, ...sampleWebhook('message.inbound'), authToken: '12345' })
  expect(await verifier.verify({ method, url: '/sms', headers, body })).toBeAccepted()
  expect(await verifier.verify({ method, url: '/voice', headers, body })).toBeRefusedWith('signature_mismatch')
})
