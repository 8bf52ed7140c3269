import { findHeader } from 'tollgate/internal'
import type { Capture, HeaderList } from '../../shared/capture.ts'

/** Facts about a request that the page sent. */
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
 * Recognises requests that the page sent, by their method, target and signature. It adds no mark to
 * a request, because a mark would change the request under test.
 */
export class Outbox {
  readonly #waiting = new Set<Waiting>()

  /** Remembers a request until the gateway reports it. Call `withdraw` to forget it. */
  expect(line: Line, sent: Sent): { readonly id: Promise<string>; readonly withdraw: () => void } {
    let seen: (id: string) => void = () => {}
    const id = new Promise<string>((resolve) => {
      seen = resolve
    })
    const waiting: Waiting = { ...sent, key: identify(line), seen }
    this.#waiting.add(waiting)
    return { id, withdraw: () => this.#waiting.delete(waiting) }
  }

  /** Returns the facts about a reported request, or `undefined` if the page did not send it. */
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
