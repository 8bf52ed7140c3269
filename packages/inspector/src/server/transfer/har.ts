import type { Capture, CapturedBody, HeaderList } from '../../shared/capture.ts'
import { readBody } from '../body-text.ts'
import { findHeader } from '../read-capture.ts'

const listNames = (headers: HeaderList) => headers.map(([name, value]) => ({ name, value }))

/** Writes captures as an HTTP Archive 1.2, which browsers and HTTP clients read. */
export function writeHar(captures: Iterable<Capture>): unknown {
  return {
    log: {
      version: '1.2',
      creator: { name: 'Tollgate inspector', version: '1' },
      entries: [...captures].map(writeEntry),
    },
  }
}

function writeEntry(capture: Capture) {
  const { method, url, headers, time, durationMs = 0, response } = capture
  const body = readBody(capture)
  return {
    startedDateTime: new Date(time).toISOString(),
    time: durationMs,
    request: {
      method,
      url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: listNames(headers),
      queryString: listQuery(url),
      headersSize: -1,
      bodySize: body.length,
      ...(body.length > 0 && {
        postData: { mimeType: findHeader(headers, 'content-type') ?? '', ...writeText(capture) },
      }),
    },
    response: {
      status: response?.status ?? 0,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: listNames(response?.headers ?? []),
      content: {
        size: response === undefined ? 0 : readBody(response).length,
        mimeType: findHeader(response?.headers ?? [], 'content-type') ?? '',
        ...writeText(response ?? {}),
      },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive: 0 },
  }
}

// HAR defines `encoding` for response bodies only. Many tools also use it for request bodies, and
// our import reads it.
function writeText({ body, bodyBase64 }: CapturedBody) {
  return bodyBase64 === undefined ? { text: body ?? '' } : { text: bodyBase64, encoding: 'base64' }
}

function listQuery(url: string) {
  const start = url.indexOf('?')
  return start === -1 ? [] : listNames([...new URLSearchParams(url.slice(start + 1))])
}
