import { findHeader, schemes, writeInertJson } from 'tollgate/internal'
import type { Capture } from '../../shared/capture.ts'
import { isHandshake, isJson, readParams } from '../read-capture.ts'
import { schemeOf } from '../schemes.ts'

/** The code that signs a webhook as `request`. */
interface Signing {
  /** The function of `tollgate/testing` that it uses. */
  readonly signer: string
  readonly lines: readonly string[]
}

/** Code that signs with the row of the scheme. The first scheme, Twilio's, has a function of its own. */
function writeSigning(capture: Capture): Signing {
  const scheme = schemeOf(capture)
  if (scheme.name === schemes[0].name) return writeTwilioSigning(capture)
  const { url, headers, body, bodyBase64 } = capture
  const { variable } = scheme.signingKey ?? scheme.keys
  const lines = [
    `  const request = await getScheme('${scheme.name}').sign({`,
    `    url: ${writeInertJson(url)},`,
    bodyBase64 === undefined
      ? `    body: ${writeInertJson(body ?? '')},`
      : `    body: Buffer.from(${writeInertJson(bodyBase64)}, 'base64'),`,
    `    contentType: ${writeInertJson(findHeader(headers, 'content-type') ?? 'application/json')},`,
    `    // The application under test needs the ${scheme.keys.words} that belongs to it.`,
    `    key: process.env.${variable},`,
    '  })',
  ]
  return { signer: 'getScheme', lines }
}

function writeTwilioSigning(capture: Capture): Signing {
  // signRequest computes bodySHA256 itself.
  const bound = capture.body !== undefined && isJson(capture)
  const url = bound ? capture.url.replace(/([?&])bodySHA256=[^&]*&?/g, '$1').replace(/[?&]$/, '') : capture.url
  const lines = [
    `  const request = signRequest({`,
    `    url: ${writeInertJson(url)},`,
    `    method: ${writeInertJson(capture.method)},`,
    ...writeContent(capture),
    ...(isHandshake(capture) ? ['    handshake: true,'] : []),
    `    // The application under test needs the same TWILIO_AUTH_TOKEN.`,
    `    authToken: process.env.TWILIO_AUTH_TOKEN ?? '0123456789abcdef0123456789abcdef',`,
    `  })`,
  ]
  return { signer: 'signRequest', lines }
}

/** Writes a test for `node --test` that signs the same webhook and expects the same status. */
export function writeTest(capture: Capture): string {
  const { signer, lines } = writeSigning(capture)
  const name = `accepts ${capture.kind ?? 'a webhook'} at ${capture.method} ${capture.target.replace(/\?.*$/s, '')}`
  return `import assert from 'node:assert/strict'
import test from 'node:test'
import { ${signer} } from 'tollgate/testing'

const app = process.env.APP_URL ?? 'http://127.0.0.1:3000'

test(${writeInertJson(/^[\x20-\x7e]*$/.test(name) ? name : 'accepts the webhook')}, async () => {
${lines.join('\n')}
  const { pathname, search } = new URL(request.url)
  const { method, headers, body } = request
  const response = await fetch(app + pathname + search, { method, headers, body })
  assert.equal(response.status, ${expectedStatus(capture)})
})
`
}

function writeContent(capture: Capture): string[] {
  if (capture.body === undefined) return []
  if (isJson(capture)) return [`    body: ${writeInertJson(capture.body)},`]
  const params = readParams(capture)
  if (params.length === 0) return [`    body: ${writeInertJson(capture.body)},`, `    contentType: 'text/plain',`]
  return [`    params: [`, ...params.map((pair) => `      ${writeInertJson(pair)},`), `    ],`]
}

/** Returns the application's status, or 200 if the application never got the request. */
function expectedStatus({ response }: Capture): number {
  return response?.by === 'upstream' ? response.status : 200
}
