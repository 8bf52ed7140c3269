import type { Framework } from '../adapter/framework.ts'

type Exceptions = Framework['exceptions']

const noAddressOfPeer: Exceptions = {
  'a client that leaves before the answer: released once': 'a fetch handler cannot see that the client left',
}

const dropsBodyOfGet: Exceptions = {
  'a GET with a body': 'the platform drops the body of a GET, because a web Request cannot have it',
}

const noAddress = 'it does not provide the address of the peer, so no proxy can be trusted'
const own500 = 'it answers 500 to hostile targets and Hosts itself, before the application'

/**
 * Cases of the adapter suite that a runtime makes impossible. `turnedAwaySuite` repeats the attacks
 * among them.
 */
export const exceptionsOf: Readonly<Record<'Deno' | 'Bun' | 'workerd', Exceptions>> = {
  Deno: { ...noAddressOfPeer, ...dropsBodyOfGet },
  Bun: {
    ...noAddressOfPeer,
    ...dropsBodyOfGet,
    'two requests, pipelined': 'it closes a connection if the next request arrives before the answer',
    'E2 the server survives hostile targets and bytes': 'it answers 505 to an unknown HTTP version itself',
  },
  workerd: {
    ...noAddressOfPeer,
    'a trusted proxy': noAddress,
    'Forwarded from a trusted proxy': noAddress,
    'A2 a prefix from a trusted proxy': noAddress,
    'A1 A3 a hostile Host, with one public URL': own500,
    'A1 A3 a hostile Host, with several public URLs': own500,
    'A1 A3 a hostile Host, with fromRequest': own500,
    'A3 A10 a Host that moves the path': own500,
    'A4 an absolute target': own500,
    'B11 two framings at once': own500,
    'E2 the server survives hostile targets and bytes': own500,
  },
}
