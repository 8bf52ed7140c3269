import { host } from '../kit/draft.ts'
import type { Random } from '../kit/random.ts'
import type { WireRequest } from './wire.ts'

/** The address of a request: everything from which a server or a router may read a path. */
export type Address = Pick<WireRequest, 'target' | 'hosts' | 'version' | 'scheme'>

/** The values of the Host lines. No value means a request without the line. */
const hostShapes: readonly (readonly string[])[] = [
  [host],
  ...['', 'a', 'ab', 'abc', 'a.b', 'a:1', 'localhost', '[::1]', '[::1', '127.0.0.1:80', `${host}:443`, `${host}:8443`],
  ...['a/b', 'a/', '/', '//', '//a', 'a//b', 'a/..', 'a/../b', 'a/api', 'a/api/', 'a/sms?', 'a/billing/paid#', './'],
  ...['u@h', '@', 'u:p@h', '@h', 'a@', 'u@h/x', ':', ':80', 'a:', 'a:99999', 'a:acme', 'a:-1', 'a:80:80', 'a:80/sms'],
  ...['a?', 'a?x=', 'a?tenant=evil&x=', '?', '?x=', 'a#', 'a#b', '#', 'a\\', 'a\\b', '\\', 'a\\billing\\paid', '\\\\a'],
  ...[
    'a b',
    ' a',
    'a\tb',
    'a,b',
    'a;b',
    'a%',
    'a%2f',
    'a%2fb',
    '%61',
    '%00',
    '%',
    'ü.example',
    'xn--',
    'a_b',
    '*',
    '.',
  ],
  ...[
    '..',
    'a.',
    'a..b',
    '-a',
    "a'b",
    'a"b',
    '<a>',
    '{a}',
    'a|b',
    'a^b',
    '`a`',
    'http://a',
    'http:',
    'https://a/',
    'a:b@',
  ],
  ...['0', '256.256.256.256', '1e3', `${'x'.repeat(63)}.example`, 'x'.repeat(300), 'A', host.toUpperCase(), '\u00ad'],
].map((value) => (typeof value === 'string' ? [value] : value))

const severalHosts: readonly (readonly string[])[] = [
  [],
  [host, 'a'],
  ['a', host],
  ['', host],
  [host, ''],
  ['a', 'b/c'],
]

const schemes = ['http', 'https', 'HTTP', 'ws', 'acme', 'file', 'foo', 'blob', 'javascript', 'a', 'http+x', '1http', '']

/** Authorities of an absolute target. Each one is followed by a path. */
const authorities = [
  ...[
    'a',
    host,
    `${host}:443`,
    '',
    'xx',
    '/',
    '/xx',
    'a%',
    'a%2f',
    '%',
    '%2f..',
    'a:acme',
    'a:99999',
    'a:',
    ':',
    ':80',
  ],
  ...[
    'u@h',
    'u:p@h',
    '@',
    'a@',
    '@b',
    'u/@h',
    '[::1]',
    '[::1',
    '[',
    'a]',
    'a\\',
    '\\',
    'a\\b',
    '\\\\a',
    'a?x=',
    'a?',
    '?',
  ],
  ...[
    'a#',
    '#',
    'a#b',
    'a;b',
    'a,b',
    'a b',
    ' ',
    'a\t',
    '.',
    '..',
    'ü',
    '*',
    'a"',
    "a'",
    'a<b',
    'a{b',
    'a|b',
    'a^b',
    'a`',
  ],
  ...['a/..', 'a/.', 'a/%2e%2e', 'a//', 'a/api', '..a', '\t', 'a:1:2', '256.256.256.256', 'xn--', `${'x'.repeat(300)}`],
]

type Rewrite = (path: string, other: string) => string

/** Origin-form targets that some router may read as `path` or as `other`. */
const rewrites: readonly Rewrite[] = [
  (path) => path,
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `/${path}`,
  (path) => `//${path}`,
  (path) => `//x${path}`,
  (path) => `///x${path}`,
  (path) => `//x@y${path}`,
  (path) => `//x:acme${path}`,
  (path) => `/x/..${path}`,
  (path) => `/x/../..${path}`,
  (path) => `/x/%2e%2e${path}`,
  (path) => `/x/%2E.${path}`,
  (path) => `/x/.%2e${path}`,
  (path) => `/x/..%2f${path.slice(1)}`,
  (path) => `/x\\..${path}`,
  (path) => `/x/y/../..${path}`,
  (path) => `/.${path}`,
  (path) => `/..${path}`,
  (path) => `/%2e${path}`,
  (path) => `/./.${path}`,
  (path) => `/.;${path}`,
  (path) => `/..;${path}`,
  (path) => `/x/..;${path}`,
  (path) => `${path}/.`,
  (path) => `${path}/..`,
  (path) => `${path}/%2e%2e`,
  (path, other) => `${path}/../..${other}`,
  (path, other) => `${path}/..${other}`,
  (path, other) => `${path}/%2e%2e${other}`,
  (path, other) => `${path}/%2e%2e/%2e%2e${other}`,
  (path, other) => `${path}/..%2f..${other}`,
  (path, other) => `${path}\\..\\..${other}`,
  (path, other) => `${path}/..\\..${other}`,
  (path, other) => `${path}${other}`,
  (path) => path.replaceAll('/', '\\'),
  (path) => `/${path.replaceAll('/', '\\')}`,
  (path) => `/${path.slice(1).replaceAll('/', '\\')}`,
  (path) => `/x${path.replaceAll('/', '\\')}`,
  (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  (path) => `/${path.slice(1).replaceAll('/', '%5C')}`,
  (path) => `/${path.slice(1).replaceAll('/', '%252f')}`,
  (path) => `/%2f${path.slice(1)}`,
  (path) => path.replaceAll('/', '//'),
  (path) => path.replaceAll('/', '/./'),
  (path) => `/;a=b${path}`,
  (path) => `${path};a=b`,
  (path) => path.replace(/\/(\w)/, (_all, letter: string) => `/${escapeLetter(letter)}`),
  (path) => path.replace(/\w/g, escapeLetter),
  (path) => path.replace(/(\w)(\w)/, (_all, one, two: string) => `${one}%25${two.charCodeAt(0).toString(16)}`),
  (path) => path.toUpperCase(),
  (path) => path.replace(/\/\w/, (start) => start.toUpperCase()),
  (path) => `${path}%00`,
  (path) => `${path}%0a`,
  (path) => `${path}%20`,
  (path) => `${path}%ff`,
  (path) => `${path}%`,
  (path) => `/%zz${path}`,
  (path) => `${path}\t`,
  (path) => `\t${path}`,
  (path) => `/\t${path}`,
  (path) => path.replace(/(\w)(\w)/, '$1\t$2'),
  (path) => `${path}\u0000`,
  (path) => `${path}\u000b`,
  (path) => `/ü${path}`,
  (path) => `${path}ü`,
  (path) => `${path}\u00ad`,
  (path) => `${path.replaceAll('/', '\u2215')}`,
  (path) => `/'${path}`,
  (path) => `${path}'`,
  (path) => `${path}"<>^\`{|}`,
  (path) => `${path}.json`,
  (path) => `${path}:80`,
  (path) => path.slice(1),
  (path) => `.${path}`,
  (path) => `*${path}`,
  (path) => `:${path}`,
  (path) => `@h${path}`,
  (path, other) => `${path}?${other}`,
  (path, other) => `${path}?next=${other}`,
  (path, other) => `${path}?next=http://a${other}`,
  (path, other) => `${path}?/../..${other}`,
  (path, other) => `${path}%3fnext=${other}`,
  (path, other) => `${path}#${other}`,
  (path, other) => `${path}#${other}?a=b`,
  (path, other) => `${path}%23${other}`,
  (path, other) => `${path}?a=b#${other}`,
  (path, other) => `?next=${path}&to=${other}`,
  (path, other) => `?${path}#${other}`,
  (path, other) => `/?${path}?${other}`,
  (path, other) => `#${path}?${other}`,
  (path) => `${path}?`,
  (path) => `${path}??`,
  (path) => `${path}?&`,
  (path) => `${path}?a`,
  (path) => `${path}?=`,
  (path) => `${path}?a=1&a=2&b[c]=d`,
  (path) => `${path}?__proto__=1`,
  (path) => `${path}?q=it's`,
  (path) => `${path}?q=a|b`,
  (path) => `${path}?q=%20+x`,
  (path) => `${path}?q="<>^\`{}`,
  (path) => `${path}?q=\\..\\x`,
  (path) => `${path}?q=%`,
  (path) => `${path}?q=ü`,
  (path) => `${path}?q=%C3%BC%ff`,
  (path) => `${path}?q=;x=y`,
  (path) => `${path}?q=\t`,
  (path) => `${path}?tenant=one&tenant=two`,
]

function escapeLetter(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16)}`
}

const wholeTargets = [
  '*',
  '',
  '/',
  '//',
  '///',
  'http:',
  'http:/',
  'http://',
  'http:///',
  'http:////',
  '://',
  ':',
  '@',
  'a:80',
]

/** Targets that some server or router reads in another way than the others. */
const known: readonly Address[] = [
  ...['', 'a/b', 'u@h'].map((value) => ({ target: '/xx/api/voice', hosts: [value] })),
  ...['/twilio/sms', '/xx/api/voice', '/api/sms', '/xx/sms'].map((path) => ({
    target: `http://${path}`,
    hosts: [host],
  })),
  { target: 'http://a%/any/path', hosts: [host] },
  { target: 'http://a:acme/sms', hosts: [host] },
  { target: 'http://a:acme/', hosts: [host] },
  ...['/billing/paid', '/voice/sms', '/api/voice'].flatMap((path) => [
    { target: `http://a${path.replaceAll('/', '\\')}`, hosts: [host] },
    { target: `http://a${path.replace('/', '\\')}`, hosts: [host] },
    { target: `http://a${path.replaceAll('/', '\\')}`, hosts: [host], scheme: 'foo' },
    { target: `http://a${path.replace('/', '\\')}`, hosts: [host], scheme: 'foo' },
    { target: `http://a?next=${path}`, hosts: [host] },
    { target: `/victim/..${path}`, hosts: [host] },
    { target: `/victim/%2e%2e${path}`, hosts: [host] },
    { target: `/x/..${path}`, hosts: [host], version: '1.0' as const },
    { target: `//x${path}`, hosts: [host] },
    { target: `acme://x${path}`, hosts: [host] },
    ...['a', 'a/b', '', 'a.b', 'a?tenant=evil&x=', 'other.example.com'].map((value) => ({
      target: path,
      hosts: [value],
    })),
    { target: path, hosts: [], version: '1.0' as const },
  ]),
  { target: '/api/api/voice', hosts: ['a'] },
  { target: '/twilio/sms', hosts: ['a'] },
  { target: '/twilio/sms', hosts: [], version: '1.0' },
  { target: '/sms/%2e%2e/%2e%2e/billing/paid?AccountSid=AC1', hosts: [host] },
]

/**
 * Makes addresses of these paths without end, mixed with others: first the known ones, then each
 * shape of a target and each Host with a plain request, then random combinations.
 */
export function* makeAddresses(
  paths: readonly string[],
  others: readonly string[],
  random: Random,
): Generator<Address> {
  yield* known
  for (const rewrite of rewrites) yield { target: rewrite(random.pick(paths), random.pick(others)), hosts: [host] }
  for (const authority of authorities)
    yield { target: `http://${authority}${random.pick(paths)}`, hosts: [host], ...pickScheme(random) }
  for (const scheme of schemes) yield { target: `${scheme}://x${random.pick(paths)}`, hosts: [host] }
  for (const hosts of [...hostShapes, ...severalHosts])
    yield { target: random.pick(paths), hosts, ...(hosts.length === 0 && { version: '1.0' as const }) }
  for (const target of wholeTargets) yield { target, hosts: [host] }
  for (;;) yield makeRandom(paths, others, random)
}

function makeRandom(paths: readonly string[], others: readonly string[], random: Random): Address {
  const rewrite = (path: string): string => random.pick(rewrites)(path, random.pick(others))
  let path = random.pick(paths)
  if (!random.oneIn(3)) path = rewrite(path)
  if (random.oneIn(6)) path = rewrite(path)
  const isAbsolute = random.oneIn(3)
  const colon = random.oneIn(8) ? random.pick([':', ':/', ':///', ':\\\\', ':/\\', '//', ':////']) : '://'
  const scheme = random.oneIn(3) ? random.pick(schemes) : 'http'
  const target = isAbsolute ? `${scheme}${colon}${random.pick(authorities)}${path}` : path
  const hosts = random.oneIn(2) ? [host] : random.pick(random.oneIn(8) ? severalHosts : hostShapes)
  return {
    target: random.oneIn(60) ? random.pick(wholeTargets) : target,
    hosts,
    ...(random.oneIn(8) && { version: '1.0' as const }),
    ...pickScheme(random),
  }
}

/** Picks the scheme of a request over HTTP/2. */
function pickScheme(random: Random): { readonly scheme?: string } {
  return random.oneIn(3) ? { scheme: random.pick(['foo', 'https', 'a', 'ws', 'file', 'http+x', 'HTTP']) } : {}
}
