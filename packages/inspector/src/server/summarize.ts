import { type CauseInfo, causes, sendGridCauses } from 'tollgate/diagnose'
import type { Capture, CaptureSummary } from '../shared/capture.ts'
import { cut } from '../shared/visible-text.ts'
import { reviewAnswer } from './answer/review-answer.ts'
import { readParams } from './read-capture.ts'

const shownInList = 120

const known = new WeakMap<Capture, CaptureSummary>()

/**
 * Returns the fields of a capture that the list shows. A capture never changes, so they are read
 * once: its answer can be long.
 */
export function summarize(capture: Capture): CaptureSummary {
  const summary = known.get(capture) ?? readSummary(capture)
  known.set(capture, summary)
  return summary
}

function readSummary(capture: Capture): CaptureSummary {
  const params = new URLSearchParams(readParams(capture).map(([name, value]) => [name, value]))
  const find = (...names: string[]) => {
    const found = names.map((name) => params.get(name)).find((value) => value)
    if (!found) return undefined
    return found.length > shownInList ? `${cut(found, shownInList).trimEnd()}…` : found
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
    reported: reviewAnswer(capture).find(({ level }) => level === 'error')?.code,
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
