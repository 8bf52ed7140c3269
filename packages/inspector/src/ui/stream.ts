import type { Events } from '../shared/api.ts'

/** An event of the server, or the state of the connection. Tabs send these to each other. */
export type StreamMessage =
  | { [Name in keyof Events]: { readonly event: Name; readonly data: Events[Name] } }[keyof Events]
  | { readonly connection: 'ended' }
  | { readonly connection: 'reconnecting'; readonly seconds: number }

interface Follower {
  apply(message: StreamMessage): void
  /** Returns the list of this tab, for a tab that opens later. */
  readList(): StreamMessage
}

const shared = 'tollgate-stream'
const question = 'list?'
const secondsBetween = 3

/**
 * Follows the server's events. All tabs share one connection, because a browser opens only six to
 * a host: one tab holds a lock, reads the events and passes them on. When it closes, the browser
 * gives the lock to the next one.
 */
export function followStream({ apply, readList }: Follower): void {
  const channel = new BroadcastChannel(shared)
  let leads = false
  let waits = false
  const tell = (message: StreamMessage) => {
    apply(message)
    channel.postMessage(message)
  }
  const lead = async () => {
    if (waits) return
    waits = true
    await navigator.locks.request(shared, async () => {
      leads = true
      await readUntilEnd(tell)
      leads = false
    })
    waits = false
  }
  channel.onmessage = ({ data }: MessageEvent<StreamMessage | typeof question>) => {
    if (data === question) {
      if (leads) channel.postMessage(readList())
      return
    }
    apply(data)
    // Another tab has opened the address of a new run, and its cookie holds for this tab too.
    if ('event' in data) void lead()
  }
  channel.postMessage(question)
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void lead()
  })
  void lead()
}

/** Reads events until the server refuses this page. It connects again after each interruption. */
async function readUntilEnd(tell: (message: StreamMessage) => void): Promise<void> {
  for (;;) {
    await readEvents(tell)
    if (await isRefused()) return tell({ connection: 'ended' })
    for (let seconds = secondsBetween; seconds > 0; seconds--) {
      tell({ connection: 'reconnecting', seconds })
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }
}

/** Resolves when the connection ends. The first event of each connection is the whole list. */
function readEvents(tell: (message: StreamMessage) => void): Promise<void> {
  const source = new EventSource('/api/events')
  for (const event of ['list', 'capture', 'removed', 'call'] as const)
    source.addEventListener(event, ({ data }) => tell({ event, data: JSON.parse(data) }))
  return new Promise((resolve) => {
    source.onerror = () => {
      source.close()
      resolve()
    }
  })
}

/** Returns true if the server is another run, which does not know this page's token. */
async function isRefused(): Promise<boolean> {
  try {
    return (await fetch('/api/info')).status === 401
  } catch {
    return false
  }
}
