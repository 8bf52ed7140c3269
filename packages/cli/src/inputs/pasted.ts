import type { ReadStream } from 'node:tty'
import { RequestError, readRequests } from 'tollgate/internal'
import { cleanText, type Io, tell } from '../io.ts'
import { claimStandardInput, readBytes } from '../read-text.ts'

/**
 * Reads the request from standard input. At a terminal, a curl command ends where a shell would end
 * it. Other formats end with Ctrl-D.
 */
export async function readPasted(io: Io): Promise<Uint8Array> {
  if (io.stdin.isTTY !== true) return await readBytes(io, '-', '-')
  claimStandardInput(io, '-')
  return Buffer.from(await readTyped(io, io.stdin as ReadStream))
}

// Waits for the rest of a paste. Otherwise that rest would go to the shell as typed input.
const quietMs = 150

/**
 * Reads key by key. In line mode a terminal cuts long lines, on Linux at 4,095 bytes. A long
 * message in a percent-encoded form is longer than that.
 */
function readTyped(io: Io, stdin: ReadStream): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    let timer: NodeJS.Timeout | undefined
    const finish = (): void => {
      clearTimeout(timer)
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      resolve(text)
    }
    const take = (chunk: string): void => {
      clearTimeout(timer)
      const end = findEnd(chunk)
      const typed = (end === -1 ? chunk : chunk.slice(0, end)).replace(/\r\n?/g, '\n')
      text = rubOut(text + typed)
      if (io.stderr.isTTY === true) io.stderr.write(toEcho(typed))
      if (end !== -1) finish()
      if (chunk[end] === ctrlC) process.kill(process.pid, 'SIGINT')
      // The whole lines may already be a complete command. The last line may be unfinished.
      if (end === -1 && isCompleteCurl(text.replace(/[^\n]*$/, ''))) timer = setTimeout(finish, quietMs)
    }
    stdin.setRawMode(true)
    stdin.setEncoding('utf8')
    stdin.on('data', take).once('end', finish)
    tell(io, 'Paste a curl command and press Enter, or a raw HTTP request, HAR file or JSON and press Ctrl-D:')
  })
}

const [ctrlC, ctrlD, backspace] = ['\u0003', '\u0004', '\u007f']

function findEnd(chunk: string): number {
  return chunk.split('').findIndex((key) => key === ctrlC || key === ctrlD)
}

function rubOut(text: string): string {
  const [first = '', ...rest] = text.split(backspace)
  return rest.reduce((kept, more) => kept.replace(/[^\n]$/u, '') + more, first)
}

function toEcho(typed: string): string {
  return typed.split(backspace).map(cleanText).join('\b \b').replaceAll('\n', '\r\n')
}

function isCompleteCurl(text: string): boolean {
  if (/[\\^`]\r?\n$/.test(text)) return false
  try {
    readRequests(text, { form: 'curl' })
    return true
  } catch (error) {
    return !(error instanceof RequestError && error.incomplete)
  }
}
