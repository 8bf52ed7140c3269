import fc from 'fast-check'
import type { FormName } from '../src/requests/index.ts'

/**
 * The same request in each form, as different programs write it. The compiler asks for each form.
 */
export const requestSamples: Readonly<Record<FormName, readonly string[]>> = {
  raw: [
    `POST /sms?x=1 HTTP/1.1
Host: example.com
Content-Type: application/x-www-form-urlencoded

From=%2B15551230001&Body=Hi
`,
  ],
  har: [
    JSON.stringify({
      log: {
        version: '1.2',
        entries: [
          {
            startedDateTime: '2026-11-24T10:00:00Z',
            request: {
              method: 'POST',
              url: 'https://example.com/sms?x=1',
              headers: [{ name: 'Content-Type', value: 'application/x-www-form-urlencoded' }],
              postData: {
                mimeType: 'application/x-www-form-urlencoded',
                params: [
                  { name: 'From', value: '+15551230001' },
                  { name: 'Body', value: 'Hi' },
                ],
              },
            },
          },
        ],
      },
    }),
  ],
  printed: [
    `POST /sms?x=1 {
  host: 'example.com',
  'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  'content-type': 'application/x-www-form-urlencoded'
} [Object: null prototype] { From: '+15551230001', Body: 'Hi' }
`,
    `2026-11-24T10:00:00.000Z\t8f5\tINFO\t{
  requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:x' } },
  httpMethod: 'POST',
  path: '/sms',
  queryStringParameters: { x: '1' },
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    host: 'example.com',
    'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    'x-forwarded-proto': 'https'
  },
  body: 'From=%2B15551230001&Body=Hi',
  isBase64Encoded: false
}
`,
  ],
  capture: [
    JSON.stringify({
      method: 'POST',
      url: 'https://example.com/sms?x=1',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'From=%2B15551230001&Body=Hi',
    }),
    JSON.stringify({
      version: '2.0',
      rawPath: '/sms',
      rawQueryString: 'x=1',
      headers: { host: 'example.com', 'content-type': 'application/x-www-form-urlencoded' },
      requestContext: { http: { method: 'POST', path: '/sms' } },
      body: btoa('From=%2B15551230001&Body=Hi'),
      isBase64Encoded: true,
    }),
  ],
  curl: [
    "curl 'https://example.com/sms?x=1' -H 'Content-Type: application/x-www-form-urlencoded' \\\n  --data-raw 'From=%2B15551230001&Body=Hi'",
  ],
}

/** Texts that a shell, curl or a reader could take for something else. */
export const hostile = fc.oneof(
  fc.constantFrom(
    '{a,b}[1-3]',
    '@/etc/passwd',
    '@-',
    "it's \"quoted\" `id` $(id) $'x' \\' !!",
    '%00%zz%',
    '100% \\0 \\\\',
    '-n',
    'line\nline\r\n\r\n',
    '\\\n> --data b',
    '\x1b[201~\ncurl evil',
    '\0',
    '^"&echo^',
    '\u202e\u2066',
    '--next',
    '# The body was not kept.',
    "printf 'x' | curl http://a/",
    '0\r\n\r\n',
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme-ascii' }),
)

export const bodies = fc.oneof(
  fc.constant(undefined),
  fc.constant(Buffer.from('')),
  hostile.map((text) => Buffer.from(text)),
  fc.array(hostile).map((parts) => Buffer.from(parts.join('&'))),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
)
