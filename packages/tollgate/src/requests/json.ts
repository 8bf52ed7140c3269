import { decodeUtf8 } from '../bytes.ts'
import { writeEscape } from '../checks/visible-text.ts'
import { nameLine, RequestError } from './error.ts'
import { fromLatin1, type HeaderList, type RecordedRequest, toLatin1 } from './request.ts'

/** @throws RequestError with the position of the fault, if the engine names it */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const [, at] = / at position (\d+)/.exec(String(error)) ?? []
    throw new RequestError('this is not JSON', {
      kind: 'not_json',
      position: at === undefined ? undefined : nameLine(text, Number(at)),
    })
  }
}

/** Reads only own properties: a file may use names that every object inherits. */
export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** Reads a property that is a text. `undefined` for any other value. */
export function textOf(value: unknown, name: string): string | undefined {
  const found = property(value, name)
  return typeof found === 'string' ? found : undefined
}

/**
 * Reads headers from an object, a list of pairs, HAR's list of { name, value }, the list of names and
 * values that Node.js has as `rawHeaders`, or a list of lines.
 */
export function readHeaderList(headers: unknown): HeaderList {
  if (headers === undefined || headers === null) return []
  const fault = new RequestError('"headers" must be an object, or a list of [name, value]')
  if (typeof headers !== 'object') throw fault
  const list: readonly unknown[] = Array.isArray(headers) ? toPairs(headers) : Object.entries(headers)
  const fields: [string, string][] = []
  for (const each of list) {
    const [name, given] = Array.isArray(each)
      ? each
      : [property(each, 'name') ?? property(each, 'key'), property(each, 'value')]
    // Node.js 18 keeps each as { name, value }.
    const value = property(given, 'value') ?? given
    for (const one of Array.isArray(value) ? value : [value]) {
      // Logs write a Content-Length as a number.
      if (typeof name !== 'string' || (typeof one !== 'string' && typeof one !== 'number')) throw fault
      fields.push([name, String(one)])
    }
  }
  return fields
}

const longestLine = 16 * 1024
/** No name has a colon, so this is no list of names and values. */
const headerLine = /^(:?[\w-]{1,100}): ([^\r\n]*)\s{0,2}$/

function toPairs(list: readonly unknown[]): readonly unknown[] {
  const lines = list.map((one) => (typeof one === 'string' ? headerLine.exec(one.slice(0, longestLine)) : null))
  if (lines.every((line) => line !== null)) return lines.map(([, name, value]) => [name, value?.trim()])
  if (list.length % 2 === 1 || list.some((one) => typeof one !== 'string')) return list
  return list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]]] : []))
}

/**
 * Decodes a body that is written as Base64. Some tools leave out the padding.
 * @throws RequestError that names the property
 */
export function readBase64(text: string, name: string): Uint8Array {
  const digits = text.replace(/={1,2}$/, '')
  const isPadded = digits.length !== text.length
  if (/[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1 || (isPadded && text.length % 4 !== 0))
    throw new RequestError(`"${name}" is not Base64`)
  return fromLatin1(atob(digits))
}

/** A body as text if its bytes are UTF-8, or else as Base64. */
export type WrittenBody = { readonly text: string } | { readonly base64: string }

export function writeBody(body: Uint8Array): WrittenBody {
  const text = decodeUtf8(body)
  return text === undefined ? { base64: btoa(toLatin1(body)) } : { text }
}

/**
 * Writes JSON that a terminal and a shell take for nothing else, if it is pasted there by mistake. It
 * is ASCII, so it has no control and no invisible character. It has none of the three characters that
 * act between double quotes, and no line with a text alone, which would be the name of a command.
 *
 * @param value what JSON can say
 * @param indent the number of spaces. Default: the JSON is one line
 */
export function writeInertJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent)
    .replace(/[!$`\u007f-\uffff]/g, (unit) => writeEscape(unit.charCodeAt(0)))
    .replace(
      /(\[?)\n *("[^"\\]*(?:\\.[^"\\]*)*",?)(?:\n *(?=\])|(?=\n))/g,
      (_, start: string, text: string) => `${start || ' '}${text}`,
    )
}

// A webhook of Twilio's has ten at most.
const mostLevels = 100

/**
 * Returns true for objects and lists with more than 100 levels. `JSON.parse` reads thousands, and
 * `JSON.stringify` then fails, because it has no stack for them.
 * @param value what `JSON.parse` returned
 * @param levels how many levels it may have. Default: 100
 */
export function isDeep(value: unknown, levels: number = mostLevels): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((one) => isDeep(one, levels - 1))
}

/**
 * The mark of a property that is an object, such as a body that a parser left.
 * @throws RequestError if it has more than 100 levels
 */
export function readObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isPlain && isDeep(value)) throw new RequestError(`its objects have more than ${mostLevels} levels`)
  return isPlain ? (value as Readonly<Record<string, unknown>>) : undefined
}

/** Reads a time in milliseconds since 1970, or as ISO 8601. */
export function readTime(given: unknown): Pick<RecordedRequest, 'time'> {
  const time = typeof given === 'string' ? Date.parse(given) : given
  return typeof time === 'number' && time > 0 && time < 8.64e15 ? { time } : {}
}

/**
 * Reads the target and the marks of a body that was kept.
 * @param prefix begins the name of each property
 */
export function readMarks(
  request: unknown,
  prefix = '',
): Pick<RecordedRequest, 'target' | 'bodyTruncated' | 'bodyDecoded'> {
  return {
    target: textOf(request, `${prefix}target`),
    ...(property(request, `${prefix}bodyTruncated`) === true && { bodyTruncated: true }),
    ...(property(request, `${prefix}bodyDecoded`) === true && { bodyDecoded: true }),
  }
}
