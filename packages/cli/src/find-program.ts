import { accessSync, constants, statSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import type { Io } from './io.ts'

/**
 * Finds a program in the folders of the PATH. The system would also look in the current folder,
 * where a stranger's repository may have a program of this name: Windows always, and other systems
 * if the PATH has an empty or a relative part.
 *
 * @param name without the ending `.exe`
 * @returns the absolute path, or `undefined` if there is none
 */
export function findProgram(
  name: string,
  env: Io['env'],
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const { delimiter, isAbsolute, join } = platform === 'win32' ? win32 : posix
  // Windows writes it as "Path", and a copy of the environment is case-sensitive.
  const path = Object.entries(env).find(([variable]) => variable.toUpperCase() === 'PATH')?.[1] ?? ''
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder))
  return folders.map((folder) => join(folder, platform === 'win32' ? `${name}.exe` : name)).find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
