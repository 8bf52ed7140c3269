import { findHeader } from 'tollgate/internal'
import type { Capture, HeaderList } from '../shared/capture.ts'

export function isHandshake({ headers }: Pick<Capture, 'headers'>): boolean {
  return findHeader(headers, 'upgrade')?.toLowerCase() === 'websocket'
}

function isForm(capture: Pick<Capture, 'headers'>): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(findHeader(capture.headers, 'content-type')?.trim() ?? '')
}

export function isJson(capture: Pick<Capture, 'headers'>): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(findHeader(capture.headers, 'content-type')?.trim() ?? '')
}

/**
 * Reads the parameters of a form, or else of the query. They are only for display: this accepts
 * malformed forms, which the verifier refuses.
 */
export function readParams(capture: Pick<Capture, 'method' | 'target' | 'headers' | 'body'>): HeaderList {
  if (capture.body !== undefined) return isForm(capture) ? [...new URLSearchParams(capture.body)] : []
  if (isForm(capture)) return []
  const query = capture.target.indexOf('?')
  return query === -1 ? [] : [...new URLSearchParams(capture.target.slice(query + 1))]
}

/**
 * Returns true if the request announced a body that the gateway did not read. The gateway refuses a
 * request without a signature before it reads the body.
 */
export function isUnread({ headers, body, bodyBase64, verdict }: Capture): boolean {
  if (verdict?.ok !== false || body !== undefined || bodyBase64 !== undefined) return false
  return (
    Number(findHeader(headers, 'content-length') ?? 0) > 0 || findHeader(headers, 'transfer-encoding') !== undefined
  )
}

/** Removes the headers that announce a body, so that a diagnosis does not report a missing body. */
export function withoutBody(capture: Capture): Capture {
  const framing = ['content-length', 'transfer-encoding']
  return { ...capture, headers: capture.headers.filter(([name]) => !framing.includes(name.toLowerCase())) }
}
