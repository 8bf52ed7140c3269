import type { VerifierOptions } from 'tollgate'
import type { Cause, DiagnosableRequest } from 'tollgate/diagnose'
import { splitUrl } from 'tollgate/requests'
import { hasClientHeaders, readHeader } from './headers.ts'
import type { Sent } from './sent.ts'
import { removeFragment } from './webhook-url.ts'

/** One thing that differs between what Twilio sent and what the server saw. */
export interface Difference {
  readonly what: 'method' | 'url' | 'parameter' | 'body' | 'header' | 'request'
  /** Of the parameter or the header. */
  readonly name: string | undefined
  /** Several for a repeated parameter; none if it is not there. */
  readonly sent: readonly string[]
  readonly seen: readonly string[]
}

/** Lists what differs. Values are not masked. */
export function listDifferences(sent: Sent, seen: DiagnosableRequest, options: VerifierOptions): readonly Difference[] {
  const differences: Difference[] = []
  const add = (what: Difference['what'], one: readonly string[], other: readonly string[], name?: string): void => {
    if (JSON.stringify(one) !== JSON.stringify(other)) differences.push({ what, name, sent: one, seen: other })
  }
  add('method', [sent.method], [seen.method])
  add('url', [removeFragment(sent.url)], [toFullUrl(seen, options)])
  if (sent.method === 'GET' || sent.params.length === 0) return differences
  const pairs = readPairs(seen)
  const count = sent.params.length
  const fold = (name: string): string => (sent.namesAreExact ? name : name.toLowerCase().replaceAll('_', ''))
  const [sentByName, seenByName] = [gather(sent.params, fold), gather(pairs ?? [], fold)]
  const isForm = [...sentByName.values()].some(({ name }) =>
    [...seenByName.values()].some((other) => fold(name) === fold(other.name) || areRelated(name, other.name)),
  )
  if (!isForm) {
    add('body', [`${count} ${count === 1 ? 'parameter' : 'parameters'}`], [describeOther(seen, pairs)])
    return differences
  }
  for (const key of new Set([...sentByName.keys(), ...seenByName.keys()])) {
    const [one, other] = [sentByName.get(key), seenByName.get(key)]
    add('parameter', one?.values ?? [], other?.values ?? [], other?.name ?? one?.name ?? key)
  }
  return differences
}

interface Values {
  readonly name: string
  readonly values: string[]
}

function gather(list: Sent['params'], fold: (name: string) => string): Map<string, Values> {
  const byName = new Map<string, Values>()
  for (const [name, value] of list) {
    const known = byName.get(fold(name)) ?? { name, values: [] }
    known.values.push(value)
    byName.set(fold(name), known)
  }
  return byName
}

/** Returns the URL that the server checks, if it is known from the request and the public URL. */
export function toFullUrl(request: DiagnosableRequest, { publicUrl }: VerifierOptions): string {
  const parts = splitUrl(request.url)
  if (typeof publicUrl === 'string') return publicUrl.replace(/\/$/, '') + (parts?.target ?? request.url)
  return parts === undefined ? `https://${readHeader(request, 'host') ?? '?'}${request.url}` : request.url
}

function readPairs({ body, params }: DiagnosableRequest): Sent['params'] | undefined {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
    return /^\s*[{[]/.test(text) ? undefined : [...new URLSearchParams(text)]
  }
  const parsed = params ?? body
  if (parsed instanceof URLSearchParams) return [...parsed]
  return typeof parsed === 'object' && parsed !== null && !(Symbol.iterator in parsed || 'consumedBy' in parsed)
    ? Object.entries(parsed).flatMap(([name, value]) =>
        [value].flat().map((each): [string, string] => [name, String(each)]),
      )
    : undefined
}

const noBody = 'no body'

function describeOther(request: DiagnosableRequest, pairs: Sent['params'] | undefined): string {
  const { body } = request
  const isEmpty = (body ?? '') === '' || (body instanceof Uint8Array && body.length === 0)
  if (!isEmpty || (pairs ?? []).length > 0) return pairs === undefined ? 'no form' : 'none of these parameters'
  return hasClientHeaders(request) ? noBody : 'no body in this record'
}

/** Returns true for names that a parser makes of each other, such as `a[b]`, `a.b`, `a_b` and `a`. */
function areRelated(sent: string, seen: string): boolean {
  const isNested = /[.[]/.test(sent) || /[.[]/.test(seen)
  const [one, other] = [sent, seen].map((name) => name.replace(/[^A-Za-z0-9]/g, ''))
  const [stem, otherStem] = [sent, seen].map((name) => name.replace(/[.[].*$/s, ''))
  return isNested && (one === other || stem === otherStem)
}

/** Names the differences whose cause their form shows, and returns the rest. */
export function nameDifferences(differences: readonly Difference[]): {
  readonly causes: readonly Cause[]
  readonly rest: readonly Difference[]
} {
  const formOf = new Map(differences.map((one) => [one, forms.find(({ applies }) => applies(one, differences))]))
  const found = new Map<Cause['id'], Cause>()
  for (const form of forms) {
    const names = differences.filter((one) => formOf.get(one) === form).map(({ name = '' }) => showName(name))
    if (names.length === 0) continue
    const known = found.get(form.id)
    const detail = `${form.detail}${names[0] === '' ? '' : `: ${names.join(', ')}`}.`
    found.set(form.id, {
      id: form.id,
      fix: form.fix,
      detail: known === undefined ? detail : `${known.detail} ${detail}`,
    })
  }
  return { causes: [...found.values()], rest: differences.filter((one) => formOf.get(one) === undefined) }
}

/** Shows the name of a parameter, unless it may be another text, such as a form in Base64. */
export function showName(name: string): string {
  return /^[\w.[\]:-]{0,60}$/.test(name) ? name : `a name of ${[...name].length} characters`
}

interface Form extends Cause {
  /** Says if this cause made the difference. `all` are the differences of the request. */
  readonly applies: (difference: Difference, all: readonly Difference[]) => boolean
}

const isLost = ({ what, seen }: Difference): boolean => what === 'parameter' && seen.length === 0
const isAdded = ({ what, sent }: Difference): boolean => what === 'parameter' && sent.length === 0

/** Makes the test of a change of values: each value that differs is what the change makes of it. */
function changes(...ways: readonly ((sent: string) => string | undefined)[]): Form['applies'] {
  return ({ what, sent, seen }) =>
    what === 'parameter' &&
    sent.length === seen.length &&
    sent.every((value, at) => value === seen[at] || ways.some((change) => change(value) === seen[at]))
}

const rawBody =
  'Verify the raw body before anything changes it. If the verifier gets it, a proxy or a forwarder before this server changes the form.'

/** Differences whose cause is certain by their form. The first that applies is the cause. */
const forms: readonly Form[] = [
  {
    id: 'body_missing',
    detail: 'The request arrived without a body',
    fix: 'Let the proxy pass the body on. If you call verify() yourself, pass the raw body.',
    applies: ({ what, seen }) => what === 'body' && seen[0] === noBody,
  },
  {
    id: 'params_nested',
    detail: 'A parser made objects of these names, or wrote them in another way',
    fix: 'Verify the raw body, or parse it without nesting: express.urlencoded({ extended: false }).',
    applies: (one, all) =>
      (isLost(one) && all.some((other) => isAdded(other) && areRelated(one.name ?? '', other.name ?? ''))) ||
      (isAdded(one) && all.some((other) => isLost(other) && areRelated(other.name ?? '', one.name ?? ''))) ||
      one.seen.some((value) => /^\[object \w+\]$/.test(value)),
  },
  {
    id: 'params_blank_dropped',
    detail: 'Twilio sent these parameters blank, and the server did not see them',
    fix: rawBody,
    applies: (one, all) => isLost(one) && all.filter(isLost).every(({ sent }) => sent.join('') === ''),
  },
  {
    id: 'params_missing',
    detail: 'The server did not see these parameters',
    fix: 'Find what removes or adds parameters before the check, or verify the raw body before it runs.',
    applies: isLost,
  },
  {
    id: 'params_missing',
    detail: 'Twilio did not send these parameters, which the server saw',
    fix: 'Find what removes or adds parameters before the check, or verify the raw body before it runs.',
    applies: isAdded,
  },
  {
    id: 'params_repeats_dropped',
    detail: 'The server did not see every value of these parameters, or saw them joined',
    fix: 'Verify the raw body, or use a parser that keeps repeated names.',
    applies: ({ what, sent, seen }) =>
      what === 'parameter' &&
      seen.length > 0 &&
      seen.length < sent.length &&
      (seen.every((value) => sent.includes(value)) || [',', ', '].some((comma) => sent.join(comma) === seen[0])),
  },
  {
    id: 'params_null',
    detail: 'Blank values of these parameters became null or undefined',
    fix: rawBody,
    applies: changes(
      ...['null', 'undefined', 'None', 'nil'].map((word) => (value: string) => (value === '' ? word : undefined)),
    ),
  },
  {
    id: 'params_trimmed',
    detail: 'The values of these parameters lost white space',
    fix: rawBody,
    applies: changes(
      (value) => value.trim(),
      (value) => value.trimStart(),
      (value) => value.trimEnd(),
      (value) => value.trim().replace(/\s+/g, ' '),
    ),
  },
  {
    id: 'body_whitespace',
    detail: 'The line breaks in these parameters changed',
    fix: 'Pass the bytes that arrived, without changing their line breaks.',
    applies: changes(
      (value) => value.replace(/\r\n|\r/g, '\n'),
      (value) => value.replace(/\r\n|\r|\n/g, '\r\n'),
    ),
  },
  {
    id: 'params_plus_as_space',
    detail: 'The form was decoded twice, or not at all, which changed these parameters',
    fix: 'Decode the form exactly once: pass the raw body.',
    applies: changes(
      (value) => value.replaceAll('+', ' '),
      (value) => decode(value.replaceAll('+', ' ')),
      decode,
      (value) => encodeForm([['', value]]).slice(1),
      encodeURIComponent,
    ),
  },
  {
    id: 'params_escaped',
    detail: 'The values of these parameters were escaped for HTML',
    fix: rawBody,
    applies: ({ what, sent, seen }) =>
      what === 'parameter' &&
      sent.length === seen.length &&
      seen.every((value, at) => unescapeHtml(value) === sent[at]),
  },
  {
    id: 'body_charset',
    detail: 'Something read these parameters in another character set',
    fix: 'Pass the bytes that arrived. If something has to read them as text, let it read UTF-8.',
    applies: (one) =>
      changes((value) => Buffer.from(value, 'utf8').toString('latin1'))(one, []) ||
      one.seen.some((value, at) => value.includes('\ufffd') && one.sent[at]?.includes('\ufffd') === false),
  },
]

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export function encodeForm(params: Sent['params']): string {
  return new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString()
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeHtml(text: string): string {
  return text.replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,4});/gi, (whole, name: string) => {
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return name.startsWith('#') ? (code <= 0x10ffff ? String.fromCodePoint(code) : whole) : (entities[name] ?? whole)
  })
}
