import type { AttackReport } from './attack.ts'

/** Writes one line for each server, and the first request of each kind of violation below it. */
export function showReports(reports: readonly AttackReport[]): string {
  return reports
    .map(({ name, sent, accepted, wrong }) => {
      const times = [...wrong.values()].reduce((sum, one) => sum + one.times, 0)
      const lines = [...wrong].map(([kind, one]) => `  ${one.times} × ${kind}\n      ${one.example}`)
      return [`${name.padEnd(58)} ${sent} requests, ${accepted} accepted, ${times} wrong`, ...lines].join('\n')
    })
    .join('\n')
}
