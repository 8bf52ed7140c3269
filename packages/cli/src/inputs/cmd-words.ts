import { IncompleteCommand } from './shell-words.ts'

/**
 * Whether this was copied for cmd.exe: it escapes with carets, where a POSIX shell has backslashes. What stands in a shell's quotes
 * says nothing: it may be a message that ends in a caret.
 */
export function isCmdCommand(text: string): boolean {
  return /\s\^(?:"|\r?\n)/.test(text.replace(quotedOrEscaped, (some) => some.charAt(0)))
}

/** As a POSIX shell sees it. */
const quotedOrEscaped = /\\[\s\S]|\$'(?:[^'\\]|\\[\s\S])*'|'[^']*'|"(?:[^"\\]|\\[\s\S])*"/g

/** Splits a command for cmd.exe, as browsers' "Copy as cURL (cmd)" writes it, into its words. */
export function splitCmdWords(text: string): string[] {
  return splitArguments(readCarets(text))
}

/** What cmd.exe does first: a caret outside of quotes takes the next character as it is; before a line's end it joins lines. */
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
        // An empty line after it stands for the line break itself.
        if (lineEnd[1] !== undefined) result += '\n'
        i += lineEnd[0].length - 1
      }
    } else if (char === '\n' && !quoted) break
    else result += char
  }
  return result
}

/**
 * What a C program on Windows does then: backslashes count only before a quote, and "" inside of quotes is one.
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
  if (quoted) throw new IncompleteCommand('A quote (") is never closed: the command is not complete.')
  if (word !== undefined) words.push(word)
  return words
}
