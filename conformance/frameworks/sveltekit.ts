import type { Framework } from '../adapter/framework.ts'
import type { Version } from './built.ts'

const exceptions: Framework['exceptions'] = {
  'a GET with a body': 'a web Request cannot have it, so SvelteKit drops the body',
  'A4 an absolute target': 'adapter-node appends every target to the Host, which changes the path',
}

const common = {
  webSocket: true,
  build: ['vite/bin/vite.js', 'build'],
  serve: { built: 'build/index.js' },
} as const

export const sveltekit: readonly Version[] = [
  {
    ...common,
    name: 'sveltekit 2',
    project: 'sveltekit2',
    nodeMajor: 20,
    exceptions: {
      ...exceptions,
      'a body that the signature does not cover':
        'SvelteKit 2 drops a body without a content type, so it reaches no handler',
      'B1 a signature of a GET on other methods': 'SvelteKit 2 drops a body without a content type',
      'B2 a form under another content type, or two': 'SvelteKit 2 drops a body without a content type',
      'E2 the server survives hostile targets and bytes': 'SvelteKit 2 itself answers 500 to /%',
      'a client that leaves before the answer: released once': 'SvelteKit 2 aborts its signal only during the upload',
    },
  },
  { ...common, name: 'sveltekit 3', project: 'sveltekit3', nodeMajor: 24, exceptions },
]
