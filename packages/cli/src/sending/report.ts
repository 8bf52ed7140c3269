import { STATUS_CODES } from 'node:http'
import { cleanText, colorsFor, hideQuery, type Io, print, printJson } from '../io.ts'
import type { ServerAnswer } from './deliver.ts'
import { checkTwiml, formatTwiml } from './twiml.ts'

/** Returns true for a 2xx answer, or 101 for a handshake, unless it is malformed XML. */
export function isDone(answer: ServerAnswer): boolean {
  return (
    (answer.status === 101 || (answer.status >= 200 && answer.status < 300)) && checkTwiml(answer)?.wellFormed !== false
  )
}

export function reportJson(io: Io, facts: object, answers: readonly ServerAnswer[]): void {
  const toJson = (answer: ServerAnswer): object => {
    const { status, contentType = null, location, body, durationMs } = answer
    const redirect = location !== undefined && { location: hideQuery(location) }
    return {
      status,
      done: isDone(answer),
      durationMs,
      contentType,
      ...redirect,
      body,
      twiml: checkTwiml(answer) ?? null,
    }
  }
  printJson(io, { ...facts, answers: answers.map(toJson) })
}

export function reportText(io: Io, answers: readonly ServerAnswer[]): void {
  if (answers.length > 1) print(io, formatStatuses(io, answers))
  // Of several answers it shows the first that failed.
  const shown = answers.find((answer) => !isDone(answer)) ?? answers[0]
  if (shown !== undefined) print(io, formatAnswer(io, shown))
}

function formatAnswer(io: Io, answer: ServerAnswer): string {
  const colors = colorsFor(io.stdout, io.env)
  const color = isDone(answer) ? colors.green : colors.red
  const text = answer.statusText || (STATUS_CODES[answer.status] ?? '')
  const lines = [color(cleanText(`${answer.status} ${text}`.trim())) + describeType(answer)]
  if (answer.location !== undefined) lines.push(`Location: ${hideQuery(answer.location)}`)
  if (answer.status === 101) lines.push('The WebSocket was opened and closed again.')
  const twiml = checkTwiml(answer)
  if (twiml !== undefined) lines.push(describeTwiml(twiml))
  if (answer.body !== '')
    lines.push('', cleanText(twiml?.wellFormed ? formatTwiml(answer.body) : answer.body.trimEnd()))
  if (answer.cut) lines.push('… (only the first MiB is shown)')
  return lines.join('\n')
}

function describeType({ contentType, durationMs }: ServerAnswer): string {
  return `  ${cleanText(contentType ?? 'no content type')}, ${durationMs} ms`
}

function describeTwiml({ wellFormed, problem }: NonNullable<ReturnType<typeof checkTwiml>>): string {
  const verdict = wellFormed ? 'TwiML: well-formed' : 'TwiML: malformed, Twilio would refuse it'
  return problem === undefined ? verdict : `${verdict}; ${cleanText(problem)}`
}

function formatStatuses(io: Io, answers: readonly ServerAnswer[]): string {
  const counts = new Map<number, number>()
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1)
  const rows = [...counts].map(([status, count]) => [`${status} ${STATUS_CODES[status] ?? ''}`.trim(), count] as const)
  if (io.stdout.isTTY !== true) return rows.map(([status, count]) => `${status}\t${count}`).join('\n')
  const width = Math.max(...rows.map(([status]) => status.length))
  return rows.map(([status, count]) => `${status.padEnd(width)}  ${count} deliveries`).join('\n')
}
