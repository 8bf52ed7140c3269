import type { Capture, HeaderList } from '../../shared/capture.ts'
import { findHeader } from '../read-capture.ts'

/** What is known of a request that was sent from here. */
export interface Sent {
  readonly origin: Capture['origin']
  readonly signedWith?: Capture['signedWith']
}

interface Waiting extends Sent {
  readonly key: string
  readonly seen: (id: string) => void
}

interface Line {
  readonly method: string
  readonly target: string
  readonly headers: HeaderList
}

/**
 * Tells requests that were sent from the page from those that came from elsewhere, by what they look like: a mark in the
 * request would make it another request than the one to test.
 */
export class Outbox {
  readonly #waiting = new Set<Waiting>()

  /** Expects a request to be seen; `withdraw` when it was not. */
  expect(line: Line, sent: Sent): { readonly id: Promise<string>; readonly withdraw: () => void } {
    let seen: (id: string) => void = () => {}
    const id = new Promise<string>((resolve) => {
      seen = resolve
    })
    const waiting: Waiting = { ...sent, key: identify(line), seen }
    this.#waiting.add(waiting)
    return { id, withdraw: () => this.#waiting.delete(waiting) }
  }

  /** What is known of a request that the gateway saw; `undefined` for one from elsewhere. */
  claim(line: Line, id: string): Sent | undefined {
    const key = identify(line)
    for (const waiting of this.#waiting)
      if (waiting.key === key) {
        this.#waiting.delete(waiting)
        waiting.seen(id)
        return waiting
      }
    return undefined
  }
}

function identify({ method, target, headers }: Line): string {
  return JSON.stringify([method, target, findHeader(headers, 'x-twilio-signature') ?? ''])
}
