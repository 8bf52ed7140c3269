import { encodeUtf8 } from '../bytes.ts'
import { findRequest, walkObjects } from './find-request.ts'
import { property, writeBody, writeInertJson } from './json.ts'
import { ownTarget, type RecordedRequest, type RecordedResponse } from './request.ts'

/**
 * Lists the requests of a file: one, a list, or `{ captures: [...] }` as the inspector exports it. In
 * what other programs wrote, a request may be inside other objects, and a list too.
 */
export function listCaptures(file: unknown): readonly unknown[] | undefined {
  if (Array.isArray(file)) return withRequests(file)
  if (isExport(file)) return property(file, 'captures') as unknown[]
  if (findRequest(file) !== undefined) return [file]
  for (const { value } of walkObjects(file))
    for (const list of Object.values(value))
      if (Array.isArray(list) && list.some((one) => findRequest(one) !== undefined)) return withRequests(list)
  return undefined
}

/** Recognises the inspector's export. */
export function isExport(file: unknown): boolean {
  return Array.isArray(property(file, 'captures'))
}

/** A log has other entries too. */
function withRequests(list: readonly unknown[]): readonly unknown[] {
  const found = list.filter((one) => findRequest(one) !== undefined)
  return found.length === 0 ? list : found
}

/** Writes one request as an object, and several as `{ captures: [...] }`. */
export function writeCaptures(requests: readonly RecordedRequest[]): Uint8Array {
  const captures = requests.map(toCapture)
  const isOne = captures.length === 1 && requests[0]?.details === undefined
  return encodeUtf8(`${writeInertJson(isOne ? captures[0] : { captures }, 2)}\n`)
}

function toCapture(recorded: RecordedRequest): object {
  const { details, response, body, parsedBody, ...request } = recorded
  return {
    ...details,
    ...request,
    target: ownTarget(recorded),
    ...(parsedBody === undefined ? toBodyFields(body) : { body: parsedBody }),
    ...(response !== undefined && { response: toResponse(response) }),
  }
}

function toResponse({ body, details, ...response }: RecordedResponse): object {
  return { ...details, ...response, ...toBodyFields(body) }
}

function toBodyFields(body: Uint8Array | undefined): object {
  if (body === undefined) return {}
  const written = writeBody(body)
  return 'text' in written ? { body: written.text } : { bodyBase64: written.base64 }
}
