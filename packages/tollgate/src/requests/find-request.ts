import { property, readHeaderList } from './json.ts'

type PartName = 'method' | 'url' | 'host' | 'query' | 'headers' | 'rawBody' | 'base64Body' | 'body' | 'perhapsBody'

/**
 * The names that programs give to a part of a request, the best first. They are compared in lower
 * case and without `_`, `-` and `.`, so that `rawBody`, `raw_body` and `RawBody` are one name.
 */
const partNames: Readonly<Record<PartName, string>> = {
  // The names with a colon are headers of HTTP/2.
  method: 'method httpmethod requestmethod verb :method',
  url:
    'originalurl requesturl fullurl urlfull rawurl url httpurl webhookurl requesturi uri href rawpath httptarget path ' +
    'pathname pathinfo requestpath :path',
  host: 'host hostname domainname',
  query: 'rawquerystring multivaluequerystringparameters querystringparameters querystring urlquery query args',
  headers: 'multivalueheaders headers requestheaders httpheaders header rawheaders reqheaders',
  /** The bytes as they arrived. */
  rawBody: 'rawbody bodyraw rawrequestbody bodytext bodystring',
  base64Body: 'bodybase64 rawbodybase64 base64body',
  body: 'body requestbody httprequestbody httpbody payload postdata bodyparams',
  /** Names that have other uses too. */
  perhapsBody: 'content data form formdata formparams post params parameters input text textpayload raw',
}

/** Lists the values of a part, the best name first, without empty ones. */
export function listParts(value: unknown, part: PartName): unknown[] {
  if (!isObject(value)) return []
  const found = new Map<string, unknown>()
  for (const [name, one] of Object.entries(value)) {
    const plain = name.length > 40 ? name : name.replace(/[._-]/g, '').toLowerCase()
    // Twilio's alerts have an empty text for no headers.
    if (!found.has(plain) && one !== undefined && one !== null && one !== '') found.set(plain, one)
  }
  return partNames[part].split(' ').flatMap((name) => (found.has(name) ? [found.get(name)] : []))
}

/** Lists the texts of a part, the best name first, without empty ones. */
export function listTexts(value: unknown, part: PartName): string[] {
  const context = property(value, 'requestContext')
  const all = listParts(value, part).flatMap((one) =>
    // Postman and Elastic have an object for a URL.
    part === 'url' ? [one, property(one, 'raw'), property(one, 'full'), property(one, 'original')] : [one],
  )
  // In an event of API Gateway, only the context of a REST API has the stage of the path.
  if (part === 'method') all.push(property(property(context, 'http'), 'method'))
  if (part === 'url' && property(value, 'rawPath') === undefined) all.unshift(property(context, 'path'))
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
  // Headers are no request: their sender may have named one `url`. An entry of a HAR has another form.
  const isOther = ({ value, holders: [holder] }: Nested): boolean =>
    isObject(property(value, 'postData')) || listParts(holder, 'headers').includes(value)
  const objects = [...walkObjects(value)].filter((one) => !isOther(one))
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

/**
 * Finds the headers that have a signature: the object or the list of pairs itself, or the map inside a
 * Headers object of Node.js 18.
 */
export function findHeaders(value: unknown): object | undefined {
  if (Array.isArray(value)) return hasSignature(value) ? value : undefined
  for (const { value: object } of walkObjects(value)) if (Object.keys(object).some(isSignatureName)) return object
  return undefined
}

function hasSignature(list: readonly unknown[]): boolean {
  try {
    return readHeaderList(list).some(([name]) => isSignatureName(name))
  } catch {
    return false
  }
}

/** Checks if the headers of an object have a signature. */
function isSigned(value: object): boolean {
  return listParts(value, 'headers').some((headers) => findHeaders(headers) !== undefined)
}

/** Checks if a request with a signature is in what a program logged. */
export function hasSignedRequest(value: unknown): boolean {
  const found = findRequest(value)
  return found !== undefined && isSigned(found.value)
}

/** Finds a text in which a program logged a request: one in JSON that has the name of a header with a signature. */
export function findLoggedText(value: unknown): string | undefined {
  for (const one of [value].flat())
    for (const text of [one, ...[...walkObjects(one)].flatMap(({ value }) => Object.values(value).flat())])
      if (typeof text === 'string' && signatureName.test(text)) return text
  return undefined
}
