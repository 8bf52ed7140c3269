import type { Random } from '../../conformance/kit/random.ts'

/** One hostile text: `before`, then the units repeated, then `after`. It has `size` bytes. */
export interface Part {
  readonly place: string
  readonly before: string
  /** `#` is replaced by a number that counts the repetitions, `##` by the same in 32 hex digits. */
  readonly units: readonly string[]
  readonly after: string
  /** True if every bracket that a unit opens is closed at the end, as in deeply nested JSON. */
  readonly closed: boolean
  readonly size: number
}

/**
 * The recipe of a hostile request. It is plain data: a finding prints it, and the long run changes
 * it.
 */
export interface Recipe {
  readonly method: 'GET' | 'POST'
  readonly upgrade: boolean
  readonly parts: readonly Part[]
}

const characters = [...`aA0.-_/\\;:,&=+%?#@'"([{<* \t\n\r\0`, '\r\n', '\uFEFF', 'é', '\u2028', '\uD800']
const escapes =
  '%0A %0D%0A %00 %20 %25 %2F %5C %27 %26 %3D %3B %2B %EF%BB%BF %C3%A9 %zz %ff %252F &amp; \\u0041 \\n'.split(' ')
const separators = [
  '&=',
  'a=&',
  '=&',
  'a&',
  'a=b&',
  '&&',
  '==',
  ';a=1',
  '; ',
  '/../',
  '/./',
  '%2e%2e/',
  'a%2F;',
  '%2F%5C',
  '//',
  ', ',
]
const nesting = ['{"a":', '[[', 'a[', '{"a":[', 'a[b]', '<a>', '{"a":1}\n', '"a",', '\\"', '[]']
const counted = [
  '#=&',
  'a=#&',
  '#&',
  'a#=b&',
  'AccountSid=AC##&',
  'Account%53id=AC##&',
  'bodySHA256=##&',
  '{"AccountSid":"AC##"},',
  '"k#":1,',
  '#, ',
  'x#=1;',
  'for=10.0.0.#, ',
]
const units = [characters, escapes, separators, nesting, counted]
const ends = ['', '', 'x', '\n', '%0A', '=', '&', '/', ' ', '%', '}', '"', '0', '\0']

/** The places for a hostile text, with the usual text before and after it. */
const targets = [
  '/',
  '/sms',
  '/sms/',
  '/sms;',
  '/voice/',
  '/sms?',
  '/sms?a=',
  '/sms?bodySHA256=',
  '/sms?AccountSid=',
  '/?',
  '',
]
const headers: Readonly<Record<string, readonly string[]>> = {
  host: ['', 'app.example.com', 'app.example.com:', '[::1'],
  'content-type': [
    '',
    'application/x-www-form-urlencoded;',
    'application/json; charset=',
    'multipart/form-data; boundary=',
  ],
  'content-encoding': ['', 'identity,'],
  'content-length': ['', '1'],
  'transfer-encoding': ['', 'chunked,'],
  'x-twilio-signature': ['', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
  'x-twilio-webhooks-signature-settings': ['', 'key=', 'key=key1,algorithm=', 'key=key1,algorithm=HMAC_SHA256,'],
  'x-twilio-signature-key-sid': ['', 'key1'],
  'x-forwarded-for': ['', '10.0.0.1, '],
  'x-forwarded-host': ['', 'app.example.com', 'app.example.com, '],
  'x-forwarded-proto': ['', 'https', 'https, '],
  'x-forwarded-port': ['', '443'],
  'x-forwarded-prefix': ['', '/sms'],
  'x-original-url': ['', '/sms'],
  forwarded: ['', 'for=10.0.0.1;host=app.example.com;proto=https', 'host="', 'for=10.0.0.1;by=', 'proto=https;'],
  'i-twilio-idempotency-token': [''],
  'user-agent': ['', 'TwilioProxy/1.1'],
  authorization: ['', 'Basic '],
  upgrade: ['', 'websocket'],
  connection: ['', 'Upgrade,'],
}
const bodies: Readonly<Record<string, readonly string[]>> = {
  'application/x-www-form-urlencoded': ['', 'Body=', 'MessageSid=SM1&Body=', 'AccountSid=AC'],
  'application/json': ['', '{"a":"', '[', '{', '{"data":'],
  'application/x-ndjson': ['', '{}\n'],
  'text/plain': [''],
  'multipart/form-data; boundary=x': ['', '--x\r\n', '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n'],
  '': [''],
}

const maxHead = 15 * 1024
const maxBody = 1024 * 1024

/** Any hostile request. It often has the largest size, where quadratic growth shows. */
export function makeRecipe(random: Random): Recipe {
  const parts = random.oneIn(6) ? [makePart(random), makePart(random)] : [makePart(random)]
  return { method: random.oneIn(4) ? 'GET' : 'POST', upgrade: random.oneIn(10), parts }
}

/** Changes a costly recipe in one place. */
export function changeRecipe(recipe: Recipe, random: Random): Recipe {
  const at = random.below(recipe.parts.length)
  const other = makePart(random)
  const part = recipe.parts[at] ?? other
  const changed = random.pick([
    { ...part, before: part.before + random.pick(ends) },
    { ...part, after: other.after },
    { ...part, units: [...part.units, ...other.units].slice(-3) },
    { ...part, units: part.units.slice(0, 1), after: other.after },
    { ...part, units: other.units },
    { ...part, place: other.place, size: other.size },
  ])
  if (random.oneIn(5)) return { ...recipe, parts: [part, other] }
  return { ...recipe, parts: recipe.parts.map((one, index) => (index === at ? changed : one)) }
}

function makePart(random: Random): Part {
  const [kind, table] = random.pick([
    ['target', { '': targets }],
    ['target', { '': targets }],
    ['header', headers],
    ['header', headers],
    ['body', bodies],
    ['body', bodies],
  ] as const)
  const [name, starts] = random.pick(Object.entries(table))
  const max = kind === 'body' ? maxBody : maxHead
  return {
    place: `${kind} ${name}`,
    before: random.pick(starts) + (random.oneIn(3) ? random.pick(ends) : ''),
    units: Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => random.pick(random.pick(units))),
    after: random.pick(ends),
    closed: random.oneIn(2),
    size: random.oneIn(kind === 'body' ? 8 : 2) ? max : Math.floor(max / random.pick([4, 16])),
  }
}

const closers: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' }

/** Returns the text of a part. */
export function writePart({ before, units, after, closed, size }: Part): string {
  const unit = units.join('')
  const close = closed
    ? [...unit]
        .reverse()
        .map((character) => closers[character] ?? '')
        .join('')
    : ''
  const room = Math.max(0, size - Buffer.byteLength(before + after))
  const times = Math.floor(room / Buffer.byteLength(unit + close))
  if (!unit.includes('#')) return before + unit.repeat(times) + after + close.repeat(times)
  const pieces: string[] = []
  for (let length = 0, count = 0; length < room; count++) {
    const piece = unit.replaceAll('##', count.toString(16).padStart(32, '0')).replaceAll('#', count.toString(36))
    length += Buffer.byteLength(piece)
    if (length <= room) pieces.push(piece)
  }
  return before + pieces.join('') + after
}
