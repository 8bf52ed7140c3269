import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { root } from '../run.mjs'

const authToken = '0123456789abcdef0123456789abcdef'
const params = { Body: 'The code is 4711', From: '+14155550142' }

beforeEach(() => {
  vi.resetModules()
  vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
  vi.stubEnv('TOLLGATE_PUBLIC_URL', 'http://app.example.com')
  vi.stubEnv('PORT', '0')
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test("the page shows the example's output on standard error", async () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)))
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const { server } = await import('../../examples/diagnose/server.mjs')
  await vi.waitFor(() => expect(server.address()).not.toBeNull())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { headers, body } = signRequest({ url: 'https://app.example.com/twilio/sms', params, authToken })
  const answer = await fetch(`http://127.0.0.1:${port}/sms`, {
    method: 'POST',
    headers: { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/twilio' },
    body: body ?? null,
  })
  expect([answer.status, await answer.text()]).toEqual([403, 'Twilio Request Validation Failed.'])
  await vi.waitFor(() => expect(lines).toHaveLength(1), 20_000)
  const page = readFileSync(join(root, 'docs/diagnosis.md'), 'utf8')
  expect(page).toContain(`\`\`\`text\n${lines[0]}\n\`\`\``)
  await new Promise((resolve) => server.close(resolve))
})

test("in code, with the user's guesses", async () => {
  vi.stubEnv('SUBACCOUNT_TOKEN', 'fedcba9876543210fedcba9876543210')
  const { explain, hinted, verifier } = await import('../../examples/diagnose/why.mjs')
  const signed = signRequest({
    url: 'https://old.example.com/twilio/sms',
    params,
    authToken: 'fedcba9876543210fedcba9876543210',
  })
  const request = { ...signed, url: '/sms' }
  const causes = await explain(request)
  expect(causes.map((line) => line.replace(/:.*/s, '')).sort()).toEqual([
    'host',
    'path_prefix',
    'token_of_other_account',
  ])
  expect(causes.join()).toContain("publicUrl: 'https://old.example.com/twilio'")
  expect(causes.join()).not.toMatch(/fedcba|4711/)
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)))
  expect(await verifier.verify(request)).toMatchObject({ ok: false, code: 'signature_mismatch' })
  expect(await hinted.verify(request)).toMatchObject({ ok: false, code: 'signature_mismatch' })
  await vi.waitFor(() => expect(lines.join('\n')).toContain('otherTokens.subaccount signed'), 20_000)
})
