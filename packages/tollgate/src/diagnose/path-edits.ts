import { decodeAll, escapers, hexCases, listToggles, type Spelling } from './encodings.ts'
import { stripSlashes } from './ends.ts'
import { knownPrefixes } from './known-prefixes.ts'
import { type Edit, editUrl } from './state.ts'
import type { Subject } from './subject.ts'

/** Beyond it every edit costs more than it says. */
const mostCharacters = 4000

export function* listPathEdits(subject: Subject): Generator<Edit> {
  if (subject.state.url.path.length > mostCharacters) return
  yield* listPrefixes(subject)
  yield* listPathSpellings(subject)
  yield* listSlashes(subject)
}

function* listPrefixes({ state, evidence, hints }: Subject): Generator<Edit> {
  const seen = state.url.path
  const offered = new Set([seen])
  function* offer(path: string, cost: number, detail: string): Generator<Edit> {
    if (offered.has(path) || path === seen) return
    offered.add(path)
    yield { cause: 'path_prefix', dimension: 'prefix', cost, apply: editUrl('path', () => path), detail }
  }
  for (const { value, from } of evidence.targets)
    if (isMoved(seen, value.path))
      yield* offer(value.path, 1, `Twilio signed the path ${value.path} (${from}), and this server checks ${seen}.`)
  const told = [...evidence.prefixes, ...hints.prefixes].map(({ value, from }) => [trimPrefix(value), from] as const)
  // A mount point that is the whole path leaves "/" of it.
  if (seen === '/')
    for (const [list, cost] of [
      [told, 1],
      [knownPrefixes, 2],
    ] as const)
      for (const [prefix, of] of list)
        yield* offer(prefix, cost, `The path ${prefix} (${of}) was stripped on the way: Twilio signed it whole.`)
  for (const [prefix, from] of told)
    yield* offer(
      prefix + seen,
      1,
      `The path lost its prefix ${prefix} (${from}) on the way: Twilio signed ${prefix}${seen}.`,
    )
  const segments = seen.split('/').slice(1)
  for (let count = 1; count < Math.min(segments.length, 5); count++) {
    const added = `/${segments.slice(0, count).join('/')}`
    const rest = `/${segments.slice(count).join('/')}`
    yield* offer(rest, count, `The path has ${added} in front that Twilio did not sign: it signed ${rest}.`)
    for (const [prefix, from] of told)
      yield* offer(prefix + rest, 2, `The prefix ${prefix} (${from}) became ${added}: Twilio signed ${prefix}${rest}.`)
  }
  for (const [prefix, of] of knownPrefixes)
    yield* offer(
      prefix + seen,
      2,
      `The path lost its prefix ${prefix} (${of}) on the way: Twilio signed ${prefix}${seen}.`,
    )
  for (const [name] of told)
    for (const [prefix] of knownPrefixes.slice(0, 8))
      yield* offer(prefix + name + seen, 4, `The path lost its prefix ${prefix}${name} on the way.`)
  const [, ...inner] = segments
  if (inner.length > 0)
    for (const [prefix, of] of knownPrefixes)
      yield* offer(`${prefix}/${inner.join('/')}`, 4, `The prefix ${prefix} (${of}) became /${segments[0]} on the way.`)
}

/** Whether one path is the other with something in front: what only differs in spelling is no prefix. */
function isMoved(seen: string, original: string): boolean {
  const [one, other] = [seen, original].map((path) => stripSlashes(decodeAll(path)).toLowerCase())
  return one !== other
}

function trimPrefix(prefix: string): string {
  const text = stripSlashes(prefix)
  return text.startsWith('/') ? text : `/${text}`
}

function* listPathSpellings({ state, evidence }: Subject): Generator<Edit> {
  const offer = (spell: Spelling[1], cost: number, what: string): Edit => ({
    cause: 'path_encoding',
    dimension: 'path',
    cost,
    apply: editUrl('path', spell),
    detail: `The path was spelled anew on the way: Twilio signed it ${what}.`,
  })
  for (const { value, from } of evidence.targets)
    if (!isMoved(state.url.path, value.path) && stripSlashes(value.path) !== '')
      yield offer(
        (path) => (path.endsWith('/') === value.path.endsWith('/') ? value.path : undefined) ?? path,
        1,
        `as ${from} has it`,
      )
  for (const [characters, cost] of [
    ['~', 2],
    ['~.', 3],
    ['~.-_', 4],
  ] as const)
    yield offer((path) => escapeAll(path, characters), cost, `with ${[...characters].join(' ')} percent-encoded`)
  if (/[^A-Za-z0-9\-._~/]/.test(state.url.path)) {
    const decoded = decodeAll(state.url.path)
    yield offer(() => decoded, 2, 'decoded')
    yield offer((path) => decodeAll(path), 2, 'decoded')
    for (const [what, encode] of escapers) {
      for (const [hexCase, inCase] of hexCases) {
        yield offer((path) => inCase(mapSegments(decodeAll(path), encode)), 2, `${what}, ${hexCase}`)
        yield offer((path) => inCase(mapSegments(path, (one) => mapPlain(one, encode))), 3, `${what}, ${hexCase}`)
      }
      yield offer((path) => mapSegments(path, encode), 3, `${what}, once more`)
      yield offer((path) => escapeInner(decodeAll(path), encode), 5, `${what}, with %2F for "/"`)
    }
    for (const [what, inCase] of hexCases) yield offer(inCase, 2, what)
    for (const [what, toggle] of listToggles(state.url.path, "'()!*,;:@&=+$~-_.|[]{} ")) yield offer(toggle, 3, what)
    yield offer((path) => path.replaceAll('%20', '+'), 3, 'with "+" for spaces')
    yield offer((path) => path.replaceAll('+', '%20'), 3, 'with %20 for spaces')
    yield offer((path) => path.replace(/%2f/gi, '/'), 2, 'with "/" for %2F')
    yield offer((path) => path.replace(/%25/g, '%'), 2, 'without its second encoding')
  }
  const segments = state.url.path.split('/')
  for (const [slash, cost] of [
    ['%2F', 3],
    ['%2f', 4],
    ['//', 4],
    ['%252F', 5],
  ] as const)
    for (let index = 2; index < Math.min(segments.length, 8); index++)
      yield offer((path) => joinAt(path, index, slash), cost, `with ${slash} for "/"`)
  yield offer((path) => `/${path}`, 4, 'with two slashes in front')
  yield offer((path) => path.replace(/\/{2,}/g, '/'), 2, 'with single slashes')
  yield offer((path) => path.toLowerCase(), 5, 'in lower case')
}

function mapSegments(path: string, change: (segment: string) => string): string {
  return path.split('/').map(change).join('/')
}

/** Proxies decode what RFC 3986 leaves to the sender. https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
function escapeAll(path: string, characters: string): string {
  return Array.from(path, (one) => (characters.includes(one) ? `%${toHex(one)}` : one)).join('')
}

function toHex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
}

/** Leaves escapes as they are. */
function mapPlain(text: string, change: (plain: string) => string): string {
  return text
    .split(/((?:%[0-9a-f]{2})+)/i)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('')
}

/** A decoded %2F cannot be told from a slash: the last slash may have been one. */
function escapeInner(path: string, encode: (text: string) => string): string {
  const last = path.lastIndexOf('/')
  return last <= 0 ? path : `${mapSegments(path.slice(0, last), encode)}%2F${encode(path.slice(last + 1))}`
}

function joinAt(path: string, index: number, slash: string): string {
  const segments = path.split('/')
  if (index >= segments.length) return path
  return `${segments.slice(0, index).join('/')}${slash}${segments.slice(index).join('/')}`
}

function* listSlashes({ state }: Subject): Generator<Edit> {
  const offer = (cost: number, change: (path: string) => string, detail: string): Edit => ({
    cause: 'trailing_slash',
    dimension: 'slash',
    cost,
    apply: editUrl('path', change),
    detail,
  })
  const seen = state.url.path
  yield offer(1, (path) => (path.endsWith('/') ? stripSlashes(path) : `${path}/`), describeSlash(seen))
  if (/\/(index|default)\.\w+$/.test(seen)) {
    yield offer(
      2,
      (path) => path.slice(0, path.lastIndexOf('/') + 1),
      'The server put an index page behind the last slash of the path.',
    )
    yield offer(
      3,
      (path) => (path.endsWith('/') ? path : path.slice(0, Math.max(0, path.lastIndexOf('/')))),
      'The server put an index page behind the path.',
    )
  } else
    for (const page of ['index.php', 'index.html'])
      yield offer(5, (path) => path.replace(/\/?$/, `/${page}`), `The server dropped ${page} from the path.`)
}

function describeSlash(seen: string): string {
  return seen.endsWith('/')
    ? `Twilio signed the path without its last slash, and this server checks ${seen}.`
    : `Twilio signed the path with a slash at its end, and this server checks ${seen}.`
}
