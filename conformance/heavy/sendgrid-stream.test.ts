import { type ChildProcess, fork } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { makeMail, signMail } from '../sendgrid/mail.mjs'

const program = fileURLToPath(new URL('../sendgrid/mail.mjs', import.meta.url))
// One copy of the mail, and what a socket leaves behind. Another copy would be 30 more.
const mostMegabytes = 75

let child: ChildProcess | undefined
afterEach(() => void child?.kill('SIGKILL'))

/** Receives a message of the program. It has sent one already, or will. */
async function receive<T>(from: ChildProcess): Promise<T> {
  const [message] = await once(from, 'message')
  return message
}

interface Received {
  readonly ok: boolean
  readonly bytes: number
  /** In megabytes, since the small mail. */
  readonly grown: number
}

const large = 30 * 1024 * 1024

test('a mail of 30 MB passes verify as a stream, and memory grows by at most 75 MB', async () => {
  child = fork(program, ['stream'])
  expect(await receive<Received>(child)).toMatchObject({ ok: true, grown: 0 })
  const mail = await receive<Received>(child)
  expect(mail.ok).toBe(true)
  expect(mail.bytes).toBeGreaterThan(large)
  expect(mail.grown).toBeLessThanOrEqual(mostMegabytes)
  // Less would mean that nothing was measured.
  expect(mail.grown).toBeGreaterThan(25)
})

test('a mail of 30 MB passes tollgate/node, and memory grows by at most 75 MB', async () => {
  child = fork(program, ['server'])
  const { port, privateKey } = await receive<{ readonly port: number; readonly privateKey: string }>(child)
  const key = createPrivateKey(privateKey)
  const deliver = async (megabytes: number): Promise<Received> => {
    const req = request({ host: '127.0.0.1', port, method: 'POST', path: '/mail', headers: signMail(megabytes, key) })
    const answer = once(req, 'response')
    for (const chunk of makeMail(megabytes)) if (!req.write(chunk)) await once(req, 'drain')
    req.end()
    const [res] = await answer
    return (await json(res)) as Received
  }
  expect(await deliver(0)).toMatchObject({ ok: true, grown: 0 })
  const mail = await deliver(30)
  expect(mail.ok).toBe(true)
  expect(mail.bytes).toBeGreaterThan(large)
  expect(mail.grown).toBeLessThanOrEqual(mostMegabytes)
  expect(mail.grown).toBeGreaterThan(25)
})
