import type { UrlParts } from '../../url.ts'
import type { Rejected } from '../../verdict.ts'
import { readTarget } from '../../verify/public-url.ts'
import { isTwilioName } from '../mask.ts'
import { ownTarget, type Subject } from '../reading.ts'
import {
  capitaliseParts,
  decodeAll,
  escapers,
  hexCases,
  joinFields,
  listToggles,
  readName,
  splitFields,
  stripSlashes,
  toHex,
} from '../spelling.ts'
import { setUrl, setUrlOrFunction } from './mends.ts'
import { type CauseRow, type Edit, editUrl, type Finding, type Row } from './row.ts'

/** Changes of the path. */
export const pathCauses = {
  path_prefix: {
    title: 'A path prefix was stripped or added',
    fix: 'Put a prefix that was stripped into "publicUrl" ("https://example.com/prefix"), and take one out of it that the path has already.',
    fixes: {
      next: 'Put the basePath into publicUrl: Next strips it.',
      lambda: 'Put the API mapping of a custom domain into publicUrl, and leave the stage (/prod) out of it.',
    },
    part: 'path',
    mend: setUrlOrFunction,
    edits: listPrefixes,
    compare: (seen, signed) => comparePaths('words', seen, signed),
  } satisfies CauseRow as Row,
  trailing_slash: {
    title: 'A slash at the end',
    fix: `Configure Twilio with the URL that answers without a redirect, or set "trailingSlash: 'either'".`,
    fixes: {
      next: 'Configure the form that Next serves at Twilio: Next redirects the other form with 308.',
    },
    part: 'path',
    mend: setUrl,
    edits: listSlashes,
    compare: (seen, signed) => comparePaths('slash', seen, signed),
  } satisfies CauseRow as Row,
  path_encoding: {
    title: 'The path was re-encoded',
    fix: 'Pass the raw request target, undecoded, and let the proxy pass the path unchanged.',
    part: 'path',
    mend: setUrl,
    edits: listPathSpellings,
    compare: (seen, signed) => comparePaths('spelling', seen, signed),
    suspect: ({ subject, rejection }) => suspectDecoded('path', subject, rejection),
    rejections: { url_not_allowed: (subject, rejection) => suspectDecoded('path', subject, rejection) },
  } satisfies CauseRow as Row,
}

/** Describes the difference of two paths, if it is of this kind. */
function comparePaths(
  kind: 'slash' | 'spelling' | 'words',
  { path: seen }: UrlParts,
  { path: signed }: UrlParts,
): Finding | undefined {
  const fold = (path: string): string => decodeAll(path).toLowerCase()
  const found =
    stripSlashes(seen) === stripSlashes(signed) ? 'slash' : fold(seen) === fold(signed) ? 'spelling' : 'words'
  return seen === signed || kind !== found
    ? undefined
    : {
        detail: `Twilio signed the path ${signed}, and this server checks ${seen}.`,
        fix: kind === 'words' ? beforeRewrite : decodeAll(seen) === decodeAll(signed) ? undefined : sameCase,
      }
}

/**
 * Explains a request target that the verifier refused: characters that no client sends show that it
 * was decoded.
 */
export function suspectDecoded(
  part: 'path' | 'query',
  { request: { url } }: Subject,
  { reason }: Rejected,
): Finding | undefined {
  if (reason !== 'target_malformed') return undefined
  // The query is the part that changed if the path alone is well-formed.
  const isQuery = typeof url === 'string' && url.includes('?') && readTarget(url.replace(/\?.*$/s, '')) !== undefined
  if (isQuery !== (part === 'query')) return undefined
  return {
    detail: `The ${part} is malformed: something decoded the request target, or passed another text.`,
    fix: 'Pass the request target as it arrived.',
  }
}

/** The edits of a longer path cost too much. */
const mostCharacters = 4000

type Prefix = readonly [prefix: string, of: string]

const listOf = (names: string, of: string): Prefix[] => names.split(' ').map((name) => [`/${name}`, of])

/** Prefixes that platforms and proxies add to the path, or strip from it. */
const knownPrefixes: readonly Prefix[] = [
  ['/api', 'Vercel, Azure and many proxies'],
  ['/functions/v1', 'Supabase Edge Functions'],
  ['/.netlify/functions', 'Netlify Functions'],
  ...listOf('prod dev stage default $default staging test live production', 'an API Gateway stage'),
  ...listOf('Prod Stage', 'an AWS SAM stage'),
  ...listOf('v1 v2 api/v1 api/v2', 'a version prefix'),
  ...listOf(
    'twilio webhooks webhook hooks webhooks/twilio api/twilio api/webhooks app backend server voice sms public',
    'a mount point',
  ),
]

/** Mount points that fewer people use. Others are in the `prefixes` that the user names. */
const rarePrefixes: readonly Prefix[] = listOf(
  'bot bots callback callbacks twiml phone telephony call calls messaging messages message whatsapp events event service services svc rest gateway gw ivr inbound incoming notify notifications notification chat support integrations integration internal external hook v3 v4 api/v3 api/hooks api/webhook rest/v1 uat qa beta stg preview main latest prd development web media stream streams ws websocket sockets site portal admin crm core comms communications communication webhooks/v1 functions functions/v2 lambda fn _functions proxy public/api en',
  'a mount point',
)

/** The end of the path that express-ws gives the handlers of `app.ws`. https://github.com/HenningM/express-ws */
const socketPath = '/.websocket'

const verifyUpgrade =
  'Verify before express-ws changes the URL: give it verifyClient: createVerifyClient(options) in wsOptions (tollgate/ws).'

function* listPrefixes(subject: Subject): Generator<Edit> {
  const { state, evidence, hints } = subject
  const seen = state.url.path
  if (seen.length > mostCharacters) return
  const offered = new Set([seen])
  function* offer(path: string, cost: number, detail: string, fix?: string): Generator<Edit> {
    if (offered.has(path) || path === seen) return
    offered.add(path)
    yield { dimension: 'prefix', cost, apply: editUrl('path', () => path), detail, fix }
  }
  const own = findOwnPath(subject)
  // A part that "publicUrl" adds to the path of the request is not from a proxy.
  function* change(path: string, cost: number, detail: string, fix?: string): Generator<Edit> {
    if (own === undefined || !path.endsWith(own.target)) return yield* offer(path, cost, detail, fix)
    yield* offer(
      path,
      cost,
      path === own.target && path.startsWith(`${own.prefix}/`)
        ? `"publicUrl" has the path ${own.prefix}, and the request has it too: Twilio signed ${path}.`
        : `"publicUrl" has the path ${own.prefix}, and Twilio signed ${path}.`,
      `Let "publicUrl" have only what the URL at Twilio has before ${own.target}.`,
    )
  }
  for (const { value, from } of [...evidence.targets, ...hints.targets.filter((one) => one.from === ownTarget)])
    if (isMoved(seen, value.path))
      yield* offer(
        value.path,
        1,
        `Twilio signed the path ${value.path} (${from}), and this server checks ${seen}.`,
        from === ownTarget ? 'Return the path of the request from "signedUrl".' : beforeRewrite,
      )
  const named = [...evidence.prefixes, ...hints.prefixes].map(({ value, from }) => [trimPrefix(value), from] as const)
  // If the whole path is a mount point, the app sees "/".
  if (seen === '/')
    for (const [prefix, of] of [...named, ...knownPrefixes])
      yield* offer(prefix, 2, `The path ${prefix} (${of}) was stripped on the way. Twilio signed it.`)
  for (const { value, from } of hints.prefixes)
    if (from === '"publicUrl"')
      yield* offer(
        stripSlashes(value),
        2,
        `Twilio signed the path ${stripSlashes(value)}, and this server checks ${seen}: "publicUrl" is the whole URL of the webhook.`,
      )
  for (const [prefix, from] of named) yield* offer(prefix + seen, 1, describeLost(prefix, from, seen))
  const segments = seen.split('/').slice(1)
  for (let count = 1; count < Math.min(segments.length, 5); count++) {
    const added = `/${segments.slice(0, count).join('/')}`
    const rest = `/${segments.slice(count).join('/')}`
    if (/^\/+$/.test(added))
      yield* change(
        rest,
        count,
        `The path begins with ${count + 1} slashes, and Twilio signed it with ${rest.startsWith('//') ? 'fewer' : 'one'}: ${rest}.`,
        'Let the proxy write one slash before the path (nginx: proxy_pass http://app$request_uri, without a slash between them).',
      )
    yield* change(
      rest,
      count,
      `${describeAdded(added, rest)}: Twilio signed ${rest}. If no proxy of yours adds it, someone sent a copy of the request to another path.`,
      `Let nothing on the way add ${added} to the path.`,
    )
  }
  for (const [prefix, of] of knownPrefixes) yield* offer(prefix + seen, 2, describeLost(prefix, of, seen))
  for (const count of [1, 2]) {
    const added = `/${segments.slice(0, count).join('/')}`
    const rest = `/${segments.slice(count).join('/')}`
    if (segments.length > count)
      for (const [prefix, of] of [...named, ...knownPrefixes])
        yield* change(
          prefix + rest,
          3 + count,
          `The prefix ${prefix} (${of}) became ${added} on the way.`,
          added === '/' ? slashes : `Let nothing on the way change ${prefix} to ${added}.`,
        )
  }
  for (const [prefix, of] of rarePrefixes) yield* offer(prefix + seen, 5, describeLost(prefix, of, seen))
  // Another dimension, because a proxy may have changed the beginning.
  if (seen.endsWith(socketPath))
    yield {
      dimension: 'path',
      cost: 1,
      apply: editUrl('path', (path) => (path.endsWith(socketPath) ? path.slice(0, -socketPath.length) || '/' : path)),
      detail: `express-ws has added ${socketPath} to the end of the path, and Twilio signed the path without it.`,
      fix: verifyUpgrade,
    }
  yield* listEndings(seen, offer)
  yield* listJoined(seen, offer)
  yield* listRouted(state.url)
}

/** A prefix in "publicUrl" does not undo a rewrite of the path. */
const beforeRewrite =
  'Let nothing on the way rewrite the path, pass the request target from before the rewrite, or return the signed URL from "signedUrl".'

const mostFields = 40

/**
 * Lists the paths that a front controller or a rewrite moved into the query, such as
 * `/index.php?q=sms`. A part of the path may be a field: `/sms/acme` as `/sms?tenant=acme`.
 */
function* listRouted({ path, query }: UrlParts): Generator<Edit> {
  const fields = splitFields(query)
  if (fields.length > mostFields || query.length > mostCharacters) return
  const parts = path.split('/').slice(1)
  for (const [index, field] of fields.entries()) {
    const value = decodeAll(field.replace(/^[^=]*=/, '')).replace(/^\//, '')
    if (!/^[\w.~/-]+$/.test(value)) continue
    const query = joinFields(fields.filter((_, at) => at !== index))
    const offer = (before: readonly string[], after: readonly string[], cost: number): Edit => {
      const isPart = before.length + after.length >= parts.length
      const signed = `/${[...before, value, ...after].join('/')}`
      return {
        dimension: 'prefix',
        cost,
        apply: (state) => ({ ...state, url: { ...state.url, path: signed, query } }),
        detail: `A rewrite moved ${isPart ? 'a part of the path' : 'the path'} into the query: Twilio signed ${signed}.`,
        fix: beforeRewrite,
      }
    }
    for (let count = 0; count < Math.min(parts.length, 4); count++)
      yield offer(parts.slice(0, count), [], value.includes('/') ? 2 : 3)
    // Only the user's own fields are parts of a path. A GET webhook has about 25 others.
    if (isTwilioName(readName(field))) continue
    for (let count = 0; count <= Math.min(parts.length, 3); count++)
      yield offer(parts.slice(0, count), parts.slice(count), 4)
  }
}

function describeAdded(added: string, rest: string): string {
  return rest === added || rest.startsWith(`${added}/`)
    ? `The path that is checked has ${added} twice at its start, and Twilio signed it once`
    : `The path starts with ${added}, which Twilio did not sign`
}

/** Splits the path into that of "publicUrl" and that of the request. */
function findOwnPath({ state, hints, request }: Subject): { prefix: string; target: string } | undefined {
  const target = /^\/[^?#]*/.exec(request.url)?.[0] ?? ''
  const prefix = state.url.path.slice(0, -target.length)
  const isOwn = hints.prefixes.some(({ value, from }) => from === '"publicUrl"' && stripSlashes(value) === prefix)
  return isOwn && prefix + target === state.url.path ? { prefix, target } : undefined
}

function describeLost(prefix: string, from: string, seen: string): string {
  return `The path lost its prefix ${prefix} (${from}) on the way: Twilio signed ${prefix}${seen}.`
}

type Offer = (path: string, cost: number, detail: string, fix?: string) => Generator<Edit>

const slashes =
  'Let the proxy pass the path unchanged (nginx: proxy_pass without a path), or end both of its paths with a slash and put the prefix into publicUrl.'

/** Lists the path without the ending of a file, and with one: rewrites hide and add these. */
function* listEndings(seen: string, offer: Offer): Generator<Edit> {
  const [ending = ''] = /(?<=[^/])\.\w{1,5}$/.exec(seen) ?? []
  if (ending !== '')
    yield* offer(seen.slice(0, -ending.length), 4, `Something added ${ending} to the path on the way.`, beforeRewrite)
  else if (!seen.endsWith('/'))
    for (const lost of ['.php', '.html', '.json', '.xml', '.aspx', '.ashx', '.cgi', '.jsp', '.do', '.js'])
      yield* offer(seen + lost, 5, `The path lost its ending ${lost} on the way.`, beforeRewrite)
}

/** Lists the paths that a proxy may have joined to a prefix without a slash, such as `/apisms`. */
function* listJoined(seen: string, offer: Offer): Generator<Edit> {
  for (const [added] of knownPrefixes) {
    const rest = seen.slice(added.length)
    if (!seen.startsWith(added) || rest === '' || rest.startsWith('/')) continue
    for (const prefix of ['', ...knownPrefixes.map(([one]) => one)])
      yield* offer(
        `${prefix}/${rest}`,
        5,
        `The proxy joined ${added} and ${rest} without a slash: Twilio signed ${prefix}/${rest}.`,
        slashes,
      )
  }
}

/**
 * Returns true if one path is the other with a prefix. Paths that differ only in encoding are not.
 */
function isMoved(seen: string, original: string): boolean {
  const [one, other] = [seen, original].map((path) => stripSlashes(decodeAll(path)).toLowerCase())
  return one !== other
}

function trimPrefix(prefix: string): string {
  // Some proxies pass on the regular expression of their rule, such as /app(/|$)(.*).
  const text = stripSlashes(prefix.replace(/[?(*[\\^$|].*$/s, ''))
  return text.startsWith('/') ? text : `/${text}`
}

function* listPathSpellings({ state, evidence }: Subject): Generator<Edit> {
  if (state.url.path.length > mostCharacters) return
  const offer = (spell: (text: string) => string, cost: number, what: string, fix?: string): Edit => ({
    dimension: 'path',
    cost,
    apply: editUrl('path', spell),
    detail: `The path was ${fix === undefined ? 're-encoded' : 'changed'} on the way: Twilio signed it ${what}.`,
    fix,
  })
  for (const { value, from } of evidence.targets)
    if (!isMoved(state.url.path, value.path) && stripSlashes(value.path) !== '')
      yield offer(
        (path) => (path.endsWith('/') === value.path.endsWith('/') ? value.path : undefined) ?? path,
        1,
        `as in ${from}`,
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
    for (const [what, encode] of escapers) {
      for (const [hexCase, inCase] of hexCases)
        yield offer((path) => inCase(mapSegments(decodeAll(path), encode)), 2, `${what}, ${hexCase}`)
    }
    for (const [what, toggle] of listToggles(state.url.path, "'()!*,;:@&=+$~-_.|[]{} ")) yield offer(toggle, 3, what)
  }
  const segments = state.url.path.split('/')
  // lighttpd decodes what needs no escape, and %2F, in one step.
  for (const characters of ['~', '-', '_', '.', '~._-'])
    if ([...characters].some((one) => state.url.path.includes(one)))
      for (let index = 2; index < Math.min(segments.length, 8); index++)
        yield offer(
          (path) => escapeAll(joinAt(path, index, '\0'), characters).replace('\0', '%2F'),
          4,
          `with ${[...characters].join(' ')} percent-encoded and %2F for "/"`,
        )
  for (const [slash, cost] of [
    ['%2F', 3],
    ['%2f', 4],
    ['//', 4],
  ] as const)
    for (let index = 2; index < Math.min(segments.length, 8); index++)
      yield offer(
        (path) => joinAt(path, index, slash),
        cost,
        `with ${slash} for "/"`,
        slash === '//' ? sameSlashes : undefined,
      )
  yield offer((path) => `/${path}`, 4, 'with two slashes at its start', sameSlashes)
  yield offer((path) => path.replace(/\/{2,}/g, '/'), 2, 'with single slashes')
  yield offer((path) => path.toLowerCase(), 5, 'in lower case', sameCase)
  for (const path of capitaliseParts(segments.slice(1), '/'))
    yield offer(() => `/${path}`, 5, 'with capital letters', sameCase)
}

// A router that gets both slashes has no route for them.
const sameSlashes = 'Write the URL at Twilio with single slashes.'

const sameCase =
  'Let nothing on the way change the letter case of the path. Write a prefix in "publicUrl" as in the Twilio console.'

function mapSegments(path: string, change: (segment: string) => string): string {
  return path.split('/').map(change).join('/')
}

/**
 * Proxies decode characters that need no escape. https://www.rfc-editor.org/rfc/rfc3986#section-2.3
 */
function escapeAll(path: string, characters: string): string {
  return Array.from(path, (one) => (characters.includes(one) ? `%${toHex(one)}` : one)).join('')
}

function joinAt(path: string, index: number, slash: string): string {
  const segments = path.split('/')
  if (index >= segments.length) return path
  return `${segments.slice(0, index).join('/')}${slash}${segments.slice(index).join('/')}`
}

function* listSlashes({ state }: Subject): Generator<Edit> {
  const seen = state.url.path
  if (seen.length > mostCharacters) return
  const offer = (cost: number, change: (path: string) => string, detail: string, fix?: string): Edit => ({
    dimension: 'slash',
    cost,
    apply: editUrl('path', change),
    detail,
    fix,
  })
  yield offer(1, (path) => (path.endsWith('/') ? stripSlashes(path) : `${path}/`), describeSlash(seen))
  if (/\/(index|default)\.\w+$/.test(seen))
    yield offer(
      2,
      (path) => path.slice(0, path.lastIndexOf('/') + 1),
      'The server added an index page after the last slash of the path.',
      'Let the server pass the path on as it arrived, or configure the URL with the index page at Twilio.',
    )
}

function describeSlash(seen: string): string {
  return seen.endsWith('/')
    ? `Twilio signed the path without its last slash, and this server checks ${seen}.`
    : `Twilio signed the path with a slash at its end, and this server checks ${seen}.`
}
