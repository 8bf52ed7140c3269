import { expect, test } from 'vitest'
import { buildApiUrl } from '../src/keys/index.ts'

test.each([
  [
    'https://api.twilio.com',
    '/2010-04-01/Accounts.json?Page=1',
    'https://api.twilio.com/2010-04-01/Accounts.json?Page=1',
  ],
  ['http://127.0.0.1:9/api', '/v1/Services', 'http://127.0.0.1:9/api/v1/Services'],
  ['https://api.twilio.com', '//attacker.example/', 'https://api.twilio.com//attacker.example/'],
])('%s and %s are one URL', (base, path, url) => {
  expect(buildApiUrl(base, path)).toBe(url)
})

test.each([
  ['https://api.twilio.com', '.attacker.example/collect'],
  ['https://api.twilio.com', ':8443/collect'],
  ['https://api.twilio.com', '@attacker.example/'],
  ['https://api.twilio.com', ''],
  ['http://127.0.0.1:9/api', '/../v1/Services'],
  ['http://127.0.0.1:9/api', '/%2e%2e/v1/Services'],
  ['not a URL', '/v1/Services'],
])('%s and %s lead elsewhere', (base, path) => {
  expect(buildApiUrl(base, path)).toBeUndefined()
})
