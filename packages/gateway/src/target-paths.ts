const plain = /^(\/[a-z0-9_-][a-z0-9._~-]*)*\/?$/

/** Whether every server reads a path in one way: no escapes, dot segments, repeated slashes, parameters or capital letters. */
export function isPlainPath(path: string): boolean {
  return plain.test(path)
}

/**
 * The ways in which servers may read a path, all in lower case: as it is, decoded, with dot segments resolved, slashes merged, and
 * without parameters.
 */
export function listPathSpellings(path: string): readonly string[] {
  const spellings = new Set<string>()
  for (const spelling of [path, decodeFully(path)]) {
    const folded = spelling.toLowerCase()
    const slashes = folded.replaceAll('\\', '/')
    const bare = slashes.replace(/;[^/]*/g, '')
    for (const one of [folded, slashes, bare, slashes.replace(/\/{2,}/g, '/'), bare.replace(/\/{2,}/g, '/')])
      spellings.add(one).add(resolveDots(one))
  }
  return [...spellings]
}

/** Until nothing is left to decode, for two servers in a row may each decode once. */
function decodeFully(path: string): string {
  let text = path
  for (let round = 0; round < 5; round++) {
    const next = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (next === text) break
    text = next
  }
  return text
}

function resolveDots(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  const last = path.slice(path.lastIndexOf('/') + 1)
  return `/${segments.join('/')}${last === '.' || last === '..' ? '/' : ''}`
}
