import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { IncomingRequest } from 'tollgate'
import { getScheme, schemes } from 'tollgate/internal'
import type { Explanation } from '../../shared/capture.ts'
import { locateBuilt } from '../locate-built.ts'
import { type Diagnose, type ExplainInput, explain, silence } from './explain.ts'
import type { WorkerAnswer, WorkerInput } from './worker.ts'

interface Job {
  readonly scheme: string
  readonly request: IncomingRequest
  readonly rejection: ExplainInput['rejection']
  readonly options: object
}

type PendingExplanation = Promise<Explanation | undefined>

// People open one webhook after another.
const mostWaiting = 50
const mostKept = 200

/**
 * Explains rejections one after another, in a worker: the gateway runs in this thread. Equal
 * requests are explained once. Options with functions cannot be sent to a worker, so these searches
 * run here.
 */
export class Explainer {
  readonly #otherHosts: readonly string[]
  readonly #own: Diagnose | undefined
  readonly #found = new Map<string, PendingExplanation>()
  readonly #optionsIds = new WeakMap<object, number>()
  #options = 0
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()
  #worker: Worker | undefined
  #isClosed = false

  /** @param own a search of the user's for the default scheme */
  constructor(otherHosts: readonly string[], own?: Diagnose) {
    this.#otherHosts = otherHosts
    this.#own = own
  }

  /**
   * Returns the explanation, which may be undefined, or `undefined` if 50 others wait already or
   * the scheme explains nothing.
   * @param isHereToo false if only the worker may search
   */
  explain(job: Job, isHereToo: boolean): PendingExplanation | undefined {
    const key = this.#identify(job)
    const known = this.#found.get(key)
    if (known !== undefined) return known
    if (!isHereToo && this.#isAlone(job)) return undefined
    if (this.#waiting >= mostWaiting || (this.#findOwn(job) ?? getScheme(job.scheme).diagnose) === undefined) return
    this.#waiting++
    const found = this.#last.then(() => this.#search(job)).finally(() => this.#waiting--)
    this.#last = found
    this.#found.set(key, found)
    const [oldest] = this.#found.keys()
    if (this.#found.size > mostKept && oldest !== undefined) this.#found.delete(oldest)
    return found
  }

  close(): void {
    this.#isClosed = true
    void this.#worker?.terminate()
  }

  #findOwn({ scheme }: Job): Diagnose | undefined {
    return scheme === schemes[0].name ? this.#own : undefined
  }

  /** Returns true for a search that no worker can do. */
  #isAlone(job: Job): boolean {
    return (
      this.#findOwn(job) !== undefined ||
      Object.values(silence(job.options)).some((value) => typeof value === 'function')
    )
  }

  #identify({ scheme, request, options }: Job): string {
    const id = this.#optionsIds.get(options) ?? ++this.#options
    this.#optionsIds.set(options, id)
    return createHash('sha256')
      .update(JSON.stringify([scheme, id, request]))
      .digest('base64')
  }

  async #search(job: Job): PendingExplanation {
    if (this.#isClosed) return undefined
    const own = this.#findOwn(job)
    const { request, rejection } = job
    const input: ExplainInput = { request, rejection, options: silence(job.options), otherHosts: this.#otherHosts }
    const searchHere = () => explain(own ?? (getScheme(job.scheme).diagnose as unknown as Diagnose), input)
    try {
      if (this.#isAlone(job)) return await searchHere()
      // In a bundle without the worker's file, or with schemes of its own, the search runs here.
      return await this.#askWorker({ ...input, scheme: job.scheme }).catch(() =>
        this.#isClosed ? undefined : searchHere(),
      )
    } catch {
      // The capture keeps its verdict and gets no explanation.
      return undefined
    }
  }

  #askWorker(input: WorkerInput): Promise<Explanation> {
    const worker = this.#worker ?? new Worker(locateBuilt('explain-worker.js'))
    this.#worker = worker
    return new Promise((resolve, reject) => {
      const succeed = ({ explanation }: WorkerAnswer) => {
        worker.off('error', fail).off('exit', fail)
        // A worker that waits keeps no process alive.
        worker.unref()
        if (explanation === undefined) reject(new Error('The search failed'))
        else resolve(explanation)
      }
      const fail = (error: unknown) => {
        worker.off('message', succeed).off('error', fail).off('exit', fail)
        this.#worker = undefined
        reject(error)
      }
      worker.ref()
      worker.once('message', succeed).once('error', fail).once('exit', fail)
      worker.postMessage(input)
    })
  }
}
