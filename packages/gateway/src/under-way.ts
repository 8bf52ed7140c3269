import type { Socket } from 'node:net'
import type { Passage } from './passage.ts'

/**
 * The passages under way, as a list whose links are taken out of those that have ended. A Set would do, but for what a Set leaves behind
 * when so much comes and goes: each table that it has outgrown refers to the next, and the first that grows old keeps all the others
 * and their passages from being collected while they are young. One timer for all of them, for the same reason: nearly none is late.
 */
export class UnderWay {
  #first: Passage | undefined
  #last: Passage | undefined
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires, by the clock of `performance.now()`. */
  #dueAt = Number.POSITIVE_INFINITY
  size = 0

  add(passage: Passage): void {
    passage.previous = this.#last
    if (this.#last === undefined) this.#first = passage
    else this.#last.next = passage
    this.#last = passage
    this.size++
    if (passage.deadline < this.#dueAt) this.#arm(passage.deadline)
  }

  /** To be called once for each that was added. */
  delete(passage: Passage): void {
    const { previous, next } = passage
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    passage.previous = undefined
    passage.next = undefined
    this.size--
  }

  /** The oldest on that connection. */
  findBySocket(socket: Socket): Passage | undefined {
    let passage = this.#first
    while (passage !== undefined && passage.client.socket !== socket) passage = passage.next
    return passage
  }

  #arm(dueAt: number): void {
    clearTimeout(this.#timer)
    this.#dueAt = dueAt
    if (dueAt === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(this.#expire, Math.ceil(dueAt - performance.now())).unref()
  }

  readonly #expire = (): void => {
    const now = performance.now()
    const late: Passage[] = []
    let nextDue = Number.POSITIVE_INFINITY
    for (let passage = this.#first; passage !== undefined; passage = passage.next) {
      if (passage.deadline <= now) late.push(passage)
      else nextDue = Math.min(nextDue, passage.deadline)
    }
    this.#arm(nextDue)
    for (const passage of late) {
      passage.deadline = Number.POSITIVE_INFINITY
      passage.expire()
    }
  }
}
