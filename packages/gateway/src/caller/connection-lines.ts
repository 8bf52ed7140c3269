/** Longer than the idle limit of load balancers (60 s at AWS and others), so that they close first. */
export const keptMs = 75_000

const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${keptMs / 1000}\r\n`

let second = 0
let dateLine = ''

/** As of this second. */
export function formatDateLine(): string {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    dateLine = `Date: ${new Date(now * 1000).toUTCString()}\r\n`
  }
  return dateLine
}

/** What `node:http` says of a connection. */
export function formatConnectionLines(mayStay: boolean): string {
  return mayStay ? keepAlive : 'Connection: close\r\n'
}
