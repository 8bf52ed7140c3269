/** What a caller does next. Time passes only when `wait` says so. */
export type CallerAction =
  | { readonly press: string }
  | { readonly say: string }
  | { readonly wait: true }
  | { readonly answer: AnswerOutcome }
  | { readonly hangUp: true }

export const answerOutcomes = ['completed', 'busy', 'no-answer', 'failed'] as const

/** What becomes of a number that `<Dial>` rings, with the names of Twilio's DialCallStatus. */
export type AnswerOutcome = (typeof answerOutcomes)[number]

/** Keeps what the caller did until the call asks for it, and knows when the call waits. */
export class Inbox {
  readonly #actions: CallerAction[] = []
  #take: ((action: CallerAction) => void) | undefined
  #idle: (() => void)[] = []
  #isOver = false

  push(action: CallerAction): void {
    const take = this.#take
    this.#take = undefined
    if (take === undefined) this.#actions.push(action)
    else take(action)
  }

  /** Resolves with the next action. `withdraw` resolves it with `undefined`. */
  take(withdraw?: Promise<unknown>): Promise<CallerAction | undefined> {
    const next = this.#actions.shift()
    if (next !== undefined) return Promise.resolve(next)
    return new Promise((resolve) => {
      this.#take = resolve
      void withdraw?.then(() => {
        if (this.#take === resolve) this.#take = undefined
        resolve(undefined)
      })
      this.#release()
    })
  }

  /** Resolves when the call waits for an action, or is over. */
  whenIdle(): Promise<void> {
    if (this.#isOver || this.#take !== undefined) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Ends the wait. Returns what the caller did and no verb took. */
  end(): readonly CallerAction[] {
    this.#isOver = true
    this.#release()
    return this.#actions
  }

  #release(): void {
    const waiting = this.#idle
    this.#idle = []
    for (const resolve of waiting) resolve()
  }
}
