import { writeFile } from 'node:fs/promises'
import { defineConfig, type UserConfig } from 'tsdown'
import type { Commands } from './src/commands/command.ts'

const config: UserConfig = defineConfig({
  entry: { index: 'src/index.ts', bin: 'src/bin.ts', commands: 'src/commands/table.ts' },
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  dts: true,
  logLevel: 'warn',
  fixedExtension: false,
  hooks: { 'build:done': writeTexts },
})

/** Writes what the help and the completion show, so that they need not load the commands. */
async function writeTexts(): Promise<void> {
  const folder = new URL('dist/', import.meta.url)
  const { commands }: { commands: Commands } = await import(new URL('commands.js', folder).href)
  const texts = Object.entries(commands).map(async ([name, { load }]) => {
    const { run: _, ...data } = (await load()).command
    return [name, data]
  })
  await writeFile(new URL('commands.json', folder), JSON.stringify(Object.fromEntries(await Promise.all(texts))))
}

export default config
