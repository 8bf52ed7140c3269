import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { token } from '../kit/draft.ts'
import { renderPage, renderRow, type Score } from '../receivers/page.ts'
import { hasAll, installed, publicUrl, startGateway, startReceiver } from '../receivers/receivers.ts'

// In heavy/, because it needs Python, Ruby and PHP. A receiver whose language is missing has no row.

const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
const found: Parameters<typeof renderPage>[0][number][] = []

async function conform(port: number): Promise<Score> {
  const words = ['conform', '--json', '--to', `http://127.0.0.1:${port}/sms`, '--public-url', publicUrl]
  const env = { ...process.env, TWILIO_AUTH_TOKEN: token }
  const run = promisify(execFile)(process.execPath, [bin, ...words], { env })
  const { stdout } = await run.catch((error: { code: unknown; stdout: string }) => {
    expect(error.code).toBe(1)
    return error
  })
  expect(stdout).not.toContain(token)
  return JSON.parse(stdout)
}

for (const receiver of installed)
  test(`${receiver.name} gets a score, alone and behind the gateway`, async () => {
    const { name, check } = receiver
    const server = await startReceiver(receiver)
    onTestFinished(server.stop)
    const alone = await conform(server.port)
    const gateway = await startGateway(server.port)
    onTestFinished(gateway.stop)
    const behind = await conform(gateway.port)
    found.push({ name, check, score: alone }, { name, check: `${check}, behind the gateway`, score: behind })
    // Each accepts the form of a message, so the rest of its score means something.
    expect(alone.cases.find(({ id }) => id === 'form')?.outcome).toBe('right')
    expect(behind.score.forged.right).toBeGreaterThanOrEqual(alone.score.forged.right)
    // The official libraries are correct receivers.
    if (!check.startsWith('written by hand')) expect(alone.faults).toEqual([])
  }, 120_000)

test('docs/conform.md has the scores (npx vitest run --project heavy conformance/heavy/receivers.test.ts --update)', async () => {
  expect(found.length).toBe(2 * installed.length)
  const page = '../../docs/conform.md'
  if (hasAll) return await expect(renderPage(found)).toMatchFileSnapshot(page)
  const text = readFileSync(new URL(page, import.meta.url), 'utf8')
  for (const row of found) expect(text).toContain(renderRow(row))
})
