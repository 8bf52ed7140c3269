import { connect, type Socket } from 'node:net'

/** An answer as a client reads it. */
interface Answer {
  readonly status: number
  readonly body: string
}

/** A connection that pipelines requests and keeps all answers. */
export interface Client {
  readonly socket: Socket
  /** What was sent, in order: the names of deliveries, or what else it was. */
  readonly sent: string[]
  /** Returns the complete answers so far. */
  answers(): readonly Answer[]
  readonly closed: Promise<void>
}

export function openClient(port: number): Client {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return { socket, sent: [], closed, answers: () => parseAnswers(Buffer.concat(chunks).toString('latin1')) }
}

function parseAnswers(text: string): Answer[] {
  const answers: Answer[] = []
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n\r\n', at)
    if (end === -1) return answers
    const head = text.slice(at, end)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    if (Number.isNaN(status)) throw new Error(`not an answer: ${head.slice(0, 100)}`)
    at = end + 4
    if (status === 100) continue
    const read = /^transfer-encoding: *chunked/im.test(head)
      ? readChunks(text, at)
      : readLength(text, at, Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0))
    if (read === undefined) return answers
    answers.push({ status, body: read.body })
    at = read.end
  }
}

interface Body {
  readonly body: string
  readonly end: number
}

function readLength(text: string, at: number, length: number): Body | undefined {
  const end = at + length
  return end > text.length ? undefined : { body: text.slice(at, end), end }
}

function readChunks(text: string, start: number): Body | undefined {
  let body = ''
  for (let at = start; ; ) {
    const line = text.indexOf('\r\n', at)
    if (line === -1) return undefined
    const chunk = readLength(text, line + 2, Number.parseInt(text.slice(at, line), 16))
    if (chunk === undefined || chunk.end + 2 > text.length) return undefined
    at = chunk.end + 2
    if (chunk.body === '') return { body, end: at }
    body += chunk.body
  }
}
