import type { HeaderSource, IncomingRequest } from './types.ts'

/** The method and the headers of a request. */
export interface Head {
  readonly method: string
  readonly header: HeaderReader
  /**
   * True if the server opens a WebSocket for the request. Twilio signs its URL with the scheme wss.
   */
  readonly handshake: boolean
}

/**
 * Upgrade headers alone do not make a handshake: an ordinary handler gets them too, and anyone can
 * send them.
 */
export function readHead({ method, handshake }: Partial<IncomingRequest>, header: HeaderReader): Head {
  return { method: typeof method === 'string' ? method : '', header, handshake: handshake === true }
}

/**
 * Reads the values of a header by its lower-case name: several if it was repeated or spelled in two
 * letter cases.
 */
export type HeaderReader = (name: string) => readonly unknown[]

const none: readonly unknown[] = []

/** Creates a reader of headers. */
export function readHeaders(headers: HeaderSource | undefined): HeaderReader {
  if (typeof headers !== 'object' || headers === null) return () => none
  if (headers instanceof Map) return readEntries(headers)
  if (typeof headers.get === 'function') {
    const source = headers as { get(name: string): unknown }
    return (name) => {
      if (name.startsWith(':')) return none // `Headers` throws for the pseudo-headers of HTTP/2
      const value = source.get(name)
      // A web `Headers` returns `null`. Look-alikes, for example those of test kits, return
      // `undefined`.
      return value === null ? none : toList(value)
    }
  }
  const record = headers as Readonly<Record<string, unknown>>
  // Node.js spells every name in lower case. Then no two names can be the same header.
  if (Object.keys(record).every((name) => name === name.toLowerCase()))
    return (name) => (Object.hasOwn(record, name) ? toList(record[name]) : none)
  return readEntries(Object.entries(record))
}

function readEntries(entries: Iterable<readonly [name: unknown, value: unknown]>): HeaderReader {
  const values = new Map<string, unknown[]>()
  for (const [name, value] of entries) {
    if (typeof name !== 'string') continue
    const key = name.toLowerCase()
    const known = values.get(key)
    if (known === undefined) values.set(key, [...toList(value)])
    else known.push(...toList(value))
  }
  return (name) => values.get(name) ?? none
}

function toList(value: unknown): readonly unknown[] {
  if (value === undefined) return none
  return Array.isArray(value) ? value : [value]
}

/**
 * Reads a header with one value.
 * @returns `undefined` if it is missing, and `null` if there are several values or one that is not
 *   a string
 */
export function readSingle(read: HeaderReader, name: string): string | null | undefined {
  const values = read(name)
  if (values.length === 0) return undefined
  const [value] = values
  return values.length === 1 && typeof value === 'string' ? value : null
}

/** Keeps the strings. Only a caller without types can pass anything else. */
export function listTexts(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string')
}
