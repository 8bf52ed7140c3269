import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.mjs'

/** Lists the files of a folder of the repository, and of those in it, by the end of their names. */
export function listFiles(folder: string, end: string): readonly string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}/${name}`)
    .sort()
}
