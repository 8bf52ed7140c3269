import { RequestError } from './error.ts'

/** Where something in a text begins, and where the text after it begins. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** An object or a list that a program printed. */
export interface Printed extends Span {
  readonly value: object
}

/** Objects within objects: `console.log` prints two levels, and events of AWS have five. */
const mostLevels = 20
/** How many objects of a text are read. One that is not complete is read too, and those in it. */
const mostObjects = 50

/** An object, or a list of objects or pairs. */
const opening = /\{|\[(?=\s{0,80}[[{])/g

/**
 * Reads the objects and lists of a text one after the other, as JSON or as `console.log` prints them
 * in Node.js. A value that was not printed, such as `[Object]`, is left out. Nothing is run.
 */
export function* listPrinted(text: string): Generator<Printed> {
  let at = 0
  for (let count = 0; count < mostObjects; count++) {
    opening.lastIndex = at
    const start = opening.exec(text)?.index
    if (start === undefined) return
    const reader = new Reader(text, start)
    const value = reader.readValue(mostLevels)
    if (typeof value === 'object' && value !== null) yield { start, end: reader.at, value }
    at = value === undefined ? start + 1 : reader.at
  }
}

// Each matches at one place only, and reads every character once.
const blank = /\s*/y
const bareKey = /[A-Za-z_$][\w$.-]*|\d{1,9}(?=\s{0,5}=>)/y
const quoted = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/sy
const arrow = /=>/y
const plus = /\s*\+\s*(?=['"`])/y
/** Other values: of a class, a date, bytes. */
const other = /<(?:[^<>\n]|<[^<>\n]{0,100}>){0,1000}>|[^\s,{}[\]()'"`<>][^,{}[\]()'"`\n]{0,200}/y
const reference = /<ref \*\d{1,9}> (?=[A-Za-z[{])/y
const word = /-?\d[\d.eE+-]*|true|false|null|undefined|NaN/y
/** Of a value that was not printed, and the end of a long text. */
const cut =
  /\[(?:Object|Array|Function|Getter|Setter|Circular|Symbol)[^\]\n]*\]|\.\.\. \d+ more (?:items?|characters?)/y
/** Before an object that is of a class, or without a prototype: `Headers {`, `Map(2) {`, `Object [Headers] {`. */
const className =
  /(?:\[[A-Za-z]+: null prototype\]|[A-Za-z_$][\w$]{0,60}(?:\(\d{1,9}\))?(?: \[[^\]\n]{1,60}\])?) (?=\{)/y
/** The names of the internal parts of an object. */
const symbol = /\[Symbol\([^)\n]{0,60}\)\]/y

/** A value that was not printed, or that is null. */
const missing: unique symbol = Symbol('missing')

class Reader {
  readonly #text: string
  at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.at = at
  }

  /** Returns `undefined` for what is no value. */
  readValue(levels: number): unknown {
    this.#take(blank)
    this.#take(reference)
    if (this.#take(className) === undefined && this.#take(cut) !== undefined) return missing
    const first = this.#text[this.at]
    if (first === '{') return this.#readObject(levels)
    if (first === '[') return this.#readList(levels)
    const text = this.#readText()
    if (text !== undefined) return text
    const found = this.#take(word)
    if (found === undefined) return this.#take(other) === undefined ? undefined : missing
    if (found === 'true' || found === 'false') return found === 'true'
    return /^[-\d]/.test(found) ? Number(found) : missing
  }

  #readObject(levels: number): object | undefined {
    const object: Record<string, unknown> = Object.create(null)
    const isWhole = this.#readItems('{', '}', levels, () => {
      const key = this.#take(symbol) ?? this.#readText() ?? this.#take(bareKey) ?? this.#readBracketed()
      this.#take(blank)
      // A Map has arrows.
      if (key === undefined || (this.#take(arrow) === undefined && !this.#skip(':'))) return false
      const value = this.readValue(levels - 1)
      if (value !== missing && value !== undefined) object[key] = value
      return value !== undefined
    })
    return isWhole ? object : undefined
  }

  #readList(levels: number): unknown[] | undefined {
    const list: unknown[] = []
    const isWhole = this.#readItems('[', ']', levels, () => {
      const value = this.readValue(levels - 1)
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
      this.#take(blank)
      if (!this.#skip(',') && this.#text[this.at] !== close) return false
    }
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
      text = (text ?? '') + unquote(part.slice(1, -1))
      if (this.#take(cut) !== undefined) throw new RequestError('a text in it is cut off', { kind: 'cut_off' })
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
