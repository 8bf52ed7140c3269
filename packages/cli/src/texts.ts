import { readFile } from 'node:fs/promises'
import type { CommandTexts } from './commands/command.ts'
import { commands } from './commands/table.ts'

/**
 * Reads what the help shows of a command. The build has written it into a file, because
 * to load a command takes longer than to show its help.
 * @param name the name of a command of the table
 */
export async function readTexts(name: string): Promise<CommandTexts | undefined> {
  const built = await readFile(new URL('commands.json', import.meta.url), 'utf8').catch(() => undefined)
  if (built !== undefined) return (JSON.parse(built) as Readonly<Record<string, CommandTexts>>)[name]
  // The sources have no such file.
  return (await commands[name]?.load())?.command
}
