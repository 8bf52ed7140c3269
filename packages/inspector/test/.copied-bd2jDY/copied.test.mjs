import assert from 'node:assert/strict'
import test from 'node:test'
import { signSendGridRequest } from 'tollgate/testing'

const app = process.env.APP_URL ?? 'http://127.0.0.1:3000'

test("accepts a webhook at POST /events", async () => {
  const request = await signSendGridRequest({
    url: "https://app.example.com/events",
    body: Buffer.from("LS1iDQr/DQo=", 'base64'),
    contentType: "application/json",
    // The application under test needs the public key that belongs to it.
    privateKey: process.env.SENDGRID_TEST_PRIVATE_KEY,
  })
  const { pathname, search } = new URL(request.url)
  const { method, headers, body } = request
  const response = await fetch(app + pathname + search, { method, headers, body })
  assert.equal(response.status, 200)
})
