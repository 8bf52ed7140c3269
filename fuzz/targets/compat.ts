import { createHmac } from 'node:crypto'
import twilio from 'twilio'
import { validateRequest, validateRequestWithBody } from '../../packages/tollgate/src/compat/index.ts'
import { parseForm } from '../../packages/tollgate/src/form.ts'
import { joinParams } from '../../packages/tollgate/src/schemes/twilio/sign/signing-string.ts'
import { check, splitInput, toText } from './check.ts'

const token = 'fuzzfuzzfuzzfuzzfuzzfuzzfuzzfuzz'

/**
 * Compares the compatible functions to the `twilio` package. They must not throw, and must not
 * accept anything that the package refuses, except the listed cases.
 */
export function fuzz(data: Uint8Array): void {
  const [signed = new Uint8Array(), asked = new Uint8Array(), form = new Uint8Array()] = splitInput(data, 3)
  const pairs = parseForm(toText(form)) ?? []
  const params: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const earlier = params[name]
    params[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  const url = toText(signed)
  const signature = createHmac('sha1', token)
    .update(url + joinParams(pairs))
    .digest('base64')
  check(
    validateRequest(token, signature, toText(asked), params) === false || agrees(signature, toText(asked), params, url),
    'accepted here, refused there',
  )
  validateRequestWithBody(token, signature, toText(asked), toText(form))
  validateRequest(token, toText(form), toText(asked), params)
}

// These are accepted here and refused there: an empty path for "/", %27 for ', ports, userinfo,
// fragments and handshakes.
const listed = /['#@]|%27|^wss?:|:\/\/[^/?]*(\?|$)|:\d+|\/($|\?)/i

function agrees(signature: string, asked: string, params: Record<string, string | string[]>, signed: string): boolean {
  if (listed.test(asked) || listed.test(signed)) return true
  try {
    return twilio.validateRequest(token, signature, asked, { ...params })
  } catch {
    return false
  }
}
