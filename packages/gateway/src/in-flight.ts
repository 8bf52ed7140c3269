import type { HttpExchange } from './http-exchange.ts'

/**
 * The HTTP exchanges that have not ended, as a linked list. A `Set` would cost more: every hash
 * table that a `Set` outgrows refers to the next one. Once one of them reaches the old generation,
 * it keeps all later tables and their exchanges alive. All exchanges share one timer, because
 * almost none expires.
 */
export class InFlight {
  #first: HttpExchange | undefined
  #last: HttpExchange | undefined
  #timer: NodeJS.Timeout | undefined
  /** The time of `performance.now()` at which the timer fires. */
  #dueAt = Number.POSITIVE_INFINITY
  size = 0

  add(exchange: HttpExchange): void {
    exchange.previous = this.#last
    if (this.#last === undefined) this.#first = exchange
    else this.#last.next = exchange
    this.#last = exchange
    this.size++
    if (exchange.deadline < this.#dueAt) this.#arm(exchange.deadline)
  }

  /** Removes an exchange. Must be called exactly once for each exchange that was added. */
  delete(exchange: HttpExchange): void {
    const { previous, next } = exchange
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    exchange.previous = undefined
    exchange.next = undefined
    this.size--
  }

  #arm(dueAt: number): void {
    clearTimeout(this.#timer)
    this.#dueAt = dueAt
    if (dueAt === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(this.#expire, Math.ceil(dueAt - performance.now())).unref()
  }

  readonly #expire = (): void => {
    const now = performance.now()
    const late: HttpExchange[] = []
    let nextDue = Number.POSITIVE_INFINITY
    for (let exchange = this.#first; exchange !== undefined; exchange = exchange.next) {
      if (exchange.deadline <= now) late.push(exchange)
      else nextDue = Math.min(nextDue, exchange.deadline)
    }
    this.#arm(nextDue)
    for (const exchange of late) {
      exchange.deadline = Number.POSITIVE_INFINITY
      exchange.expire()
    }
  }
}
