import type { VerdictSummary } from './summary.ts'

/** Writes the summary as text. Its first line answers the first question. */
export function writeSummary(summary: Omit<VerdictSummary, 'text'>): string {
  const { since, total, accepted, refused, keys, codes, mayEnforce, mayDropToken } = summary
  const lines = [
    `May I enforce now? ${mayEnforce.answer}. ${mayEnforce.reason}`,
    ...mayDropToken.map(({ index, answer, reason }) => `May I drop Auth Token ${index}? ${answer}. ${reason}`),
    `Since ${formatTime(since)}: ${total} requests, ${accepted} accepted, ${refused} refused.`,
    ...keys.map(({ key, count, lastAt }) => `  accepted by ${key}: ${count}, last ${formatTime(lastAt)}`),
    ...codes.map(
      ({ code, count, firstAt, lastAt }) =>
        `  refused as ${code}: ${count}, first ${formatTime(firstAt)}, last ${formatTime(lastAt)}`,
    ),
  ]
  if (summary.replayed > 0) lines.push(`  accepted although seen before: ${summary.replayed}`)
  if (summary.maybeReplayed > 0)
    lines.push(`  accepted, but the replay guard could not tell whether they are new: ${summary.maybeReplayed}`)
  return lines.join('\n')
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
