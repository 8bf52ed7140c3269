import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('./own-socket.mjs', import.meta.url))

/** @typedef {Awaited<ReturnType<typeof startInstances>>} Instances */

/**
 * Starts programs that share one listening socket, as systemd does, and starts them again when they
 * end. Each gets its number from 1 as the variable INSTANCE.
 * @param {number} count
 * @param {readonly string[]} program
 * @param {Readonly<Record<string, string>>} env
 */
export async function startInstances(count, program, env = {}) {
  // In a group of its own, which one signal ends.
  const child = spawn(process.execPath, [launcher, String(count), ...program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  await once(child, 'spawn')
  const end = () => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  process.once('exit', end)
  /** @param {number} instance */
  const getPid = (instance) =>
    Number([...output.matchAll(new RegExp(`^instance ${instance} is (\\d+)$`, 'gm'))].at(-1)?.[1])
  const deadline = Date.now() + 20_000
  while (Array.from({ length: count }, (_, index) => getPid(index + 1)).some(Number.isNaN)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      end()
      throw new Error(`The instances did not start:\n${output}`)
    }
    await sleep(20)
  }
  return {
    port: Number(/^port (\d+)$/m.exec(output)?.[1]),
    /** Returns what all of them have written so far. */
    read: () => output,
    /** Returns the process that an instance, from 1, is now. */
    getPid,
    async stop() {
      process.off('exit', end)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      end()
      await ended
    },
  }
}
