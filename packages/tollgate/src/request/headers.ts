/** Header fields as frameworks hand them over: a web `Headers`, or a record in any letter case. */
export type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** The values of a header, by its lower-case name: more than one where it was repeated or spelled in two letter cases. */
export type HeaderReader = (name: string) => readonly unknown[]

const none: readonly unknown[] = []

export function readHeaders(headers: HeaderSource | undefined): HeaderReader {
  if (typeof headers !== 'object' || headers === null) return () => none
  if (headers instanceof Map) return readEntries(headers)
  if (typeof headers.get === 'function') {
    const source = headers as { get(name: string): unknown }
    return (name) => {
      if (name.startsWith(':')) return none // a pseudo-header of HTTP/2, whose name `Headers` refuses with an error
      const value = source.get(name)
      // `null` in a web `Headers`; look-alikes, those of test kits for instance, answer `undefined`.
      return value === null ? none : toList(value)
    }
  }
  const record = headers as Readonly<Record<string, unknown>>
  // Node.js spells every name in lower case: then there is nothing to gather.
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

/** The header's one value: `undefined` where there is none, `'repeated'` where there are several or one that is no text. */
export function readSingle(read: HeaderReader, name: string): { value: string } | 'repeated' | undefined {
  const values = read(name)
  if (values.length === 0) return undefined
  const [value] = values
  return values.length === 1 && typeof value === 'string' ? { value } : 'repeated'
}

/** The same where anything but one value means that there is nothing to go by. */
export function readText(read: HeaderReader, name: string): string | undefined {
  const single = readSingle(read, name)
  return typeof single === 'object' ? single.value : undefined
}

/** Without what is no text, which only a caller without types can hand over. */
export function listTexts(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string')
}
