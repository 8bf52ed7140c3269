import type { Pairs } from '../scheme/form.ts'
import { isBounded } from './nesting.ts'

/** What a framework's parser made of a form, read without complaint: nested values, null and numbers too. */
export function readParsed(params: unknown): Pairs | undefined {
  if (params === undefined || params === null) return undefined
  if (typeof params !== 'object') return []
  const pairs: [string, string][] = []
  for (const [name, value] of listEntries(params)) {
    const values = Array.isArray(value) ? value.slice(0, mostEntries) : [value]
    for (const one of values) if (pairs.length < mostEntries) pairs.push([name, toText(one)])
  }
  return pairs
}

const mostEntries = 2000

function listEntries(params: object): [string, unknown][] {
  try {
    if (!(Symbol.iterator in params)) return Object.entries(params).slice(0, mostEntries)
    const entries: [string, unknown][] = []
    let read = 0
    for (const pair of params as Iterable<unknown>) {
      if (Array.isArray(pair)) entries.push([toText(pair[0]), pair[1]])
      if (++read === mostEntries) break
    }
    return entries
  } catch {
    return [] // a getter or an iterator that throws
  }
}

/** As careless code joins it. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[array]' : '[object Object]'
  return typeof value === 'symbol' ? '[symbol]' : `${value}`
}

export interface Nesting {
  readonly pairs: Pairs
  readonly what: string
}

type Join = (path: readonly (string | number)[]) => string

const joins: readonly (readonly [what: string, join: Join])[] = [
  ['with brackets, such as "a[b]"', bracket((key) => `[${key}]`)],
  ['with dots, such as "a.b"', (path) => path.join('.')],
  ['with empty brackets for lists, such as "a[]"', bracket((key) => (typeof key === 'number' ? '[]' : `[${key}]`))],
  ['with dots and the name repeated for lists', (path) => path.filter((key) => typeof key !== 'number').join('.')],
  ['with numbers behind the name, such as "a0"', (path) => path.join('')],
  ['with brackets and the name repeated for lists', bracket((key) => (typeof key === 'number' ? '' : `[${key}]`))],
  ['with dots inside brackets', (path) => `${path[0]}${path.length > 1 ? `[${path.slice(1).join('.')}]` : ''}`],
]

function bracket(spell: (key: string | number) => string): Join {
  return ([first, ...rest]) => `${first}${rest.map(spell).join('')}`
}

/** The flat forms that nested parameters may have had on the wire; none where nothing is nested. */
export function listNestings(parsed: unknown): Nesting[] {
  if (typeof parsed !== 'object' || parsed === null) return []
  const entries = listEntries(parsed)
  if (!entries.some(([, value]) => typeof value === 'object' && value !== null)) return []
  if (!isModest(entries)) return []
  const nestings = joins.map(([what, join]) => ({ what, pairs: flatten(entries, join) }))
  nestings.push({ what: 'as JSON text', pairs: entries.map(([name, value]) => [name, toJson(value)] as const) })
  return nestings
}

const mostLevels = 8

/** Whether it is no larger, and no more nested, than a parser makes of a webhook: not so what contains itself. */
function isModest(entries: readonly (readonly [string, unknown])[]): boolean {
  try {
    return isBounded(entries, 4 * mostEntries, 2 + mostLevels)
  } catch {
    return false // a getter that throws
  }
}

function toJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return toText(value)
  try {
    return JSON.stringify(value)
  } catch {
    return '' // a BigInt
  }
}

function flatten(entries: readonly (readonly [string, unknown])[], join: Join): Pairs {
  const pairs: [string, string][] = []
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (pairs.length >= mostEntries) return
    if (typeof value !== 'object' || value === null) pairs.push([join(path), toText(value)])
    else if (Array.isArray(value))
      for (const [index, one] of value.slice(0, mostEntries).entries()) walk(one, [...path, index])
    else for (const [name, one] of Object.entries(value)) walk(one, [...path, name])
  }
  for (const [name, value] of entries) walk(value, [name])
  return pairs
}
