import { type Logger, pino } from 'pino'
import type { GatewayOptions } from './options.ts'
import type { Report } from './report.ts'

/** `undefined`: nothing is logged. */
export function toLogger(log: GatewayOptions['log']): Logger | undefined {
  if (log === undefined || log === 'silent') return undefined
  return log === 'info' ? pino({ name: 'tollgate', base: { pid: process.pid } }) : log
}

/** One line per request. */
export function logReport(log: Logger, report: Report): void {
  log.info({ ...report, ms: Math.round(report.ms) }, 'request')
}
