import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeBinary, prepareProject } from '../projects/prepare.mjs'

/** The project that has the packed library and the runtimes. */
export const project: string = prepareProject('runtimes-binaries')

export const library: string = join(project, 'node_modules/tollgate')

export const programs = {
  deno: () => findBinary('@deno/linux-x64-glibc/deno'),
  bun: () => findBinary('@oven/bun-linux-x64/bin/bun'),
  workerd: () => findBinary('@cloudflare/workerd-linux-64/bin/workerd'),
}

/** The arguments with which Deno runs a file with the packages of node_modules. */
export const denoArguments: readonly string[] = ['run', '--allow-all', '--node-modules-dir=manual']

/** Returns a Node.js of that major version: the current one, or one of a project that has it. */
export function findNode(major: number): string {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath
  const own = join(project, `node_modules/n${major}/bin/node`)
  return existsSync(own) ? own : nodeBinary(major)
}

export function readVersion(name: string): string {
  return JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8')).version
}

function findBinary(path: string): string {
  const binary = join(project, 'node_modules', path)
  if (!existsSync(binary)) throw new Error(`conformance/projects/runtimes-binaries has no ${path} for this platform.`)
  return binary
}
