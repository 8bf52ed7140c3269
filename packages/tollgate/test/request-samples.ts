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
  capture: [
    JSON.stringify({
      method: 'POST',
      url: 'https://example.com/sms?x=1',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'From=%2B15551230001&Body=Hi',
    }),
  ],
  curl: [
    "curl 'https://example.com/sms?x=1' -H 'Content-Type: application/x-www-form-urlencoded' \\\n  --data-raw 'From=%2B15551230001&Body=Hi'",
    'curl ^"https://example.com/sms?x=1^" ^\r\n  --data-raw ^"From=^%2B15551230001^&Body=Hi^"',
  ],
}
