import type { Framework } from '../adapter/framework.ts'

type Exceptions = Framework['exceptions']

const notTold: Exceptions = {
  'a client that is gone before the answer: released once': 'a fetch handler is not told of it',
}

const dropsBodyOfGet: Exceptions = {
  'a GET with a body': 'a Request cannot be one, so that the platform drops the body',
}

const noAddress = 'it does not tell the address of the peer, so that no proxy can be trusted'
const own500 = 'it turns some of these away itself, before the application, with a 500'

/** Cases of the adapter suite that a runtime makes impossible. Where these are attacks, `turnedAwaySuite` has them too. */
export const exceptionsOf: Readonly<Record<'Deno' | 'Bun' | 'workerd', Exceptions>> = {
  Deno: { ...notTold, ...dropsBodyOfGet },
  Bun: {
    ...notTold,
    ...dropsBodyOfGet,
    'two requests, pipelined': 'it closes a connection on which the next request comes before the answer',
    'E2 hostile targets and bytes leave the server serving':
      'it turns an unknown version of HTTP away itself, with a 505',
  },
  workerd: {
    ...notTold,
    'a trusted proxy': noAddress,
    'Forwarded from a trusted proxy': noAddress,
    'A2 a prefix from a trusted proxy': noAddress,
    'A1 A3 a hostile Host, with one public URL': own500,
    'A1 A3 a hostile Host, with several public URLs': own500,
    'A1 A3 a hostile Host, with fromRequest': own500,
    'A4 an absolute target': own500,
    'B11 two framings at once': own500,
    'E2 hostile targets and bytes leave the server serving': own500,
  },
}
