import type { Framework } from '../adapter/framework.ts'
import type { Version } from './built.ts'

const exceptions: Framework['exceptions'] = {
  'a GET with a body': 'SvelteKit drops the body of a GET, because a web Request cannot have it',
  'A4 an absolute target': 'adapter-node appends every target to the Host, which changes the path',
}

const common = {
  webSocket: true,
  build: ['vite/bin/vite.js', 'build'],
  serve: { built: 'build/index.js' },
} as const

export const sveltekit: readonly Version[] = [
  { ...common, name: 'sveltekit 3', project: 'sveltekit3', nodeMajor: 24, exceptions },
]
