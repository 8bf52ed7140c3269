import { connect, type Socket } from 'node:net'
import { buildConnector } from 'undici'

/** How undici is to connect. */
export function createConnector(timeoutMs: number): buildConnector.connector {
  const connectTls = buildConnector({ timeout: timeoutMs, allowH2: false })
  return (options, callback) => {
    if (options.protocol === 'https:') connectTls(options, callback)
    else connectPlainly(options, timeoutMs, callback)
  }
}

// Answers to webhooks are short. What is longer comes in several reads.
const readBytes = 64 * 1024

/**
 * All connections read into one buffer, of which each takes a copy of what it read. Node.js would allocate 64 KiB for every read and
 * give most of it back, which makes for much of a proxy's garbage.
 */
const shared = Buffer.allocUnsafeSlow(readBytes)

function connectPlainly(
  { hostname, port }: buildConnector.Options,
  timeoutMs: number,
  callback: buildConnector.Callback,
): void {
  const socket: Socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    onread: {
      buffer: shared,
      callback: (length, buffer) => socket.push(Buffer.from((buffer as Buffer).subarray(0, length))),
    },
  })
  const timer = setTimeout(() => socket.destroy(timeoutError()), timeoutMs)
  const onError = (error: Error): void => {
    clearTimeout(timer)
    callback(error, null)
  }
  socket.once('error', onError)
  socket.once('connect', () => {
    clearTimeout(timer)
    socket.off('error', onError)
    callback(null, socket)
  })
}

function timeoutError(): Error {
  return Object.assign(new Error('The upstream did not accept the connection in time'), {
    code: 'UND_ERR_CONNECT_TIMEOUT',
  })
}
