import type { Capture } from '../../shared/capture.ts'
import { readBody } from '../body-text.ts'
import { isHidden } from '../hide.ts'
import { isHandshake } from '../read-capture.ts'
import { isPlain, quoteForShell } from './escape.ts'

const made = new Set(['host', 'content-length', 'transfer-encoding'])

/**
 * Writes a curl command for a POSIX shell that sends exactly these bytes to the public URL. A body
 * that is not plain ASCII is written as Base64: its control characters could end the paste and
 * start another command.
 */
export function writeCurl(capture: Capture): string {
  const body = readBody(capture)
  const text = body.toString('latin1')
  const notes: string[] = []
  const lines = ['curl --globoff --path-as-is']
  if (isHandshake(capture)) lines.push('--http1.1 --include --no-buffer')
  if (capture.method !== (body.length === 0 ? 'GET' : 'POST')) lines.push(`--request ${quoteForShell(capture.method)}`)
  for (const [name, value] of capture.headers) {
    if (made.has(name.toLowerCase())) continue
    if (isHidden(value)) notes.push(`# Left out: ${name}, because its value is hidden.`)
    else if (!isPlain(value)) notes.push(`# Left out: ${name}, because its value is not plain ASCII.`)
    // In curl, "name:" removes a header and "name;" sends an empty one.
    else lines.push(`--header ${quoteForShell(value.trim() === '' ? `${name};` : `${name}: ${value}`)}`)
  }
  const url = quoteForShell(capture.url.replace(/^ws/i, 'http'))
  if (capture.bodyTruncated) notes.push('# Only the beginning of the body was kept: this is not the original request.')
  if (body.length === 0) return [...notes, [...lines, url].join(' \\\n  ')].join('\n')
  if (isPlain(text)) return [...notes, [...lines, `--data-raw ${quoteForShell(text)}`, url].join(' \\\n  ')].join('\n')
  const command = [...lines, '--data-binary @-', url].join(' \\\n  ')
  return [...notes, `printf %s ${quoteForShell(body.toString('base64'))} | base64 -d | ${command}`].join('\n')
}
