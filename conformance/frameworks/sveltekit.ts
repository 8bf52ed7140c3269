import type { Framework } from '../adapter/framework.ts'
import type { Version } from './built.ts'

const exceptions: Framework['exceptions'] = {
  'a GET with a body': 'a Request cannot be one, so that SvelteKit drops the body',
  'A4 an absolute target': 'adapter-node puts any target behind the Host, which makes another path of it',
}

const common = {
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
      'a body that nothing covers': 'SvelteKit 2 drops a body without a content type: it reaches no handler either',
      'B1 a signature of a GET on other methods': 'SvelteKit 2 drops a body without a content type',
      'B2 a form under another content type, or two': 'SvelteKit 2 drops a body without a content type',
      'E2 hostile targets and bytes leave the server serving': 'SvelteKit 2 answers /% with a 500 of its own',
      'a client that is gone before the answer: released once': 'SvelteKit 2 aborts its signal during the upload only',
    },
  },
  { ...common, name: 'sveltekit 3', project: 'sveltekit3', nodeMajor: 24, exceptions },
]
