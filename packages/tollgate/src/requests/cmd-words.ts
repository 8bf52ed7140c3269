import { unclosed } from './shell-words.ts'

/**
 * Returns true if the command was copied for cmd.exe, which escapes with carets where a POSIX shell
 * uses backslashes. Text in a shell's quotes does not count: a message may end in a caret.
 */
export function isCmdCommand(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at++
    else if (char === "'" || char === '"') at = findClosing(text, at)
    else if (char === '^' && /^\s\^(?:"|\r?\n)/.test(text.slice(at - 1, at + 3))) return true
  }
  return false
}

/** Returns the place of the closing quote, or that of the opening one if there is none. */
function findClosing(text: string, start: number): number {
  const quote = text[start]
  const hasEscapes = quote === '"' || text[start - 1] === '$'
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return at
    if (text[at] === '\\' && hasEscapes) at++
  }
  return start
}

/** Splits a command for cmd.exe into words, as browsers write it with "Copy as cURL (cmd)". */
export function splitCmdWords(text: string): string[] {
  return splitArguments(readCarets(text))
}

/**
 * Does the first step, that of cmd.exe: outside quotes, a caret keeps the next character unchanged.
 * At the end of a line it joins the next line.
 */
function readCarets(text: string): string {
  let result = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    if (char === '"') quoted = !quoted
    if (char === '^' && !quoted) {
      const lineEnd = /^\^\r?\n(\r?\n)?/.exec(text.slice(i, i + 5))
      if (lineEnd === null) result += text[++i] ?? ''
      else {
        // A caret and an empty line mean a line break.
        if (lineEnd[1] !== undefined) result += '\n'
        i += lineEnd[0].length - 1
      }
    } else if (char === '\n' && !quoted) break
    else result += char
  }
  return result
}

/**
 * Does the second step, that of a C program on Windows: backslashes escape only before a quote, and
 * "" inside quotes means one quote.
 * https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
 */
function splitArguments(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? ''
    if (!quoted && /[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    word ??= ''
    if (char === '\\') {
      const slashes = /^\\+/.exec(line.slice(i))?.[0].length ?? 1
      const beforeQuote = line[i + slashes] === '"'
      word += '\\'.repeat(beforeQuote ? Math.floor(slashes / 2) : slashes)
      i += slashes - 1
      if (beforeQuote && slashes % 2 === 1) {
        word += '"'
        i++
      }
    } else if (char === '"') {
      if (quoted && line[i + 1] === '"') {
        word += '"'
        i++
      } else quoted = !quoted
    } else word += char
  }
  if (quoted) throw unclosed('"')
  if (word !== undefined) words.push(word)
  return words
}
