import type { VerifierOptions } from 'tollgate'
import { type Cause, causes, type DiagnosableRequest, type Difference } from 'tollgate/diagnose'
import { splitUrl } from 'tollgate/internal'
import { hasClientHeaders, readHeader } from './headers.ts'
import type { Sent } from './sent.ts'
import { removeFragment } from './webhook-url.ts'

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
    add('body', [`${count} ${count === 1 ? 'parameter' : 'parameters'}`], describeOther(seen, pairs))
    return differences
  }
  for (const key of new Set([...sentByName.keys(), ...seenByName.keys()])) {
    const [one, other] = [sentByName.get(key), seenByName.get(key)]
    add('parameter', one?.values ?? [], other?.values ?? [], other?.name ?? one?.name ?? key)
  }
  return differences
}

const id = /^[A-Z]{2}[0-9a-f]{32}$/

/** Checks if a parameter has another id. Nothing on the way makes one id of another. */
export function isOtherId({ what, sent, seen }: Difference): boolean {
  const isId = (values: readonly string[]): boolean => values.length > 0 && values.every((value) => id.test(value))
  return what === 'parameter' && isId(sent) && isId(seen)
}

/**
 * Names what shows that a request is of another webhook than the record: an id of the same
 * parameter that is another, or a form to another path that has none of the parameters.
 */
export function findOtherWebhook(
  sent: Sent,
  seen: DiagnosableRequest,
  differences: readonly Difference[],
): readonly string[] {
  const ids = differences.filter(isOtherId)
  if (ids.length > 0) return ids.map(({ name = '' }) => showName(name))
  const url = differences.find(({ what }) => what === 'url')
  const known = new Set(sent.params.map(([name]) => name))
  const pairs = readPairs(seen) ?? []
  const isOtherForm = pairs.some(([, value]) => id.test(value)) && !pairs.some(([name]) => known.has(name))
  const [one, other] = [url?.sent, url?.seen].map((urls) => /([^/]*?)\/?(?:\?.*)?$/s.exec(urls?.[0] ?? '')?.[1])
  return url !== undefined && one !== other && isOtherForm ? ['URL', 'parameters'] : []
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

/** Describes a body that holds none of the parameters. Nothing, if the client sent none. */
function describeOther(request: DiagnosableRequest, pairs: Sent['params'] | undefined): readonly string[] {
  const { body } = request
  const isEmpty = (body ?? '') === '' || (body instanceof Uint8Array && body.length === 0)
  if (!isEmpty || (pairs ?? []).length > 0) return [pairs === undefined ? 'no form' : 'none of these parameters']
  return hasClientHeaders(request) ? [] : ['no body in this record']
}

/** Names the differences whose cause their form shows, and returns the rest. */
export function nameDifferences(differences: readonly Difference[]): {
  readonly causes: readonly Cause[]
  readonly rest: readonly Difference[]
} {
  const signOf = new Map(differences.map((one) => [one, signs.find(({ applies }) => applies(one, differences))]))
  const found = signs.flatMap((sign): Cause[] => {
    const names = differences.filter((one) => signOf.get(one) === sign).map(({ name = '' }) => showName(name))
    if (names.length === 0) return []
    const detail = `${sign.detail}${names[0] === '' ? '' : `: ${names.join(', ')}`}.`
    return [{ id: sign.id, fix: sign.fix ?? causes[sign.id].fix, detail }]
  })
  return { causes: joinRepeated(found), rest: differences.filter((one) => signOf.get(one) === undefined) }
}

/** Names each cause once, with all that was seen of it, and the fix of what was seen first. */
export function joinRepeated(found: readonly Cause[]): readonly Cause[] {
  const joined = new Map<Cause['id'], Cause>()
  for (const one of found) {
    const known = joined.get(one.id)
    joined.set(one.id, known === undefined ? one : { ...known, detail: `${known.detail} ${one.detail}` })
  }
  return [...joined.values()]
}

/** The differences whose cause is certain by their form. The first that applies is the cause. */
const signs = (Object.keys(causes) as Cause['id'][]).flatMap((id) =>
  (causes[id].differences ?? []).map((sign) => ({ id, ...sign })),
)

/** Returns true for names that a cause makes of each other. */
function areRelated(sent: string, seen: string): boolean {
  return signs.some(({ relates }) => relates?.(sent, seen))
}

/** Shows the name of a parameter, unless it may be another text, such as a form in Base64. */
export function showName(name: string): string {
  return /^[\w.[\]:-]{0,60}$/.test(name) ? name : `a name of ${[...name].length} characters`
}

export function encodeForm(params: Sent['params']): string {
  return new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString()
}
