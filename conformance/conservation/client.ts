import { connect, type Socket } from 'node:net'
import { type Answer, parseAnswer } from '../adapter/socket.ts'
import { assert } from '../kit/assert.ts'

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
  return { socket, sent: [], closed, answers: () => parseAnswers(Buffer.concat(chunks)) }
}

function parseAnswers(bytes: Buffer): Answer[] {
  const answers: Answer[] = []
  for (let at = 0; ; ) {
    const parsed = parseAnswer(bytes.subarray(at), true)
    if (parsed === undefined) return answers
    const { value, length } = parsed
    assert(!Number.isNaN(value.status), `not an answer: ${bytes.subarray(at, at + 100)}`)
    if (value.status >= 200) answers.push(value)
    at += length
  }
}
