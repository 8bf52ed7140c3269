import { type CauseInfo, causes, sendGridCauses } from 'tollgate/diagnose'
import { findHeader } from 'tollgate/requests'
import type { Capture, CaptureSummary, HeaderList } from '../shared/capture.ts'
import { cut } from '../shared/visible-text.ts'

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

const shownInList = 120

/** Returns the fields of a capture that the list shows. */
export function summarize(capture: Capture): CaptureSummary {
  const params = new URLSearchParams(readParams(capture).map(([name, value]) => [name, value]))
  const find = (...names: string[]) => {
    const found = names.map((name) => params.get(name)).find((value) => value)
    if (!found) return undefined
    return found.length > shownInList ? `${cut(found, shownInList)}…` : found
  }
  const { id, time, durationMs, origin, method, target, kind, verdict, response, explanation, signedWith } = capture
  // The page itself spoofed this one, so no cause has to be guessed.
  const cause = signedWith === 'random' ? undefined : (explanation?.proven?.causes[0] ?? explanation?.suspected[0])
  return {
    id,
    time,
    durationMs,
    origin,
    method,
    target: cut(target, shownInList),
    kind,
    from: find('From', 'Caller', 'Author', 'from'),
    to: find('To', 'Called', 'to'),
    body: find('Body', 'SpeechResult'),
    signedWith,
    code: verdict === undefined ? 'none' : verdict.ok ? 'accepted' : verdict.code,
    status: response?.status,
    by: response?.by,
    cause: cause?.id,
    causeName: cause && nameCause(cause.id),
    isProven: explanation?.proven !== undefined,
  }
}
const infos: Readonly<Record<string, CauseInfo>> = { ...sendGridCauses, ...causes }

/** Names a cause of an imported capture too, which may have any id. */
function nameCause(id: string): string {
  return (Object.hasOwn(infos, id) ? infos[id]?.name : undefined) ?? id.replaceAll('_', ' ')
}
