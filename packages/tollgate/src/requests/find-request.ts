import { property, readHeaderList } from './json.ts'

type PartName = 'method' | 'url' | 'host' | 'query' | 'headers' | 'rawBody' | 'base64Body' | 'body' | 'perhapsBody'

/**
 * The names that programs give to a part of a request, the best first. They are compared in lower
 * case and without `_`, `-` and `.`, so that `rawBody`, `raw_body` and `RawBody` are one name.
 */
const partNames: Readonly<Record<PartName, readonly string[]>> = {
  // The names with a colon are headers of HTTP/2.
  method: ['method', 'httpmethod', 'requestmethod', 'httprequestmethod', 'verb', ':method'],
  url: (
    'originalurl requesturl fullurl urlfull rawurl url httpurl webhookurl requesturi uri href rawpath httptarget path ' +
    'urlpath pathname pathinfo requestpath :path'
  ).split(' '),
  host: ['host', 'hostname', 'domainname', 'requesthost', 'serveraddress', 'httphost'],
  query: ['querystring', 'rawquerystring', 'urlquery', 'query', 'args'],
  headers: ['headers', 'requestheaders', 'httpheaders', 'header', 'rawheaders', 'reqheaders'],
  /** The bytes as they arrived. */
  rawBody: ['rawbody', 'bodyraw', 'rawrequestbody', 'bodytext', 'bodystring'],
  base64Body: ['bodybase64', 'rawbodybase64', 'base64body'],
  body: 'body requestbody httprequestbody httprequestbodycontent httpbody payload postdata bodyparams'.split(' '),
  /** Names that have other uses too. */
  perhapsBody: 'content data form formdata formparams post params parameters input all text textpayload raw'.split(' '),
}

/** Lists the values of a part, the best name first. */
export function listParts(value: unknown, part: PartName): unknown[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const found = new Map<string, unknown>()
  for (const [name, one] of Object.entries(value)) {
    const plain = name.length > 40 ? name : name.replace(/[._-]/g, '').toLowerCase()
    // Twilio's alerts have an empty text for no headers.
    if (!found.has(plain) && one !== undefined && one !== null && one !== '') found.set(plain, one)
  }
  return partNames[part].flatMap((name) => (found.has(name) ? [found.get(name)] : []))
}

/** Lists the texts of a part, the best name first, without empty ones. */
export function listTexts(value: unknown, part: PartName): string[] {
  const parts = listParts(value, part)
  // Postman and Elastic have an object for a URL.
  const all =
    part === 'url'
      ? parts.flatMap((one) => [one, property(one, 'raw'), property(one, 'full'), property(one, 'original')])
      : parts
  return all.filter((one): one is string => typeof one === 'string' && one !== '')
}

/** An object, and those that it is in, from the inside out. */
interface Nested {
  readonly value: object
  readonly holders: readonly object[]
}

const mostLevels = 4
const mostObjects = 1000

/** Walks through objects in objects, the outer ones first. Lists in them are no part of the walk. */
export function* walkObjects(value: unknown): Generator<Nested> {
  const queue: Nested[] = isObject(value) ? [{ value, holders: [] }] : []
  for (let at = 0; at < queue.length; at++) {
    const one = queue[at]
    if (one === undefined) return
    yield one
    if (one.holders.length === mostLevels) continue
    const holders = [one.value, ...one.holders]
    for (const inner of Object.values(one.value))
      if (isObject(inner) && queue.length < mostObjects) queue.push({ value: inner, holders })
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The name of a header with a signature, where a program printed it as a name. */
export const signatureName: RegExp =
  /x[-_]twilio[-_](?:email[-_]event[-_]webhook[-_])?signature["'\]]{0,2}\s*(?:[:=,]|->)/i

/** Checks if a text is the name of a header with a signature. */
export function isSignatureName(name: string): boolean {
  return /^x-twilio-(?:email-event-webhook-)?signature$/i.test(name)
}

/**
 * Finds a request in what a program logged, such as a line with the request under `req`, `event`,
 * `jsonPayload` or any other name: the outer one with method, URL and headers, or else one whose
 * headers have a signature, or else one with a method.
 */
export function findRequest(value: unknown): Nested | undefined {
  // Headers are no request: their sender may have named one `url`.
  const isHeaders = ({ value, holders: [holder] }: Nested): boolean => listParts(holder, 'headers').includes(value)
  const objects = [...walkObjects(value)].filter((one) => !isHarRequest(one.value) && !isHeaders(one))
  const hasMethod = (one: Nested): boolean => listTexts(one.value, 'method').length > 0
  const isWhole = (one: Nested): boolean =>
    hasMethod(one) && listTexts(one.value, 'url').length > 0 && listParts(one.value, 'headers').length > 0
  return (
    objects.find((one) => isWhole(one) && isSigned(one.value)) ??
    objects.find((one) => isSigned(one.value)) ??
    objects.find(isWhole) ??
    objects.find(hasMethod)
  )
}

/** An entry of a HAR has its body in another form. */
function isHarRequest(value: object): boolean {
  return isObject(property(value, 'postData'))
}

/**
 * Finds the object that has a signature among its names: the headers themselves, or the map inside a
 * Headers object of Node.js 18.
 */
export function findHeaders(value: unknown): object | undefined {
  for (const { value: object } of walkObjects(value)) if (Object.keys(object).some(isSignatureName)) return object
  return undefined
}

/** Checks if the headers of an object have a signature. */
function isSigned(value: object): boolean {
  return listParts(value, 'headers').some((headers) => {
    if (!Array.isArray(headers)) return findHeaders(headers) !== undefined
    try {
      return readHeaderList(headers).some(([name]) => isSignatureName(name))
    } catch {
      return false
    }
  })
}

/** Checks if a request with a signature is in what a program logged. */
export function hasSignedRequest(value: unknown): boolean {
  const found = findRequest(value)
  return found !== undefined && isSigned(found.value)
}

/**
 * Finds a text in which a program logged a request: one in JSON that has the name of a header with
 * a signature. If each line of a log is in an object of its own, the lines are joined.
 */
export function findLoggedText(value: unknown): string | undefined {
  if (Array.isArray(value)) return joinLines(value) ?? findFirstText(value)
  for (const { value: object } of walkObjects(value))
    for (const one of Object.values(object)) {
      const found = Array.isArray(one) ? (joinLines(one) ?? findFirstText(one)) : findText([one])
      if (found !== undefined) return found
    }
  return undefined
}

function findFirstText(list: readonly unknown[]): string | undefined {
  for (const each of list)
    for (const { value } of walkObjects(each)) {
      const found = findText(Object.values(value))
      if (found !== undefined) return found
    }
  return findText(list)
}

function findText(values: readonly unknown[]): string | undefined {
  return values.find((text): text is string => typeof text === 'string' && signatureName.test(text))
}

/** Joins the lines of a log, each of which is in an object of its own. */
function joinLines(lines: readonly unknown[]): string | undefined {
  for (const line of lines) {
    const [name] = Object.entries(isObject(line) ? line : {}).find(([, text]) => findText([text]) !== undefined) ?? []
    if (name === undefined) continue
    return lines
      .map((one) => property(one, name))
      .filter((text): text is string => typeof text === 'string')
      .map((text) => (text.endsWith('\n') ? text : `${text}\n`))
      .join('')
  }
  return undefined
}
