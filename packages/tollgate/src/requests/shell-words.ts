import { decodeUtf8 } from '../bytes.ts'
import { RequestError } from './error.ts'
import { toLatin1 } from './request.ts'

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/**
 * Splits one POSIX shell command into words. It never runs or looks up anything.
 * @throws RequestError if the command needs a shell, such as for a variable
 */
export function splitShellWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let i = 0
  const add = (more: string): void => {
    word = (word ?? '') + more
  }
  const end = (): void => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  while (i < text.length) {
    const char = text[i] ?? ''
    const next = text[i + 1] ?? ''
    if (char === '\\') {
      if (next === '') throw new RequestError('it ends with a backslash: a line is missing', { incomplete: true })
      const lineEnd = /^\\\r?\n/.exec(text.slice(i, i + 3))
      if (lineEnd === null) add(next)
      i += lineEnd?.[0].length ?? 2
    } else if (char === "'") {
      const close = text.indexOf("'", i + 1)
      if (close === -1) throw unclosed("'")
      add(text.slice(i + 1, close))
      i = close + 1
    } else if (char === '$' && next === "'") {
      const quoted = readAnsiQuoted(text, i + 2)
      add(quoted.text)
      i = quoted.end
    } else if (char === '"' || (char === '$' && next === '"')) {
      const quoted = readDoubleQuoted(text, char === '$' ? i + 2 : i + 1)
      add(quoted.text)
      i = quoted.end
    } else if (/[ \t]/.test(char) || /^`\r?\n/.test(text.slice(i, i + 3))) {
      // PowerShell goes on in the next line behind a backtick.
      if (char === '`') i += text[i + 1] === '\r' ? 2 : 1
      end()
      i++
    } else if (/[\n\r;|]/.test(char)) break
    else if (char === '&') {
      if (/[^\s&]/.test(next))
        throw new RequestError('there is an & outside quotes: put the URL and the data in quotes')
      break
    } else if (char === '>' || char === '<') {
      // A redirection is not part of the request.
      if (word !== undefined && !/^\d$/.test(word)) end()
      word = undefined
      i += /^[<>]+&?\s*[^\s;|&]*/.exec(text.slice(i))?.[0].length ?? 1
    } else {
      refuseExpansion(char, next)
      if (word === undefined && /[‘’“”–—]/.test(char))
        throw new RequestError(
          'it has typographic quotes or dashes, as chats and documents write them: replace them with \' or ", and with --',
        )
      add(char)
      i++
    }
  }
  end()
  return words
}

/** A shell would wait for more lines here, so a terminal does too. */
function unclosed(quote: string): RequestError {
  return new RequestError(`a quote (${quote}) is never closed: the command is incomplete`, { incomplete: true })
}

function refuseExpansion(char: string, next: string): void {
  if (char === '`' || (char === '$' && /[A-Za-z0-9_{(@*#?$!-]/.test(next)))
    throw new RequestError('it uses a shell variable or another command: replace it with its value, in single quotes')
}

function readDoubleQuoted(text: string, start: number): { text: string; end: number } {
  let result = ''
  for (let i = start; i < text.length; i++) {
    const char = text[i] ?? ''
    const next = text[i + 1] ?? ''
    if (char === '"') return { text: result, end: i + 1 }
    if (char === '\\' && /[$`"\\\n]/.test(next)) {
      if (next !== '\n') result += next
      i++
      continue
    }
    refuseExpansion(char, next)
    result += char
  }
  throw unclosed('"')
}

/** Reads `$'…'`, which browsers write for text that plain quotes cannot hold. */
function readAnsiQuoted(text: string, start: number): { text: string; end: number } {
  let result = ''
  let bytes: number[] = []
  const flush = (): void => {
    result += decodeBytes(bytes)
    bytes = []
  }
  let i = start
  while (i < text.length) {
    const char = text[i] ?? ''
    if (char === "'") {
      flush()
      return { text: result, end: i + 1 }
    }
    const escaped = char === '\\' ? readEscape(text.slice(i, i + 10)) : { text: char, length: 1 }
    if ('byte' in escaped) bytes.push(escaped.byte)
    else {
      flush()
      result += escaped.text
    }
    i += escaped.length
  }
  throw unclosed("$'")
}

type Escape = { readonly text: string; readonly length: number } | { readonly byte: number; readonly length: number }

function readEscape(text: string): Escape {
  const numeric = /^\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))/.exec(text)
  if (numeric === null) {
    const letter = text[1] ?? ''
    return {
      text: simpleEscapes[letter] ?? (/[\\'"?]/.test(letter) ? letter : text.slice(0, 2)),
      length: Math.max(1, Math.min(2, text.length)),
    }
  }
  const [all, hex, octal, short, long] = numeric
  const value = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8) & 255
  if (value === 0) throw new RequestError('it contains a NUL character, which no argument can hold')
  if (value > 0x10ffff) throw new RequestError('it has an escape beyond Unicode')
  if (hex !== undefined || octal !== undefined) return { byte: value, length: all.length }
  // Browsers write a character beyond 16 bits as two surrogates. Joining the text restores it.
  return { text: short === undefined ? String.fromCodePoint(value) : String.fromCharCode(value), length: all.length }
}

/** Decodes UTF-8, or else one character per byte, as browsers that write `\xe9` mean it. */
function decodeBytes(bytes: readonly number[]): string {
  const all = Uint8Array.from(bytes)
  return decodeUtf8(all) ?? toLatin1(all)
}
