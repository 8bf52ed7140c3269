import type { Duplex } from 'node:stream'

/** After one side has ended, how long the other may take to end too. */
const halfCloseMs = 30_000

interface End extends Duplex {
  destroySoon?(): void
}

/** Passes bytes on both ways, at the pace of the slower side, until both have ended or one breaks. */
export function joinSockets(one: End, other: End, onClose: () => void): void {
  let timer: NodeJS.Timeout | undefined
  let open = 2
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => leave(to))
    from.on('end', () => {
      timer ??= setTimeout(() => {
        one.destroy()
        other.destroy()
      }, halfCloseMs)
    })
    from.on('close', () => {
      // What was received before still goes out.
      leave(to)
      open--
      if (open > 0) return
      clearTimeout(timer)
      onClose()
    })
    from.pipe(to)
  }
}

function leave(socket: End): void {
  if (socket.destroySoon === undefined) socket.destroy()
  else socket.destroySoon()
}
