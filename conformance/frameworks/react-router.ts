import type { Framework } from '../adapter/framework.ts'
import type { Version } from './built.ts'

const hostReason = 'its server itself answers 500 to a Host that fits into no URL'
const peerReason = 'React Router does not give a route the address of the peer'

const exceptions: Framework['exceptions'] = {
  'a GET with a body': 'its server drops the body of a GET, because a web Request cannot have it',
  'a trusted proxy': peerReason,
  'Forwarded from a trusted proxy': peerReason,
  'A2 a prefix from a trusted proxy': peerReason,
  'A1 A3 a hostile Host, with one public URL': hostReason,
  'A1 A3 a hostile Host, with several public URLs': hostReason,
  'A1 A3 a hostile Host, with fromRequest': hostReason,
  'A4 an absolute target': 'its server appends every target to the Host, which changes the path',
  'A8 an altered query': 'React Router 7 encodes + and %20 alike, and a route cannot know which version runs it',
  'B1 a signature of a GET on other methods': 'its server itself answers 500 to TRACE, because a Request cannot be one',
  'C2 malformed signatures': 'its server drops a header without a value: signature_missing',
}

export const reactRouter: readonly Version[] = [
  {
    name: 'react-router 8',
    project: 'react-router8',
    nodeMajor: 24,
    build: ['@react-router/dev/bin.cjs', 'build'],
    serve: { installed: '@react-router/serve/bin.cjs', built: 'build/server/index.js' },
    exceptions,
  },
]
