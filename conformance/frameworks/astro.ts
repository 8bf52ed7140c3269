import type { Framework } from '../adapter/framework.ts'
import type { Version } from './built.ts'

const exceptions: Framework['exceptions'] = {
  'a GET with a body': 'Astro drops the body of a GET, because a web Request cannot have it',
  'A4 an absolute target': 'Astro appends every target to the Host, which changes the path',
  'A8 an altered query': 'Astro itself answers 400 to a target that cannot be decoded',
  'B1 a signature of a GET on other methods': 'Astro itself answers 500 to TRACE, because a Request cannot be one',
  'E2 the server survives hostile targets and bytes': 'Astro itself redirects //',
}

const serve = { built: 'dist/server/entry.mjs' }
const hostReason = 'Astro 7 itself answers 500 to a Host with credentials, because a Request cannot have them'

export const astro: readonly Version[] = [
  {
    name: 'astro 7',
    project: 'astro7',
    nodeMajor: 24,
    build: ['astro/bin/astro.mjs', 'build'],
    serve,
    webSocket: true,
    exceptions: {
      ...exceptions,
      'A1 A3 a hostile Host, with one public URL': hostReason,
      'A1 A3 a hostile Host, with several public URLs': hostReason,
      'A1 A3 a hostile Host, with fromRequest': hostReason,
    },
  },
]
