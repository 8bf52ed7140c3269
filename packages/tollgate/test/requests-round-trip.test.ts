import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type FormName,
  hiddenValue,
  isBodyLost,
  type RecordedRequest,
  RequestError,
  readRequests,
  requestForms,
  type WrittenFormName,
  writeRequests,
} from '../src/requests/index.ts'
import { bodies, hostile, requestSamples } from './request-samples.ts'

// The others are only read: `test/requests-logged.test.ts`.
const forms = Object.keys(requestForms).filter(
  (name) => requestForms[name as FormName].write !== undefined,
) as WrittenFormName[]
const framing = ['content-length', 'transfer-encoding']

/**
 * The parts that a form keeps: bytes and marks. The order of different headers has no meaning. A
 * header that curl cannot send is in a comment, so its place among those of the same name is lost.
 */
function compare(request: RecordedRequest): object {
  const { method, url, headers, body, target, bodyTruncated, bodyDecoded, parsedBody } = request
  const named = headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  const authority = /^[a-z]+:\/\/([^/?]*)/i.exec(url)?.[1]
  return {
    ...{ method, url, target, bodyTruncated, bodyDecoded, parsedBody, isLost: isBodyLost(request) },
    body: body === undefined ? undefined : Buffer.from(body).toString('latin1'),
    // curl always sends the Host of the URL, and frames the body itself.
    headers: named
      .filter(([name, value]) => !framing.includes(name) && !(name === 'host' && value === authority))
      .map((pair) => pair.join(': '))
      .sort(),
  }
}

function readBack(form: WrittenFormName, request: RecordedRequest): RecordedRequest {
  const { requests } = readRequests(writeRequests(form, [request]), { form })
  expect(requests).toHaveLength(1)
  const [read] = requests
  if (read === undefined || read instanceof RequestError) throw read ?? new Error('Nothing was read')
  return read
}

const path = fc
  .array(fc.constantFrom(...`/.a'"\\?&=@$\`!;|:*~^é☕()<>`, '..', '{a,b}', '[1-3]', '%2F'))
  .map((parts) => `/${parts.join('')}`)
const origin = fc.constantFrom(
  'https://example.com',
  'http://127.0.0.1:8080',
  'https://example.com:8443',
  'wss://example.com',
  'HTTP://EXAMPLE.com',
  '',
)
const value = fc
  .oneof(
    fc.constantFrom(
      '',
      ':',
      ';',
      '@file',
      hiddenValue,
      "it's",
      '"',
      'gr\xfc\xdfe',
      '\xff\x80',
      'a  b',
      '\\',
      '$(id)',
      '(hidden) ',
    ),
    fc.string({ unit: 'grapheme-ascii' }),
  )
  .map((text) => text.trim())
const name = fc.constantFrom(
  'X-A',
  'x-a',
  'X-B',
  'Content-Type',
  'Authorization',
  'Cookie',
  'Host',
  'User-Agent',
  'Accept',
  'Expect',
  'X-Twilio-Signature',
)
const headers = fc.array(fc.tuple(name, value), { maxLength: 6 })
const marks = fc.record(
  { bodyTruncated: fc.constant(true), bodyDecoded: fc.constant(true), target: path },
  { requiredKeys: [] },
)
const whole: fc.Arbitrary<RecordedRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'post', "M'#!"),
  url: fc.tuple(origin, path).map((parts) => parts.join('')),
  headers,
  body: bodies,
})
const lost = fc.tuple(whole, fc.constantFrom(['Content-Length', '37'], ['Transfer-Encoding', 'chunked'])).map(
  ([request, header]): RecordedRequest => ({
    ...request,
    headers: [...request.headers, header as [string, string]],
    body: undefined,
  }),
)
const parsed = fc.tuple(whole, fc.dictionary(fc.string({ minLength: 1 }), hostile, { minKeys: 1 })).map(
  ([request, parsedBody]): RecordedRequest => ({
    ...request,
    body: undefined,
    parsedBody: JSON.parse(JSON.stringify(parsedBody)),
  }),
)
const recorded = fc
  .tuple(fc.oneof(whole, lost, parsed), marks)
  .map(([request, more]): RecordedRequest => ({ ...request, ...more }))

/** Brings a request into the form that readers give, as each first reading does. */
const normalize = (request: RecordedRequest): RecordedRequest => readBack('capture', request)

describe.each(forms)('%s', (form) => {
  test('what is written is read again with the same bytes and marks', () => {
    fc.assert(
      fc.property(recorded, (given) => {
        const request = normalize(given)
        expect(compare(readBack(form, request))).toEqual(compare(request))
      }),
      { numRuns: 400 },
    )
  })

  test('is recognised', () => {
    fc.assert(
      fc.property(whole, (given) => {
        expect(readRequests(writeRequests(form, [normalize(given)])).form).toBe(form)
      }),
      { numRuns: 100 },
    )
  })

  test('reads its samples', () => {
    expect(requestSamples[form].length).toBeGreaterThan(0)
    for (const sample of requestSamples[form]) {
      const { form: found, requests } = readRequests(sample)
      expect(found).toBe(form)
      expect(requests[0]).toMatchObject({ method: 'POST', url: 'https://example.com/sms?x=1' })
      expect(Buffer.from((requests[0] as RecordedRequest).body ?? '').toString()).toBe('From=%2B15551230001&Body=Hi')
    }
  })
})

test('a capture is written by bytes, not by text', () => {
  const request = { method: 'POST', url: 'https://e.com/', headers: [], body: Buffer.from([0xff, 0, 0xef, 0xbb, 0xbf]) }
  for (const form of forms) expect(readBack(form, request).body).toEqual(new Uint8Array(request.body))
})

test('a long body that a parser left survives in each form', () => {
  const parsedBody = { a: '\xe9'.repeat(300_000) }
  const request = { method: 'POST', url: 'https://e.com/', headers: [], parsedBody }
  for (const form of forms) expect(readBack(form, request).parsedBody, form).toEqual(parsedBody)
})
