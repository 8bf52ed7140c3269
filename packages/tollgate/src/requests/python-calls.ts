import { serializeForm } from '../schemes/twilio/sign/form.ts'
import { RequestError } from './error.ts'
import { isSignatureName } from './find-request.ts'
import { readHeaderList } from './json.ts'
import { readLiteral } from './printed-object.ts'
import type { HeaderList } from './request.ts'

/** What a call sends. */
export interface PythonCall {
  readonly method: string
  readonly url: string
  readonly headers: HeaderList
  readonly body: string | undefined
}

/** The arguments that are given by their place. */
const places: Readonly<Record<string, string>> = { request: 'method url', get: 'url params' }

// Each has limited parts, and matches at one place only.
const callStart = /^\w{1,20}\.(\w{1,20})\(/
const keyword = /\s{0,200}(?:([a-z_]{1,40})[ \t]?=[ \t]?)?/y
const variable = /([A-Za-z_]\w{0,60})(?:\.encode\([^()\n]{0,40}\))?(?=\s{0,200}[,)])/y
const argumentEnd = /(?:\.encode\([^()\n]{0,40}\))?\s{0,200}(?=[,)])/y
const otherEnd = /(?:[^,()\n]|\([^()\n]{0,500}\)){0,500}(?=[,)])/y
const lineEnd = /(?:\.encode\([^()\n]{0,40}\))?[ \t]{0,200}(?:[;#\r\n]|$)/y
const assignment = /^[ \t]{0,40}([A-Za-z_]\w{0,60})[ \t]?=[ \t]?(?=[b'"{[(])/gm
const mostArguments = 20

/**
 * Reads a call of Python's requests or httpx. Nothing is run: a value is a literal, or the name of one
 * that the text assigns before.
 * @param start where the call begins
 * @returns `undefined` if its headers have no signature
 * @throws RequestError if another part is no literal
 */
export function readPythonCall(text: string, start: number): PythonCall | undefined {
  const [all = '', name = ''] = callStart.exec(text.slice(start, start + 50)) ?? []
  const assigned = new Map(
    [...text.slice(0, start).matchAll(assignment)].map((one) => [one[1] ?? '', one.index + one[0].length]),
  )
  const given = new Map<string, unknown>()
  let at = start + all.length
  for (let index = 0; index < mostArguments; index++) {
    const key = match(keyword, text, at)
    at += key?.[0].length ?? 0
    const named = match(variable, text, at)
    const place = named === undefined ? at : (assigned.get(named[1] ?? '') ?? text.length)
    const literal = readLiteral(text, place)
    const isWhole = literal !== undefined && match(named ? lineEnd : argumentEnd, text, literal.end) !== undefined
    const part = key?.[1] ?? (places[name] ?? 'url data json').split(' ')[index] ?? ''
    if (named?.[1] !== 'None') given.set(part, isWhole ? literal.value : unread)
    const from = named === undefined && isWhole ? literal.end : at
    const end = match(named === undefined && isWhole ? argumentEnd : otherEnd, text, from)
    at = from + (end?.[0].length ?? 0) + 1
    if (end === undefined || text[at - 1] === ')') break
  }
  const headers = toPairs(given.get('headers')) ?? []
  if (!headers.some(([one]) => isSignatureName(one))) return undefined
  const url = textIn(given, 'url')
  for (const part of ['files', 'json'])
    if (Object.keys(Object(given.get(part) ?? '')).length > 0 || given.get(part) === unread) throw refuse(part)
  const query = writePairs(given, 'params')
  const method = name === 'request' ? textIn(given, 'method') : name
  return {
    method: method.toUpperCase(),
    url: query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`,
    headers,
    body: writePairs(given, 'data') || writePairs(given, 'content') || undefined,
  }
}

const unread: unique symbol = Symbol('unread')

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function refuse(part: string): RequestError {
  return new RequestError(
    `the argument "${part}" of the call in Python cannot be read; copy the request as curl or as raw HTTP`,
  )
}

function textIn(given: ReadonlyMap<string, unknown>, part: string): string {
  const value = given.get(part)
  if (typeof value !== 'string') throw refuse(part)
  return value
}

function writePairs(given: ReadonlyMap<string, unknown>, part: string): string {
  const value = given.get(part) ?? ''
  if (typeof value === 'string') return value
  const pairs = toPairs(value)
  if (pairs === undefined) throw refuse(part)
  return serializeForm(pairs)
}

function toPairs(value: unknown): HeaderList | undefined {
  try {
    return typeof value === 'object' ? readHeaderList(value) : undefined
  } catch {
    return undefined
  }
}
