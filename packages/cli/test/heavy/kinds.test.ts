import { Readable, Writable } from 'node:stream'
import { twilioWebhook } from 'tollgate/node'
import { sampleWebhook, webhookKinds } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../src/run.ts'
import { authToken, listen, type Running } from '../support.ts'

const options = { publicUrl: 'https://example.com', authToken }
let app: Running
beforeAll(async () => {
  app = await listen(
    twilioWebhook(options, (_webhook, _req, res) => void res.end()),
    options,
  )
})
afterAll(() => app.close())

/** Runs the command line in this process, because there are many kinds. */
async function tollgate(words: readonly string[], input = ''): Promise<{ code: number; stdout: string }> {
  let stdout = ''
  const io = {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: new Writable({
      write(chunk, _encoding, done) {
        stdout += chunk
        done()
      },
    }),
    stderr: new Writable({ write: (_chunk, _encoding, done) => done() }),
    env: { TWILIO_AUTH_TOKEN: authToken },
  }
  return { code: await run(words, io), stdout }
}

test.each(webhookKinds)('%s is sent and found genuine', async (kind) => {
  const words = ['send', kind, '--to', `${app.origin}/x?a=1`, '--public-url', options.publicUrl]
  expect(await tollgate(words)).toMatchObject({ code: 0 })
})

test.each(webhookKinds)('%s is signed, and its curl command verifies', async (kind) => {
  const scheme = sampleWebhook(kind).handshake === true ? 'wss' : 'https'
  const signed = await tollgate(['sign', '--kind', kind, '--url', `${scheme}://example.com/x`, '--only', 'curl'])
  expect(await tollgate(['verify', '--json'], signed.stdout)).toMatchObject({ code: 0 })
})
