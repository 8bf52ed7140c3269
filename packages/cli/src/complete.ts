import { type Candidate, listCommands, listWords } from './candidates.ts'
import { commands } from './commands/table.ts'
import { type Io, print } from './io.ts'
import { readTexts } from './texts.ts'

/**
 * Prints the completions of the last word. It never fails: the shell would show the error.
 * @param words the words typed so far; the first one is the program's name
 */
export async function complete(words: readonly string[], io: Io): Promise<void> {
  const current = words.at(-1) ?? ''
  const format = formatFor(io)
  for (const { name, meaning } of await listCandidates(words.slice(1)).catch(() => [])) {
    if (name.startsWith(current)) print(io, meaning === undefined ? name : format(name, meaning))
  }
}

/**
 * Returns how the shell separates a word from its description. bash shows only the word. The
 * scripts set SHELL to their own shell.
 */
function formatFor(io: Io): (name: string, meaning: string) => string {
  if (io.env.SHELL?.endsWith('fish') === true) return (name, meaning) => `${name}\t${meaning}`
  if (io.env.SHELL?.endsWith('zsh') === true) return (name, meaning) => `${name.replaceAll(':', '\\:')}:${meaning}`
  return (name) => name
}

async function listCandidates(words: readonly string[]): Promise<readonly Candidate[]> {
  const [name = '', ...rest] = words
  if (rest.length === 0) return listCommands(commands)
  if (name === 'help') return rest.length > 1 ? [] : Object.keys(commands).map((each) => ({ name: each }))
  const texts = Object.hasOwn(commands, name) ? await readTexts(name) : undefined
  return texts === undefined ? [] : listWords(texts, rest.at(-1) ?? '', rest.at(-2))
}
