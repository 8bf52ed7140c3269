import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { expect, onTestFinished, test } from 'vitest'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { otherToken, token } from '../kit/draft.ts'

/** The secret of the tickets of streams. */
export const streamSecret = 'a-secret-that-only-the-tests-know'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Starts an example in its own directory, as its `npm start` does. */
export async function startExample(
  directory: string,
  ...command: readonly string[]
): Promise<{ url: string; stop(): Promise<void> }> {
  return await startExampleBy(directory, process.execPath, command)
}

/** Starts an example by any program, such as another runtime. */
export async function startExampleBy(
  directory: string,
  program: string,
  command: readonly string[],
): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const own = { PORT: String(port), TOLLGATE_PUBLIC_URL: url, TWILIO_AUTH_TOKEN: token, STREAM_SECRET: streamSecret }
  const env = { ...process.env, ...own }
  const child = spawn(program, command, { cwd: `${root}examples/${directory}`, env, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  for (let round = 0; round < 100; round++) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    )
    if (answers) return { url, stop }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await stop()
  throw new Error(`examples/${directory} does not answer`)
}

/** Tests that an example answers a genuine message, and refuses a forged one. */
export function testExample(directory: string, ...command: readonly string[]): void {
  test('the example answers only Twilio', async () => {
    const { url, stop } = await startExample(directory, ...command)
    onTestFinished(stop)
    const webhook = { url: `${url}/sms`, ...sampleWebhook('message.inbound', { Body: 'a < b' }) }
    const answer = await fetch(signRequest({ ...webhook, authToken: token }).toRequest())
    expect(await answer.text()).toBe('<Response><Message>You said: a &lt; b</Message></Response>')
    expect((await fetch(signRequest({ ...webhook, authToken: otherToken }).toRequest())).status).toBe(403)
  })
}
