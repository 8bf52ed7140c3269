/**
 * How a language prints a map whose texts have no quotes. To add one, add a row: each part is a
 * pattern with a limited length.
 */
interface Notation {
  readonly open: string
  /** Matches a name, which is its only group, and the text between the name and its value. */
  readonly name: string
  /** Stands between a value and the next name. */
  readonly join: string
  readonly close: string
  /** How a value that is missing is printed. */
  readonly nothing?: string
  /** The least number of names. Default 0. */
  readonly least?: number
  /** True if the names are in order. A word with a colon in a value seldom fits in. */
  readonly isSorted?: boolean
}

const name = '([A-Za-z][\\w.-]{0,99})'
const line = '\\n[ \\t\\n]{0,80}'

const notations: readonly Notation[] = [
  // PHP's print_r, and a log that has it in one line.
  {
    open: `(?:Array|[A-Z][\\w\\\\]{0,80} Object)${line}\\(${line}`,
    name: '\\[([^\\]\\n]{1,100})\\] => ?',
    join: line,
    close: `${line}\\)`,
  },
  { open: 'Array ?\\( ?', name: '\\[([^\\]\\n]{1,100})\\] => ', join: ' ', close: ' ?\\)(?=\\s|$)' },
  // PHP's var_dump.
  {
    open: `array\\(\\d{1,6}\\) \\{${line}`,
    name: '\\["?([^"\\]\\n]{1,100})"?\\]=>\\s{0,80}(?:string\\(\\d{1,9}\\) ")?',
    join: `"?${line}`,
    close: `"?${line}\\}`,
  },
  // Go's http.Header and url.Values, with %q and with %v, and its map[string]string.
  { open: 'map\\[', name: '"([^"\\n]{1,100})":\\["', join: '"\\] ', close: '"\\]\\]' },
  { open: 'map\\[', name: `${name}:\\[`, join: '\\] ', close: '\\]\\]' },
  { open: 'map\\[', name: `${name}:(?!//| \\S)`, join: ' ', close: '\\]', isSorted: true },
  // Java, with lists of values and without, Ktor, and Netty.
  { open: '\\{', name: `${name}=\\[`, join: '\\], ', close: '\\]\\}' },
  { open: '\\{', name: `${name}=`, join: ', ', close: '\\}', nothing: 'null' },
  { open: '(?:Headers|Parameters) \\[', name: `${name}=\\[`, join: '\\], ', close: '\\]\\]' },
  { open: 'Headers\\[', name: `${name}: `, join: ', ', close: '\\]' },
  // Scala.
  { open: 'Map\\(', name: `${name} -> `, join: ', ', close: '\\)' },
  // The pairs of .NET, in one line or each in its own.
  { open: '\\[', name: `${name}, `, join: '\\](?:[,;] ?| )\\[', close: '\\](?=[\\s,;]|$)', least: 2 },
  { open: '\\[', name: `${name}, `, join: '\\]\\n\\[', close: '\\](?=[\\s,;]|$)', least: 2 },
]

const rows = notations.map(({ least = 0, isSorted = false, nothing, ...row }) => ({
  least,
  nothing,
  isSorted,
  start: new RegExp(`${row.open}(?:${row.name}|(?=\\]|\\)|\\}))`, 'y'),
  next: new RegExp(`${row.join}${row.name}|${row.close}`, 'g'),
}))
const anyStart = rows.map(({ start }) => start.source).join('|')
const opening = new RegExp(anyStart, 'g')
const startsHere = new RegExp(anyStart, 'y')

interface Found {
  readonly value: object
  readonly end: number
}

interface Value {
  readonly text: string
  /** The next name. `undefined` at the end of the map. */
  readonly next: string | undefined
  readonly end: number
}

/** How often each character may be read: a text may begin many maps, and end none. */
const mostReadings = 6
const mostLevels = 20

/**
 * Writes the maps in a text as JSON. The text between them stays as it is, and nothing of it is run.
 * Where a value looks like the next name, the result is a guess: the signature decides.
 */
export function quotePlain(given: string): string {
  const text = given.replaceAll('\r\n', '\n')
  const reader = new PlainReader(text)
  const parts: string[] = []
  let at = 0
  opening.lastIndex = 0
  for (let start = opening.exec(text)?.index; start !== undefined; start = opening.exec(text)?.index) {
    const found = reader.read(start, mostLevels)
    opening.lastIndex = found?.end ?? start + 1
    if (found === undefined) continue
    parts.push(text.slice(at, start), JSON.stringify(found.value))
    at = found.end
  }
  return parts.join('') + text.slice(at)
}

class PlainReader {
  readonly #text: string
  #left: number

  constructor(text: string) {
    this.#text = text
    this.#left = text.length * mostReadings
  }

  /** Reads the map that begins at a place. */
  read(at: number, levels: number): Found | undefined {
    startsHere.lastIndex = at
    if (!startsHere.test(this.#text)) return undefined
    for (const row of rows) {
      if (this.#left < 0 || levels === 0) return undefined
      row.start.lastIndex = at
      const match = row.start.exec(this.#text)
      if (match === null) continue
      const start = at + match[0].length
      const isEmpty = match[1] === undefined && row.least === 0
      const found = isEmpty ? { value: {}, end: start + 1 } : this.#readPairs(row, match[1], start, levels)
      if (found !== undefined) return found
    }
    return undefined
  }

  #readPairs(row: (typeof rows)[number], first: string | undefined, start: number, levels: number): Found | undefined {
    const pairs = new Map<string, unknown[]>()
    let [name, at] = [first, start]
    while (name !== undefined) {
      const after = row.isSorted ? name : ''
      const inner = this.read(at, levels - 1)
      const behind = inner && this.#readValue(row, inner.end, after)
      const isMap = behind?.text === ''
      const value = isMap ? behind : this.#readValue(row, at, after)
      // Java prints a list of texts as its class and a number.
      if (value === undefined || /^\[?Ljava\./.test(value.text)) return undefined
      const plain = name.replace(/:(?:[\w\\]{1,100}:)?(?:protected|private)$/, '')
      const values = pairs.get(plain) ?? []
      values.push(isMap ? inner?.value : value.text === row.nothing ? undefined : value.text)
      pairs.set(plain, values)
      name = value.next
      at = value.end
    }
    return pairs.size < row.least ? undefined : { value: toListOrObject(pairs), end: at }
  }

  /** Reads a text up to the next name, or to the end of the map. */
  #readValue({ next }: (typeof rows)[number], start: number, after: string): Value | undefined {
    let from = start
    for (;;) {
      next.lastIndex = from
      const match = next.exec(this.#text)
      const end = match === null ? this.#text.length : match.index + match[0].length
      this.#left -= end - from
      if (match === null || this.#left < 0) return undefined
      from = end
      const name = match[1]
      if (name === undefined || name > after) return { text: this.#text.slice(start, match.index), next: name, end }
    }
  }
}

/** A name that comes again has a list of values. PHP has numbers as the names of a list. */
function toListOrObject(pairs: ReadonlyMap<string, unknown[]>): object {
  const entries = [...pairs].map(([key, values]) => [key, values.length === 1 ? values[0] : values] as const)
  return entries.length > 0 && entries.every(([key], index) => key === String(index))
    ? entries.map(([, value]) => value)
    : Object.fromEntries(entries)
}
