import { createHash, createHmac } from 'node:crypto'
import { createVerifier, type IncomingRequest } from '../../packages/tollgate/src/index.ts'
import { check, splitInput, toText } from './check.ts'

const token = 'fuzzfuzzfuzzfuzzfuzzfuzzfuzzfuzz'
const origin = 'https://fuzz.example'
const verifier = createVerifier({ publicUrl: origin, authToken: token })
const methods = ['POST', 'GET', 'PUT', 'post', '']

/**
 * Tests the rules for content through `createVerifier`, which must return a verdict for every
 * request. The signature covers the URL. An accepted request must not return anything that it does
 * not cover.
 */
export async function fuzz(data: Uint8Array): Promise<void> {
  const [flags = new Uint8Array(), target = new Uint8Array(), type = new Uint8Array(), body = new Uint8Array()] =
    splitInput(data, 4)
  const bits = flags[0] ?? 0
  const url = `/${toText(target)}`
  const signature = createHmac('sha1', token)
    .update(origin + url)
    .digest('base64')
  const request: IncomingRequest = {
    method: methods[bits & 3] ?? 'POST',
    url,
    headers: {
      host: 'fuzz.example',
      'content-type': toText(type),
      'x-twilio-signature': (bits & 4) > 0 ? toText(body.subarray(0, 28)) : signature,
      ...((bits & 8) > 0 && { upgrade: 'websocket', connection: 'upgrade' }),
      ...((bits & 16) > 0 && { 'content-encoding': toText(type) }),
    },
    body,
    handshake: (bits & 32) > 0,
  }
  const verdict = await verifier.verify(request)
  if (!verdict.ok) {
    check(verdict.status >= 400 && verdict.status < 600, `a status of ${verdict.status}`)
    check(!JSON.stringify(verdict).includes(token), 'the token is in a verdict')
    return
  }
  check(request.method === 'GET' || request.method === 'POST', `the method ${request.method} was accepted`)
  check(request.handshake !== true, 'the signature of an https URL was accepted for a handshake')
  // The signature covers only the URL. So an accepted body must be bound by a hash in the URL, and
  // no parameter of a form may be accepted.
  if (verdict.covers === 'body') {
    check(url.includes(createHash('sha256').update(body).digest('hex')), 'a body that nothing binds was accepted')
  } else if (body.length > 0) {
    check(
      [...verdict.params].every(([name, value]) => name === '' && value === ''),
      'unsigned parameters were accepted',
    )
  }
}
