import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { token } from '../kit/draft.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Starts an example in its own directory, as its `npm start` does. */
export async function startExample(
  directory: string,
  ...command: readonly string[]
): Promise<{ url: string; stop(): Promise<void> }> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  const url = `http://127.0.0.1:${port}`
  const env = { ...process.env, PORT: String(port), TOLLGATE_PUBLIC_URL: url, TWILIO_AUTH_TOKEN: token }
  const child = spawn(process.execPath, command, { cwd: `${root}examples/${directory}`, env, stdio: 'ignore' })
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
