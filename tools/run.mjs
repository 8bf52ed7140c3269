import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const onWindows = process.platform === 'win32'

/** @param {NodeJS.ProcessEnv} env */
function withLocalBinaries(env) {
  const pathName = Object.keys(env).find((name) => name.toLowerCase() === 'path') ?? 'PATH'
  return { ...env, [pathName]: [join(root, 'node_modules', '.bin'), env[pathName]].join(delimiter) }
}

/**
 * Runs a command in the project and shows its output. Resolves with its exit code.
 * @param {string} command a program and its arguments, separated by spaces
 * @param {{ cwd?: string, quiet?: boolean, env?: NodeJS.ProcessEnv }} [options] quiet: show the output only
 *   if the command fails. env: variables beside those of this process
 * @returns {Promise<number>}
 */
export function run(command, { cwd = root, quiet = false, env } = {}) {
  const [program = '', ...args] = command.split(' ')
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: withLocalBinaries({ ...process.env, ...env }),
      shell: onWindows,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    })
    /** @type {Buffer[]} */
    const output = []
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('close', (code) => {
      if (quiet && code !== 0) process.stderr.write(Buffer.concat(output))
      resolve(code ?? 1)
    })
  })
}
