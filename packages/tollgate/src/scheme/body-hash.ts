import { hashBytes } from '#hmac'

/** The lower-case hex SHA-256 that Twilio puts into the query as `bodySHA256` for a body that is not a form. */
export function hashBody(body: Uint8Array): string {
  return hashBytes(body)
}

/**
 * The `bodySHA256` of a query (`?a=1&bodySHA256=…`): the value; `undefined` where there is none; `'malformed'` where it is not 64
 * lower-case hex digits or is repeated with different values (Twilio has been seen to repeat it with the same one).
 */
export function findBodyHash(query: string): string | undefined {
  if (!query.includes(parameter)) return undefined
  let found: string | undefined
  for (const field of query.slice(1).split('&')) {
    if (field !== parameter && !field.startsWith(`${parameter}=`)) continue
    const value = field.slice(parameter.length + 1)
    if (!sha256Hex.test(value) || (found !== undefined && found !== value)) return 'malformed'
    found = value
  }
  return found
}

const parameter = 'bodySHA256'
const sha256Hex = /^[0-9a-f]{64}$/
