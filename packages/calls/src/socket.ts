import type { CallSocket } from './walk.ts'

const openWithinMs = 10_000
const closeWithinMs = 2_000
const mostMs = 60_000
const mostMessages = 20_000
const mostCharacters = 32 * 1024 * 1024

/** A socket of a call: it opens once, and gives each message to one reader. */
export class Session {
  /** Resolves with `undefined` when it is open, or with the reason why it is not. */
  readonly opened: Promise<string | undefined>
  readonly closed: Promise<void>
  isClosed = false
  #onMessage: (text: string) => void = () => undefined
  readonly #socket: CallSocket
  #messages = 0
  #characters = 0
  #ending: ReturnType<typeof setTimeout> | undefined
  #noticed: (() => void) | undefined
  #extended: (() => void) | undefined

  #end: () => void = () => undefined

  constructor(socket: CallSocket) {
    this.#socket = socket
    let failure = 'the server closed the connection'
    const opened = new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => resolve('the socket did not open within 10 s'), openWithinMs)
      const finish = (result: string | undefined): void => {
        clearTimeout(timer)
        resolve(result)
      }
      socket.addEventListener('open', () => finish(undefined))
      socket.addEventListener('close', () => finish(failure))
    })
    socket.addEventListener('error', (event) => {
      failure = String((event as { readonly message?: unknown }).message ?? 'the connection failed')
    })
    socket.addEventListener('message', (event) => this.#receive(event.data))
    this.opened = opened
    this.closed = new Promise((resolve) => {
      this.#end = () => {
        clearTimeout(this.#ending)
        this.isClosed = true
        this.notice()
        resolve()
      }
      socket.addEventListener('close', () => this.#end())
    })
  }

  onMessage(listener: (text: string) => void): void {
    this.#onMessage = listener
  }

  send(message: object): void {
    if (!this.isClosed) this.#socket.send(JSON.stringify(message))
  }

  close(code = 1000): void {
    if (this.isClosed) return
    this.#socket.close(code)
    // An application may never answer the close frame, and `ws` waits 30 s for it.
    this.#ending ??= setTimeout(() => {
      this.#socket.terminate?.()
      this.#end()
    }, closeWithinMs)
  }

  /** Ends the wait of `settle`: the server has said what it had to say. */
  notice(): void {
    this.#noticed?.()
  }

  /** Begins the wait of `settle` again: the server is still speaking. */
  extend(): void {
    this.#extended?.()
  }

  /**
   * Waits until `notice`, but not longer than this after its beginning or the last `extend`, and a
   * minute in all.
   */
  settle(ms: number): Promise<void> {
    if (this.isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        clearTimeout(whole)
        resolve()
      }
      const whole = setTimeout(end, mostMs)
      let timer = setTimeout(end, ms)
      this.#noticed = end
      this.#extended = () => {
        clearTimeout(timer)
        timer = setTimeout(end, ms)
      }
    })
  }

  #receive(data: unknown): void {
    const text = typeof data === 'string' ? data : ''
    this.#characters += text.length
    if (++this.#messages > mostMessages || this.#characters > mostCharacters) this.close()
    else this.#onMessage(text)
  }
}

/** Parses a message. `undefined` if it is no JSON object. */
export function parseMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
