import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach } from 'vitest'
import { makeFolder } from './sources.ts'

/** The folder of the test. */
export let folder: string

/** Makes a folder for each test of a file, with the package.json of a package that depends on twilio. */
export function useFolder(): void {
  beforeEach(() => {
    folder = makeFolder()
    writeFileSync(join(folder, 'package.json'), '{ "dependencies": { "twilio": "6.2.0" } }')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
}

export const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

export function runBin(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' })
}

/** Writes a file into the folder of the test. */
export function write(name: string, content: string | Buffer): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

/** A source that moves, and what becomes of it. */
export const mover = "const twilio = require('twilio')\nmodule.exports = twilio.webhook({ protocol: 'https' })\n"
export const moved = mover.replace("'twilio'", "'tollgate/compat'")
