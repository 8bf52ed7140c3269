import type { ServerResponse } from 'node:http'
import type { Events } from '../../shared/api.ts'
import { safeHeaders } from './answers.ts'

const maxListeners = 32
const maxPending = 16 * 1_048_576
const beatMs = 20_000
const leftAfterMs = 6_000

/** Sends events to every open page. A page that does not read is disconnected, and reconnects. */
export class LiveEvents {
  readonly #pages = new Set<ServerResponse>()
  readonly #beat: NodeJS.Timeout
  readonly #hide: (text: string) => string

  readonly #onLeft: () => void

  /** @param onLeft is called when no page has been open for 6 s: one that reloads, or reconnects, is back before */
  constructor(hide: (text: string) => string, onLeft: () => void = () => {}) {
    this.#hide = hide
    this.#onLeft = onLeft
    this.#beat = setInterval(() => this.#write(': still here\n\n'), beatMs).unref()
  }

  /** Adds a page and sends it the whole list, so that it misses nothing after a reconnect. */
  add(res: ServerResponse, list: Events['list']): void {
    const [oldest] = this.#pages
    if (this.#pages.size >= maxListeners) oldest?.destroy()
    res.writeHead(200, { ...safeHeaders, 'content-type': 'text/event-stream' })
    res.write(this.#format('list', list))
    this.#pages.add(res)
    res.on('error', () => {})
    res.on('close', () => {
      this.#pages.delete(res)
      if (this.#pages.size > 0) return
      setTimeout(() => {
        if (this.#pages.size === 0) this.#onLeft()
      }, leftAfterMs).unref()
    })
  }

  send<K extends keyof Events>(event: K, data: Events[K]): void {
    if (this.#pages.size > 0) this.#write(this.#format(event, data))
  }

  close(): void {
    clearInterval(this.#beat)
    for (const page of this.#pages) page.destroy()
  }

  #format<K extends keyof Events>(event: K, data: Events[K]): string {
    return `event: ${event}\ndata: ${this.#hide(JSON.stringify(data))}\n\n`
  }

  #write(text: string): void {
    for (const page of this.#pages) {
      if (page.writableLength > maxPending) page.destroy()
      else page.write(text)
    }
  }
}
