/** Header fields as frameworks hand them over: a web `Headers`, or a record in any letter case. */
export type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** The values of a header, by its lower-case name: more than one where it was repeated or spelled in two letter cases. */
export type HeaderReader = (name: string) => readonly unknown[]

const none: readonly unknown[] = []

export function readHeaders(headers: HeaderSource | undefined): HeaderReader {
  if (typeof headers !== 'object' || headers === null) return () => none
  if (typeof headers.get === 'function') {
    const source = headers as Headers
    return (name) => {
      const value = source.get(name)
      return value === null ? none : [value]
    }
  }
  const values = new Map<string, unknown[]>()
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const key = name.toLowerCase()
    const list = Array.isArray(value) ? value : [value]
    const known = values.get(key)
    if (known === undefined) values.set(key, list)
    else values.set(key, [...known, ...list])
  }
  return (name) => values.get(name) ?? none
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
