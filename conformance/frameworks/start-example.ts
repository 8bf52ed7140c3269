import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { startApplication } from '../kit/application.ts'
import { token } from '../kit/draft.ts'

/** The secret of the tickets of streams. */
export const streamSecret = 'a-secret-that-only-the-tests-know'

/** Starts an example by a shell command in its own directory, as its `npm start` does. */
export async function startExample(name: string, command: string): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const own = { TOLLGATE_PUBLIC_URL: url, TWILIO_AUTH_TOKEN: token, STREAM_SECRET: streamSecret }
  const directory = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
  const { stop } = await startApplication(command, directory, { ...process.env, ...own }, { port })
  return { url, stop }
}
