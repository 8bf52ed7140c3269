import { serializeForm } from '../schemes/twilio/sign/form.ts'
import { RequestError } from './error.ts'

type Table = Map<string, Value>
type Value = string | Table

const mostLevels = 8
// https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_special_characters
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' }
/** Chrome writes the pseudo-headers of HTTP/2 as headers. */
const pseudoHeaders = ['method', 'path', 'scheme']

/** Reads the part of PowerShell that browsers copy and people write by hand. It never runs anything. */
class Script {
  readonly #text: string
  readonly #variables: Table = new Map()
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Reads variables up to the command, and then the parameters of the command. */
  readCommand(): Table {
    for (; this.#at < this.#text.length; this.#take(/[^\n]*\n?/y)) {
      this.#take(/(?:[\s;]|(?:PS [^\n>]{0,200})?> ?)*/y)
      const name = this.#take(/\$[\w.:]+(?=[ \t]*=(?!=))/y)?.toLowerCase()
      if (name !== undefined) this.#take(/[ \t]*=[ \t]*/y)
      if (this.#take(/(?:Invoke-(?:WebRequest|RestMethod)|iwr|irm)(?=[ \t])/iy) !== undefined)
        return this.#readParameters()
      if (name !== undefined) this.#setVariable(name)
    }
    throw new RequestError('it has no command of PowerShell that sends a request')
  }

  /** An expression sets no variable. It is refused where the command uses it. */
  #setVariable(name: string): void {
    if (!/["'@[]/.test(this.#text[this.#at] ?? '')) return
    try {
      this.#variables.set(name, this.#readValue(0))
    } catch (error) {
      if (!(error instanceof RequestError) || error.incomplete) throw error
    }
  }

  #readParameters(): Table {
    const found: Table = new Map()
    while (true) {
      this.#skipBlanks()
      if (this.#at >= this.#text.length || this.#take(/[\r\n;|]/y) !== undefined) return found
      const name = this.#take(/-[a-z]+(?=[\s`:]|$)/iy)
        ?.toLowerCase()
        .slice(1)
      const table = this.#take(/@\w+/y)
      if (table !== undefined) {
        const all = this.#find(`$${table.slice(1)}`)
        if (all instanceof Map) for (const [key, value] of all) found.set(key.toLowerCase(), value)
        continue
      }
      if (name !== undefined) this.#take(/:?(?:[ \t]|`\r?\n(?:>> )?)*/y)
      // A switch has no value.
      if (name === 'usebasicparsing' || (name !== undefined && this.#isAt(/-[a-z]|[\r\n;|]|$/iy))) continue
      found.set(name ?? 'uri', this.#readValue(0))
      const agent = name === 'websession' ? this.#variables.get('$session.useragent') : undefined
      if (agent !== undefined) found.set('sessionagent', agent)
    }
  }

  #readValue(level: number): Value {
    if (level > mostLevels) throw new RequestError('its values are nested too deeply')
    this.#skipBlanks()
    this.#take(/\[[\w.]{1,60}\](?!::)/y)
    if (this.#take(/@\{/y) !== undefined) return this.#readTable(level)
    if (this.#take(/'/y) !== undefined) return this.#readSingle()
    if (this.#take(/"/y) !== undefined) return this.#readDouble()
    if (this.#take(/\((?:\[(?:System\.)?Text\.Encoding\]::UTF8\.GetBytes\()?/iy) !== undefined) {
      const value = this.#readValue(level + 1)
      if (this.#take(/\s*\)\)?/y) === undefined) throw needsShell()
      return value
    }
    const name = this.#take(/\$[\w:]+/y)
    if (name !== undefined) return this.#find(name)
    const word = this.#take(/[^\s;|,(){}'"`$@]+/y)
    if (word === undefined) throw this.#at >= this.#text.length ? incomplete('a value') : needsShell()
    return word
  }

  #readTable(level: number): Table {
    const table: Table = new Map()
    while (true) {
      this.#take(/(?:[\s;]|>> )*/y)
      if (this.#take(/\}/y) !== undefined) return table
      const name = this.#take(/[\w.-]+(?=[ \t]*=)/y) ?? this.#readValue(level + 1)
      if (typeof name !== 'string' || this.#take(/\s*=\s*/y) === undefined) throw incomplete('a table (@{)')
      table.set(name, this.#readValue(level + 1))
    }
  }

  #readSingle(): string {
    const text = this.#take(/(?:[^']|'')*(?=')/y)
    if (text === undefined) throw incomplete("a quote (')")
    this.#at++
    return text.replaceAll("''", "'")
  }

  #readDouble(): string {
    let result = ''
    while (true) {
      result += this.#take(/[^"`$]+/y) ?? ''
      const char = this.#text[this.#at++]
      const next = this.#text[this.#at] ?? ''
      if (char === undefined) throw incomplete('a quote (")')
      if (char === '`') {
        const code = this.#take(/u\{[0-9a-f]{1,6}\}/iy)
        result += code === undefined ? (escapes[next] ?? next) : fromCode(Number.parseInt(code.slice(2), 16))
        if (code === undefined) this.#at++
      } else if (char === '"') {
        if (next !== '"') return result
        result += next
        this.#at++
      } else if (char === '$' && /[\w({]/.test(next)) {
        const code = this.#take(/\(\[char\](?:0x)?[0-9a-f]{1,6}\)/iy)
        const name = code === undefined ? this.#take(/\w+|\{\w+\}/y) : undefined
        if (code === undefined && name === undefined) throw needsShell()
        const value =
          name === undefined ? fromCode(Number(code?.slice(7, -1))) : this.#find(`$${name.replace(/[{}]/g, '')}`)
        if (typeof value !== 'string') throw needsShell()
        result += value
      } else result += char
    }
  }

  #find(name: string): Value {
    const own = this.#variables.get(name.toLowerCase())
    if (own !== undefined) return own
    // A session and constants change nothing of the request that is signed.
    if (/^\$(?:session|true|false|null)$/i.test(name)) return ''
    throw new RequestError('it uses a variable that this text does not set: replace it with its value')
  }

  #skipBlanks(): void {
    this.#take(/(?:[ \t]|`\r?\n(?:>> )?)*/y)
  }

  #isAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    return pattern.test(this.#text)
  }

  /** Takes what a sticky pattern finds here. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}

function fromCode(code: number): string {
  if (!(code > 0 && code <= 0x10ffff)) throw new RequestError('it has an escape beyond Unicode')
  return String.fromCodePoint(code)
}

function incomplete(what: string): RequestError {
  return new RequestError(`${what} is never closed: the command is incomplete`, { incomplete: true })
}

function needsShell(): RequestError {
  return new RequestError('it needs PowerShell to run: replace each expression with its value')
}

/**
 * Translates Invoke-WebRequest and Invoke-RestMethod into the words of a curl command.
 * @throws RequestError if the command is incomplete, or an expression has to be run
 */
export function fromPowerShell(text: string): string[] {
  const found = new Script(text).readCommand()
  const own = found.get('headers')
  const headers = own instanceof Map ? [...own] : []
  for (const [name, key] of [
    ['User-Agent', found.has('useragent') ? 'useragent' : 'sessionagent'],
    ['Content-Type', 'contenttype'],
  ] as const) {
    const value = found.get(key)
    if (value !== undefined && !headers.some(([each]) => each.toLowerCase() === name.toLowerCase()))
      headers.push([name, value])
  }
  const words = headers.flatMap(([name, value]): string[] => {
    const given = toText(value).trim()
    if (pseudoHeaders.includes(name)) return []
    return ['--header', given === '' ? `${name};` : `${name === 'authority' ? 'Host' : name}: ${given}`]
  })
  const body = found.get('body')
  const method = toText(found.get('method') ?? 'GET').toUpperCase()
  if (body !== undefined)
    words.push(
      '--data-raw',
      body instanceof Map ? serializeForm([...body].map(([name, value]) => [name, toText(value)])) : body,
    )
  if (body instanceof Map && method === 'GET') words.push('--get')
  return [...words, '--request', method, '--url', toText(found.get('uri') ?? '')]
}

function toText(value: Value): string {
  if (typeof value !== 'string') throw needsShell()
  return value
}
