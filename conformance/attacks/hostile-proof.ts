import type { Described } from '../adapter/scenario.ts'
import { hashHex, joinParams, type Pairs, signText } from '../kit/sign.ts'
import type { Wire } from './hostile-requests.ts'

/**
 * Explains why a handler should not have run: the signature does not prove the handler's arguments.
 * Returns `undefined` if it does. Everything is computed here, from the request as it was sent,
 * with code that shares nothing with the library.
 */
export async function findFault(
  wire: Wire,
  seen: Described | undefined,
  { secret, opensWebSockets }: { readonly secret: string; readonly opensWebSockets: boolean },
): Promise<string | undefined> {
  if (seen?.ok !== true || seen.url === undefined) return 'the handler got no verified webhook'
  const { url, params = [], body = '', covers } = seen
  const isHandshake = url.startsWith('wss:')
  if (isHandshake && !opensWebSockets) return 'the signature is for a handshake'
  const query = listPairs(wire.target)
  if (!/^(GET|POST)$/.test(wire.method)) return 'the method differs'
  if (!/^(https|wss):..app\.example\.com(:443)?([/?]|$)/.test(url)) return 'the origin differs'
  if (readPath(url, isHandshake) !== readPath(wire.target, isHandshake)) return 'the path differs'
  if (!isHandshake && sort(listPairs(url)) !== sort(query)) return 'the query differs'
  if (covers === 'url' && body !== '') return 'the body is not signed'
  if (covers === 'url' && params.length > 0 && sort(params) !== sort(query))
    return 'the parameters are not those of the query'
  if (covers === 'body' && !query.some(isHash(await hashHex(body)))) return 'the hash is of another body'
  const texts = [
    url + (covers === 'params' ? joinParams(params) : ''),
    ...(isHandshake ? [url + joinParams(query)] : []),
  ]
  const expected = await Promise.all(texts.map((text) => signText(text, secret)))
  const given = wire.headers.filter(([name]) => name.toLowerCase() === 'x-twilio-signature')
  return given.some(([, value]) => expected.includes(value.trim())) ? undefined : 'the signature differs'
}

const isHash = (hash: string) => (pair: readonly [string, string]) => pair[0] === 'bodySHA256' && pair[1] === hash

/** Returns the path without origin, dot segments and escapes, as the strictest router reads it. */
function readPath(url: string, eitherSlash: boolean): string {
  const [path = ''] = url.replace(/^\w+:..[^/?#]*/, '').split(/[?#]/)
  const { pathname } = new URL(`http://host${path}`)
  return (decode(pathname).split('?')[0] ?? '').replace(eitherSlash ? /\/$/ : '', '')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function listPairs(url: string): Pairs {
  return [...new URLSearchParams(url.split('#')[0]?.split(/\?(.*)/s)[1])]
}

/** Drops equal pairs, and sorts the rest. */
function sort(pairs: Pairs): string {
  return JSON.stringify([...new Set(pairs.map((pair) => JSON.stringify(pair)))].sort())
}
