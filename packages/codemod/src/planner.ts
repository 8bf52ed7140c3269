import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Planned } from './transform.ts'

const longestMs = 60_000

/** Plans files one after the other in another process, because some files end it. */
export class Planner {
  #worker: ChildProcess | undefined

  /** @throws Error that says why the file cannot be parsed */
  async plan(source: string, file: string): Promise<Planned> {
    const worker = this.#worker ?? this.#start()
    const ending = new AbortController()
    const timer = setTimeout(() => worker.kill('SIGKILL'), longestMs)
    try {
      const answer = once(worker, 'message', ending)
      const end = once(worker, 'exit', ending).then(() => undefined)
      worker.send({ source, file }, () => undefined)
      const [reply] = (await Promise.race([answer, end])) ?? []
      if (reply === undefined) throw this.#fail()
      if (reply.planned === undefined) throw new Error(reply.message)
      return reply.planned
    } finally {
      clearTimeout(timer)
      ending.abort()
    }
  }

  /** Ends the process. */
  stop(): void {
    this.#worker?.disconnect()
  }

  #start(): ChildProcess {
    // Messages of the engine, when it runs out of memory, would look like a crash of the command.
    this.#worker = fork(new URL('./worker.js', import.meta.url), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    return this.#worker
  }

  #fail(): Error {
    this.#worker = undefined
    return new Error('this file is too large or nested too deeply')
  }
}
