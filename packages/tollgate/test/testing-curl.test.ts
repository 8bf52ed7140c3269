import { expect, test } from 'vitest'
import { signRequest } from '../src/testing/index.ts'
import { authToken } from './requests.ts'

// `requests-round-trip.test.ts` and `heavy/requests-curl.test.ts` test all commands.
test('methods and empty headers are written as curl expects them', () => {
  const url = 'https://example.com/'
  const write = (input: object): string => signRequest({ url, authToken, ...input }).toCurl()
  expect(write({ method: 'POST' })).toContain("--request 'POST'")
  expect(write({ method: 'HEAD' })).toContain('--head')
  expect(write({ headers: { accept: '' } })).toContain("--header 'accept;'")
  expect(write({ body: 'é', contentType: 'text/plain' })).toMatch(/^printf '\\303\\251' \| .*--data-binary @-/s)
  expect(write({ url: 'wss://example.com/s' })).toMatch(/--http1\.1.*'upgrade: websocket'.*'https:\/\/example.com\/s'/s)
})
