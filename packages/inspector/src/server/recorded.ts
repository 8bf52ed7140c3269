import type { RecordedRequest } from 'tollgate/internal'
import type { Capture, CapturedResponse } from '../shared/capture.ts'
import { captureBody, readBody } from './body-text.ts'

/** The part of a capture that every form of a request can hold. */
export type BareCapture = Pick<
  Capture,
  'method' | 'url' | 'target' | 'headers' | 'body' | 'bodyBase64' | 'bodyTruncated' | 'bodyDecoded' | 'parsedBody'
>

/** Converts a capture to the form that is written, without its verdict and its answer. */
export function toRecorded(capture: BareCapture): RecordedRequest {
  const { method, url, target, headers, body, bodyBase64, bodyTruncated, bodyDecoded, parsedBody } = capture
  return {
    ...{ method, url, target, headers, bodyTruncated, bodyDecoded, parsedBody },
    body: body === undefined && bodyBase64 === undefined ? undefined : readBody(capture),
  }
}

/** Converts a capture with everything that is known about it. */
export function toExported(capture: Capture): RecordedRequest {
  const { time, durationMs, response, ...rest } = capture
  const { method: _m, url: _u, target: _t, headers: _h, ...about } = rest
  const { body: _b, bodyBase64: _base64, bodyTruncated: _cut, bodyDecoded: _d, parsedBody: _p, ...details } = about
  return {
    ...toRecorded(capture),
    ...{ time, durationMs, details },
    ...(response !== undefined && { response: toResponse(response) }),
  }
}

function toResponse({ status, headers, by, ...content }: CapturedResponse): RecordedRequest['response'] {
  const { bodyTruncated } = content
  return { status, headers, body: readBody(content), details: { by, bodyTruncated } }
}

/** Converts a request of a file. Its other fields, such as verdicts and causes, are not read. */
export function fromRecorded(request: RecordedRequest, target: string): BareCapture {
  const { method, url, headers, body, bodyTruncated, bodyDecoded, parsedBody } = request
  return {
    ...{ method, url, target, headers },
    ...(body !== undefined && captureBody(body)),
    ...(bodyTruncated && { bodyTruncated }),
    ...(bodyDecoded && { bodyDecoded }),
    ...(parsedBody !== undefined && { parsedBody }),
  }
}
