import { once } from 'node:events'
import { connect } from 'node:net'
import { availableParallelism } from 'node:os'

const connections = 8

/**
 * Opens connections that stay open, and sends each request after the previous answer. This client
 * sends an exact number of requests in rounds much shorter than a second, so that other load slows
 * both sides of a ratio.
 * @param {number} port
 * @param {readonly Buffer[]} requests
 */
export async function openLoad(port, requests) {
  const lanes = await Promise.all(Array.from({ length: connections }, () => openLane(port)))
  let index = 0
  /** @param {Lane} lane @param {number} count */
  const drive = async (lane, count) => {
    for (let sent = 0; sent < count; sent++) await lane(/** @type {Buffer} */ (requests[index++ % requests.length]))
  }
  return {
    /** @param {number} count rounded up to a multiple of the connections */
    async send(count) {
      const letSleep = stayAwake()
      try {
        await Promise.all(lanes.map((lane) => drive(lane.send, Math.ceil(count / connections))))
      } finally {
        letSleep()
      }
    },
    close() {
      for (const lane of lanes) lane.close()
    },
  }
}

/**
 * Keeps this process from waiting for answers asleep. A server that writes to a process that sleeps
 * has to wake it, which takes longer than a check. Behind a slower server the client sleeps more
 * often, so that server would also pay for that.
 * @returns {() => void} ends it
 */
function stayAwake() {
  // On one core, the server needs the time.
  let isAwake = availableParallelism() > 1
  const turn = () => {
    if (isAwake) setImmediate(turn)
  }
  turn()
  return () => {
    isAwake = false
  }
}

/** @typedef {(request: Buffer) => Promise<void>} Lane */

/** @param {number} port */
async function openLane(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  let waiting
  socket.on('data', (/** @type {Buffer} */ answer) => {
    const text = answer.latin1Slice()
    // The answers are short, so each arrives in one piece. The servers end them in two ways.
    if (!text.startsWith('HTTP/1.1 200')) return waiting?.reject(new Error(`The answer is not 200:\n${text}`))
    if (text.endsWith('<Response/>') || text.endsWith('0\r\n\r\n')) waiting?.resolve()
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('The server closed the connection.')))
  return {
    /** @type {Lane} */
    send(request) {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      })
    },
    close() {
      socket.destroy()
    },
  }
}
