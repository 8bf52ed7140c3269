import { dropNominated } from './fields.ts'

// RFC 9110 section 7.6.1. Node.js writes those of the connection to the client itself.
const hop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
])

/** Where an answer ends must not depend on who reads Connection. */
const kept: ReadonlySet<string> = new Set(['content-length'])

/** The upstream's header fields for the client, names and values alternating, spelled and ordered as they came. */
export function listResponseHeaders(raw: readonly string[]): string[] {
  const headers: string[] = []
  let connection = ''
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    const lower = name.toLowerCase()
    const value = raw[index + 1] as string
    if (!hop.has(lower)) headers.push(name, value)
    else if (lower === 'connection') connection += `,${value}`
  }
  return /^(,\s*(keep-alive|close)\s*)*$/i.test(connection) ? headers : dropNominated(headers, connection, kept)
}
