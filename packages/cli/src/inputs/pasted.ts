import { UsageError } from '../exit.ts'
import { type Io, tell } from '../io.ts'
import { claimStandardInput, readSource } from '../read-text.ts'
import { findCurl, parseCurl } from './curl.ts'
import { IncompleteCommand } from './shell-words.ts'

/** Standard input. At a terminal a curl command ends where a shell would end it, anything else with Ctrl-D. */
export async function readPasted(io: Io): Promise<Uint8Array> {
  if (io.stdin.isTTY !== true) return await readSource(io, '-', '-')
  claimStandardInput(io, '-')
  tell(io, 'Paste a curl command (ends with Enter), a raw HTTP request, a HAR file or JSON (end with Ctrl-D):')
  let text = ''
  for await (const chunk of io.stdin) {
    text += String(chunk)
    checkLines(text)
    if (text.endsWith('\n') && isCompleteCurl(text)) break
  }
  return Buffer.from(text)
}

// A terminal in line mode gives no more of a line: the limit of Linux, and that of macOS.
const longestLines = [4095, 1023]

function checkLines(text: string): void {
  for (const line of text.split('\n'))
    if (longestLines.includes(Buffer.byteLength(line)))
      throw new UsageError(
        'The terminal cut off a long line. Save the request to a file and give --curl FILE, or pipe it in.',
      )
}

function isCompleteCurl(text: string): boolean {
  if (findCurl(text) === undefined || /[\\^]\r?\n$/.test(text)) return false
  try {
    parseCurl(text)
    return true
  } catch (error) {
    return !(error instanceof IncompleteCommand)
  }
}
