import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A pending answer. It receives the events of its request. */
export interface PendingAnswer {
  readonly res: ServerResponse
  /** Called once: when the answer was sent, or when the connection closed before that. */
  onClose(): void
  /**
   * Called once if the rest of an unanswered request cannot be read.
   * @param status the status to answer
   */
  onBroken(status: number): void
}

/** The pending answers of a connection, in the order of their requests. */
interface Queue {
  // An array, because it has rarely more than one element. Every hash table that a `Set` outgrows
  // refers to the next one, and once one is old, it keeps all later ones alive.
  readonly answers: PendingAnswer[]
  /** True if the connection closes after these answers. */
  isLast: boolean
  /** When the last answer ended. */
  idleSince: number
}

const queues = new WeakMap<Socket, Queue>()

/**
 * Follows an answer until it was sent or its connection closed. With pipelining, an answer waits
 * for the earlier ones on its connection. Node.js emits nothing on a waiting answer if the
 * connection closes, so the connection is followed too, with one listener for all its answers.
 */
export function followAnswer(answer: PendingAnswer): void {
  const { res } = answer
  const { socket } = res.req
  const queue = queues.get(socket) ?? createQueue(socket)
  queue.answers.push(answer)
  // `close` follows. Without a listener, an error would end the process.
  res.once('close', () => end(socket, queue, answer)).on('error', ignore)
}

/** Returns true if all bytes of an answer were given to the operating system. */
export function isServed(res: ServerResponse): boolean {
  // Node.js also finishes an answer whose bytes were lost with the connection.
  return res.writableFinished && !res.req.socket.destroyed
}

export function hasPendingAnswers(socket: Socket): boolean {
  return (queues.get(socket)?.answers.length ?? 0) > 0
}

/**
 * Returns since when a connection has no pending answer, or `undefined` if it has one.
 * @param openedAt when it was opened
 */
export function findIdleSince(socket: Socket, openedAt: number): number | undefined {
  const queue = queues.get(socket)
  if (queue === undefined) return openedAt
  return queue.answers.length === 0 ? queue.idleSince : undefined
}

/**
 * Tells the last request of a connection that its rest cannot be read.
 * @returns false if no pending answer belongs to an incomplete request
 */
export function breakRequest(socket: Socket, status: number): boolean {
  const last = queues.get(socket)?.answers.at(-1)
  if (last === undefined || last.res.req.complete) return false
  // If it was refused before, that answer stays the only one.
  if (last.res.headersSent) closeAfterAnswers(socket)
  else last.onBroken(status)
  return true
}

/**
 * Closes a connection once its pending answers were sent. Something behind their requests cannot be
 * answered: the client would read an answer that comes too early as the answer to one of them.
 * @returns false if no answer is pending
 */
export function closeAfterAnswers(socket: Socket): boolean {
  const queue = queues.get(socket)
  if (queue === undefined || queue.answers.length === 0) return false
  queue.isLast = true
  return true
}

/**
 * Lets pending answers continue on a connection from which Node.js has removed its own listeners,
 * because of an upgrade or a CONNECT. Further bytes of the client are discarded.
 */
export function keepAnswering(socket: Socket): void {
  const destroy = (): void => void socket.destroy()
  socket
    .on('error', destroy)
    .on('end', destroy)
    .on('drain', () => queues.get(socket)?.answers[0]?.res.emit('drain'))
    .resume()
}

function createQueue(socket: Socket): Queue {
  const queue: Queue = { answers: [], isLast: false, idleSince: 0 }
  queues.set(socket, queue)
  socket.once('close', () => {
    for (const answer of queue.answers.splice(0)) answer.onClose()
  })
  return queue
}

function end(socket: Socket, queue: Queue, answer: PendingAnswer): void {
  const index = queue.answers.indexOf(answer)
  // The connection has closed, and that was reported.
  if (index === -1) return
  queue.answers.splice(index, 1)
  queue.idleSince = performance.now()
  answer.onClose()
  if (queue.isLast && queue.answers.length === 0) socket.destroySoon()
}

function ignore(): void {}
