import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installProject } from '../conformance/projects/prepare.mjs'

// Node.js 20 and 22 come with versions of npm 10, Node.js 24 with npm 11.
const programs = {
  'npm 10.8': 'npm10-of-node20/bin/npm-cli.js',
  'npm 10.9': 'npm10/bin/npm-cli.js',
  'npm 11': 'npm11/bin/npm-cli.js',
  pnpm: 'pnpm/bin/pnpm.cjs',
  'yarn 1': 'yarn/bin/yarn.js',
  'yarn 4': '@yarnpkg/cli-dist/bin/yarn.js',
}

/** @typedef {keyof typeof programs} Manager */

/**
 * Returns the program of a package manager. The versions are those of
 * conformance/projects/package-managers.
 * @param {Manager} manager
 */
export function findManager(manager) {
  return join(installProject('package-managers'), 'node_modules', programs[manager])
}

/**
 * Runs a program of Node.js. Resolves with its exit code and all that it printed.
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function runNode(args, cwd, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env: { ...readEnvironment(), ...env } })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

/** The settings of the npm and the Vitest that run this test are not those of the project. */
function readEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|NODE_ENV|VITEST|CI$|JEST_)/i.test(name)),
  )
}

/**
 * Makes the folder of a project.
 * @param {string} folder
 * @param {Readonly<Record<string, unknown>>} manifest
 * @param {Readonly<Record<string, string>>} [files] their content, by path in the folder
 */
export function writeProject(folder, manifest, files = {}) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, license: 'MIT', ...manifest }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}
