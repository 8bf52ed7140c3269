import { connect } from 'node:net'

/**
 * Returns true if a Redis server answers on this port of 127.0.0.1.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function ping(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const settle = (/** @type {boolean} */ answers) => {
      socket.destroy()
      resolve(answers)
    }
    socket.setTimeout(1000, () => settle(false))
    socket.on('data', (data) => settle(data.toString().startsWith('+PONG')))
    socket.on('error', () => settle(false))
    socket.on('close', () => settle(false))
  })
}
