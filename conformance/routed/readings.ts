import { parse } from 'node:url'
import { origin } from '../kit/draft.ts'
import type { Address } from './shapes.ts'

/**
 * Ways to cut the path and the query from a text that may be a URL, the most likely first.
 * `undefined`: it has none.
 */
const cuts: readonly ((text: string) => string | undefined)[] = [
  (text) => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/is.exec(text)?.[1],
  (text) => text,
  readWhatwg,
  (text) => /^[a-z][a-z0-9+.-]*:[/\\]*[^/\\?#]*(.*)$/is.exec(text)?.[1],
  (text) => /^[^/]*:\/\/[^/]*(.*)$/s.exec(text)?.[1],
  (text) => /^[/\\]{2}[^/\\?#]*(.*)$/s.exec(text)?.[1],
  readLegacy,
  (text) => cutAt(text, text.indexOf('/')),
  (text) => cutAt(text, text.indexOf('/', 8)),
  (text) => cutAt(text, text.indexOf('/', 9)),
  (text) => cutAt(text, text.indexOf('/', 11)),
  (text) => cutAt(text, text.indexOf('/', text.indexOf(':') + 4)),
  (text) => cutAt(text, text.indexOf('/', text.indexOf('//') + 2)),
]

/** Other spellings of a path with a query, which some layer may treat as the same. */
const spellings: readonly ((text: string) => string | undefined)[] = [
  (text) => text,
  (text) => text.replace(/#.*$/s, ''),
  (text) => text.replace(/[?#].*$/s, ''),
  (text) => text.replaceAll('\\', '/'),
  (text) => text.replace(/[\t\r\n]/g, ''),
  (text) => text.replace(/^[/\\]+/, '/'),
  (text) => text.replace(/\/{2,}/g, '/'),
  (text) => text.replace(/;[^/?#]*/g, ''),
  (text) => (text.length > 1 ? text.replace(/\/+(?=$|\?)/, '') : undefined),
  (text) => text.replace(/^[^?#]*/, (path) => path.toLowerCase()),
  readWhatwg,
  decode,
]

function cutAt(text: string, index: number): string | undefined {
  return index === -1 ? undefined : text.slice(index)
}

function readWhatwg(text: string): string | undefined {
  if (!URL.canParse(text, origin)) return undefined
  const { pathname, search } = new URL(text, origin)
  return pathname + search
}

function readLegacy(text: string): string | undefined {
  try {
    return parse(text).path ?? undefined
  } catch {
    return undefined
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURI(text)
  } catch {
    return undefined
  }
}

/**
 * Lists the paths, with their queries, that any layer may read from an address: as it arrived, and
 * as a URL that a platform builds from Host and target. The most likely come first.
 */
export function listReadings({ target, hosts, scheme }: Address): readonly string[] {
  const built = hosts.flatMap((host) =>
    ['http', ...(scheme === undefined ? [] : [scheme])].flatMap((one) => [
      `${one}://${host}${target}`,
      `${one}://${host}/${target}`,
    ]),
  )
  const readings = new Set<string>()
  for (const spell of spellings)
    for (const text of [target, ...built])
      for (const cut of cuts) {
        const found = cut(text)
        const spelt = found === undefined ? undefined : spell(found)
        if (spelt === undefined) continue
        readings.add(spelt.startsWith('/') ? spelt : `/${spelt}`)
        if (spelt.startsWith('?')) readings.add(spelt)
      }
  return [...readings]
}
