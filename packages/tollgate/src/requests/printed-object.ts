import { RequestError } from './error.ts'

/** Where something in a text begins, and where the text after it begins. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** An object that a program printed. */
export interface Printed extends Span {
  readonly value: Readonly<Record<string, unknown>>
}

/** Objects within objects: `console.log` prints two levels, and events of AWS have five. */
const mostLevels = 20

/**
 * Reads the first object in a text, as JSON or as `console.log` prints it in Node.js. A value that
 * was not printed, such as `[Object]`, is left out. Nothing of the text is run.
 * @param start Where the search begins.
 * @returns `undefined` if there is none that is complete
 */
export function findPrinted(text: string, start = 0): Printed | undefined {
  const at = findStart(text, start)
  if (at === -1) return undefined
  const reader = new Reader(text, at)
  const value = reader.isKeyed() ? reader.readObject(mostLevels) : reader.readPairs(mostLevels)
  return value && { start: at, value, end: reader.at }
}

/** The first name and the mark behind it: of PHP, `['a' => 'b']`, and of Spring and Elixir, `[a: "b"]`. */
const firstName = /(?:b?'[^'\\\n]{1,100}'\s{0,5}|b?"[^"\\\n]{1,100}"\s{0,5}|[\w-]{1,100})(?::\s?["']|\s?=>)/.source
/** A pair of Elixir, `{"a", "b"}`. */
const tuple = /\{\s{0,20}(?:"[^"\\\n]{0,100}"|[\w.:#-]{1,100})\s{0,5},/.source
const opening = new RegExp(`\\{|[[(](?=\\s{0,20}(?:[[(]\\s{0,20}b?['"]|${tuple}|${firstName}))`, 'g')

/** Finds where an object begins, or a list of pairs. */
function findStart(text: string, start: number): number {
  opening.lastIndex = start
  return opening.exec(text)?.index ?? -1
}

/** How many objects of a text are read. One that is not complete is read too, and those in it. */
const mostObjects = 50

/** Reads the objects of a text, one after the other, as `findPrinted` reads the first. */
export function* listPrinted(text: string): Generator<Printed> {
  let at = 0
  for (let count = 0; count < mostObjects; count++) {
    at = findStart(text, at)
    if (at === -1) return
    const found = findPrinted(text, at)
    if (found !== undefined) yield found
    at = found?.end ?? at + 1
  }
}

// Each matches at one place only, and reads every character once.
const blank = /\s*/y
const bareKey = /:?[A-Za-z_$][\w$.-]*|\d{1,9}(?=\s{0,5}=>)/y
const keyed = new RegExp(`\\{|[[(]\\s{0,20}${firstName}`, 'y')
const isTuple = new RegExp(tuple, 'y')
/** Python puts a `b` before bytes. */
const quoted = /b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/sy
const arrow = /=>/y
const plus = /\s*\+\s*(?=['"`])/y
/** Other values: of a class, a date, bytes. Ruby has a # before a class. */
const other = /#?<(?:[^<>\n]|<[^<>\n]{0,100}>){0,1000}>|[^\s,{}[\]()'"`<>][^,{}[\]()'"`\n]{0,200}/y
const reference = /<ref \*\d{1,9}> (?=[A-Za-z[{])/y
const word = /-?\d[\d.eE+-]*|true|false|null|undefined|NaN/y
/** Of a value that was not printed, and the end of a long text. */
const cut =
  /\[(?:Object|Array|Function|Getter|Setter|Circular|Symbol)[^\]\n]*\]|\.\.\. \d+ more (?:items?|characters?)/y
/**
 * Before an object that is of a class, or without a prototype: `Headers {`, `Map(2) {`, `Object [Headers] {`.
 * Before that of PHP, `array:2 [`, and of Elixir, `%{`.
 */
const className =
  /array(?::\d{1,9})? ?(?=[[(])|%(?:[A-Z][\w.]{0,80})?(?=\{)|(?:\[[A-Za-z]+: null prototype\]|[A-Za-z_$][\w$]{0,60}(?:\(\d{1,9}\))?(?: \[[^\]\n]{1,60}\])?) (?=\{)/y
const goList = /\[\](?:string|any|interface \{\})(?=\{)/y
/** The names of the internal parts of an object. */
const symbol = /\[Symbol\([^)\n]{0,60}\)\]/y

class Reader {
  readonly #text: string
  at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.at = at
  }

  /** Says if names come first, and not the values of a list. */
  isKeyed(): boolean {
    keyed.lastIndex = this.at
    return keyed.test(this.#text)
  }

  readObject(levels: number): Record<string, unknown> | undefined {
    const object: Record<string, unknown> = Object.create(null)
    const open = this.#text[this.at] ?? ''
    const isWhole = this.#readItems(open, closeOf[open] ?? '', levels, () => {
      const key =
        this.#take(symbol) ?? this.#readText() ?? this.#take(bareKey)?.replace(/^:/, '') ?? this.#readBracketed()
      this.#take(blank)
      // A Map has arrows.
      if (key === undefined || (this.#take(arrow) === undefined && !this.#skip(':'))) return false
      const value = this.#readValue(levels - 1)
      if (value === undefined) return false
      if (value !== missing) object[key] = value
      return true
    })
    return isWhole ? object : undefined
  }

  /** Reads a list of names and values as an object. A name that comes again has a list of values. */
  readPairs(levels: number): Record<string, unknown> | undefined {
    const object: Record<string, unknown> = Object.create(null)
    const list = this.#readList(levels, '[', ']') ?? []
    for (const pair of list) {
      const [name, value] = Array.isArray(pair) && pair.length === 2 ? pair : []
      if (typeof name !== 'string' || typeof value !== 'string') return undefined
      object[name] = name in object ? [object[name], value].flat() : value
    }
    return list.length === 0 ? undefined : object
  }

  #readList(levels: number, open: string, close: string): unknown[] | undefined {
    const list: unknown[] = []
    const isWhole = this.#readItems(open, close, levels, () => {
      const value = this.#readValue(levels - 1)
      if (value !== missing) list.push(value)
      return value !== undefined
    })
    return isWhole ? list : undefined
  }

  /** Reads items with commas between them. Returns false if something else is there. */
  #readItems(open: string, close: string, levels: number, readItem: () => boolean): boolean {
    if (levels === 0) throw new RequestError(`its objects have more than ${mostLevels} levels`)
    if (!this.#skip(open)) return false
    for (;;) {
      this.#take(blank)
      if (this.#skip(close)) return true
      if (!readItem()) return false
      const gap = this.#take(blank)
      // Symfony's VarDumper, which Laravel's dump() uses, writes one in each line.
      const isNextLine = open === '[' && gap?.includes('\n') === true
      if (!this.#skip(',') && !isNextLine && this.#text[this.at] !== close) return false
    }
  }

  /** Returns `undefined` for what is no value. */
  #readValue(levels: number): unknown {
    this.#take(blank)
    this.#take(reference)
    if (this.#take(className) === undefined && this.#take(cut) !== undefined) return missing
    const first = this.#text[this.at]
    if (this.#take(goList) !== undefined) return this.#readList(levels, '{', '}')
    isTuple.lastIndex = this.at
    if (isTuple.test(this.#text)) return this.#readList(levels, '{', '}')
    if (first === '{') return this.readObject(levels)
    // Python prints pairs in parentheses.
    if (first === '[' || first === '(')
      return this.isKeyed() ? toList(this.readObject(levels)) : this.#readList(levels, first, closeOf[first] ?? '')
    const text = this.#readText()
    if (text !== undefined) return text
    const found = this.#take(word)
    if (found === undefined) return this.#take(other) === undefined ? undefined : missing
    if (found === 'true' || found === 'false') return found === 'true'
    return /^[-\d]/.test(found) ? Number(found) : missing
  }

  /** Reads a name that would set a prototype: Node.js prints `['__proto__']`. */
  #readBracketed(): string | undefined {
    const name = this.#skip('[') ? this.#readText() : undefined
    return this.#skip(']') ? name : undefined
  }

  /** Reads a text in quotes. Older versions of Node.js print a long one in parts, with `+`. */
  #readText(): string | undefined {
    let text: string | undefined
    for (;;) {
      const part = this.#take(quoted)
      if (part === undefined) return text
      text = (text ?? '') + unquote(part.slice(part.startsWith('b') ? 2 : 1, -1))
      if (this.#take(cut) !== undefined) throw new RequestError('a text in it is cut off')
      if (this.#take(plus) === undefined) return text
    }
  }

  #skip(character: string): boolean {
    const isThere = this.#text[this.at] === character
    if (isThere) this.at++
    return isThere
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }
}

const closeOf: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' }

/** PHP has numbers as the names of a list. */
function toList(object: Record<string, unknown> | undefined): object | undefined {
  const isList = object !== undefined && Object.keys(object).every((key, index) => key === String(index))
  return isList ? Object.values(object) : object
}

/** A value that was not printed, or that is null. */
const missing: unique symbol = Symbol('missing')

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', 0: '\0' }

function unquote(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs,
    (_all, unicode?: string, byte?: string, other: string = '') => {
      const code = unicode ?? byte
      return code === undefined ? (escapes[other] ?? other) : String.fromCharCode(Number.parseInt(code, 16))
    },
  )
}
