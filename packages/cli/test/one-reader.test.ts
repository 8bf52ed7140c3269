import { readTwiml } from '@tollgate/calls'
import { getScheme } from 'tollgate/internal'
import { expect, test } from 'vitest'
import { authToken, openForTest, publicUrl, signSample } from '../../inspector/test/kit.ts'
import { splitUrl } from '../../tollgate/src/url.ts'
import { checkTwiml } from '../src/sending/twiml.ts'
import { parseWebhookUrl } from '../src/twilio-api/webhook-url.ts'
import { readJson, tollgateHere } from './support.ts'

// The command line and the inspector had a reader each, and they disagreed about these inputs.
const signed = signSample('message.inbound', { Body: 'Hi' })
const { method, url, body } = signed
const headers = Object.entries(signed.headers)
const request = { method, url, headers, body }
const form = 'application/x-www-form-urlencoded'
const params = [...new URLSearchParams(body)].map(([name, value]) => ({ name, value }))
const har = (given: object) => ({
  log: {
    entries: [{ request: { method, url, headers: headers.map(([name, value]) => ({ name, value })), ...given } }],
  },
})

const [signatureOfSendGrid, timeOfSendGrid = ''] = getScheme('sendgrid').headers

const inputs: [name: string, input: unknown, outcome: string][] = [
  ['a Content-Length as a number', { ...request, headers: [...headers, ['Content-Length', body?.length]] }, 'genuine'],
  ['headers as an object', { ...request, headers: signed.headers }, 'genuine'],
  ['several values in an object', { ...request, headers: { ...signed.headers, 'x-a': ['1', '2'] } }, 'genuine'],
  ['no headers', { method, url, body }, 'signature_missing'],
  ['a body that was cut', { ...request, body: body?.slice(0, 9), bodyTruncated: true }, 'none'],
  [
    'a body that was parsed',
    { ...request, body: Object.fromEntries(new URLSearchParams(body)) },
    'body_already_consumed',
  ],
  ['two bodies', { ...request, bodyBase64: 'YQ==' }, 'none'],
  ['pseudo-headers of HTTP/2', { ...request, headers: [[':authority', 'app.example.com'], ...headers] }, 'genuine'],
  ['userinfo', { ...request, url: url.replace('://', '://me:pass@') }, 'genuine'],
  ['a header with a line break', { ...request, headers: [...headers, ['x-a', 'a\r\nx-b: c']] }, 'none'],
  ['a header beyond Latin-1', { ...request, headers: [...headers, ['x-a', '☕']] }, 'genuine'],
  ['a header name with a space', { ...request, headers: [...headers, ['x a', 'b']] }, 'none'],
  ['a list of requests', [request], 'genuine'],
  ['a long method', { ...request, method: 'A'.repeat(36) }, 'method_not_allowed'],
  ['a URL that is a query', { ...request, url: '?a=1' }, 'none'],
  ['HAR: a multipart form without text', har({ postData: { mimeType: 'multipart/form-data', params } }), 'none'],
  ['HAR: an empty text beside parameters', har({ postData: { mimeType: form, text: '', params } }), 'genuine'],
  ['HAR: malformed Base64', har({ postData: { mimeType: form, text: '***', encoding: 'base64' } }), 'none'],
  [
    'HAR: a parameter as a number',
    har({
      postData: { mimeType: form, params: params.map((one) => (one.name === 'NumMedia' ? { ...one, value: 0 } : one)) },
    }),
    'genuine',
  ],
  ['HAR: no method', har({ method: undefined }), 'none'],
  ['signatures of two schemes', { ...request, headers: [[signatureOfSendGrid, 'x'], ...headers] }, 'genuine'],
  ['the time of SendGrid alone', { ...request, headers: [[timeOfSendGrid, '1700000000']] }, 'none'],
  ['the time of SendGrid beside it', { ...request, headers: [[timeOfSendGrid, '1700000000'], ...headers] }, 'genuine'],
]

async function askCommand(input: unknown): Promise<string> {
  const env = { TWILIO_AUTH_TOKEN: authToken }
  const { genuine, code } = readJson(
    await tollgateHere(['verify', '--json', '-'], { input: JSON.stringify(input), env }),
  )
  return genuine === undefined ? 'none' : genuine ? 'genuine' : String(code)
}

async function askInspector(input: unknown): Promise<string> {
  const page = await openForTest({ publicUrl })
  await page.ask('/api/import', { method: 'POST', body: JSON.stringify(input) })
  const [one] = await page.json<{ code: string }[]>('/api/captures')
  return one?.code.replace('accepted', 'genuine') ?? 'none'
}

test.each(inputs)('the command line and the inspector agree about %s', async (_name, input, outcome) => {
  expect([await askCommand(input), await askInspector(input)]).toEqual([outcome, outcome])
})

test.each([
  '<Response/>',
  '<?xml version="1.0"?>\n<!-- hi -->\n<Response><Say voice="x">a &amp; b</Say></Response>\n',
  '<Response><Say a="1" a="2"/></Response>',
  '<Response><Say a/></Response>',
  '<Response/><Response/>',
  '<Response>',
  '<Response></Say></Response>',
  '<!DOCTYPE x><Response/>',
  '<Response><![CDATA[<b>]]></Response>',
])('both find the same answers well-formed: %s', (body) => {
  const isWellFormed = checkTwiml({ contentType: 'text/xml', body })?.wellFormed
  expect(readTwiml(body) !== undefined).toBe(isWellFormed)
})

test('the audit finds the parts of a URL that the verifier finds, and takes no URL that it refuses', () => {
  const characters = [
    ...Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)),
    ...['\u2028', '\ufeff', '::', '//', '%2f', '0', '99999'],
  ]
  const urls = characters.flatMap((one) => [
    `${one}https://example.com/`,
    `https${one}://example.com/`,
    `https://a${one}b@example.com/`,
    `https://exa${one}mple.com`,
    `https://[${one}::1]:8443/`,
    `https://example.com:${one}/`,
    `https://example.com:80${one}/`,
    `https://example.com${one}a?b#c`,
    `wss://example.com/a${one}b?c#d`,
    `http://example.com?a${one}b#c`,
    `https://example.com/a?b#c${one}d`,
  ])
  const outcomes = urls.map((url) => {
    const [audited, verified] = [parseWebhookUrl(url), splitUrl(url)]
    if (audited === undefined)
      return verified === undefined || /[\s\p{Cc}]/u.test(url) ? 'refused' : `${url} is refused`
    const { fragment: _, userinfo, ...parts } = audited
    expect({ ...parts, userinfo: userinfo && `${userinfo}@` }, url).toEqual(verified)
    return 'read'
  })
  expect([...new Set(outcomes)].sort()).toEqual(['read', 'refused'])
})
