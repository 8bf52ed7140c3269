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

const maxNames = 500
const kept = new Map<string, boolean>()

function isKept(name: string): boolean {
  let answer = kept.get(name)
  if (answer === undefined) {
    answer = !hop.has(name.toLowerCase())
    if (kept.size < maxNames) kept.set(name, answer)
  }
  return answer
}

/** The upstream's header fields for the client, names and values alternating, spelled and ordered as they came. */
export function listResponseHeaders(raw: readonly string[]): string[] {
  const headers: string[] = []
  let connection = ''
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    const value = raw[index + 1] as string
    if (isKept(name)) headers.push(name, value)
    else if (name.toLowerCase() === 'connection') connection += `,${value}`
  }
  return /^(,\s*(keep-alive|close)\s*)*$/i.test(connection) ? headers : dropNominated(headers, connection)
}
