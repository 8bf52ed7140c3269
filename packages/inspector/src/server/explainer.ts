import type { IncomingRequest, VerifierOptions } from 'tollgate'
import type { Capture, CapturedCause, Explanation } from '../shared/capture.ts'
import { findHeader } from './read-capture.ts'

/** What is used of `diagnose` from tollgate/diagnose. */
export type Diagnose = (
  request: IncomingRequest,
  options: VerifierOptions & { readonly otherHosts?: readonly string[] },
) => Promise<{
  readonly proven?: { readonly causes: readonly CapturedCause[]; readonly signedUrl: string } | undefined
  readonly suspected: readonly CapturedCause[]
  readonly urlForms: Explanation['urlForms']
  readonly tried: number
}>

interface Job {
  readonly request: IncomingRequest
  readonly options: VerifierOptions
  readonly done: (explanation: Explanation) => void
}

// A search takes some tens of milliseconds of this process, in which the gateway works too: a flood is not explained to its end.
const maxWaiting = 50

/** Explains refusals one after another, beside the traffic; what is beyond 50 waiting goes without. */
export class Explainer {
  readonly #diagnose: Diagnose
  readonly #otherHosts: readonly string[]
  readonly #jobs: Job[] = []
  #working = false
  #closed = false

  constructor(diagnose: Diagnose, otherHosts: readonly string[]) {
    this.#diagnose = diagnose
    this.#otherHosts = otherHosts
  }

  explain(request: IncomingRequest, options: VerifierOptions, done: Job['done']): void {
    if (this.#jobs.length >= maxWaiting) return
    this.#jobs.push({ request, options, done })
    if (!this.#working) void this.#work()
  }

  close(): void {
    this.#closed = true
    this.#jobs.length = 0
  }

  async #work(): Promise<void> {
    this.#working = true
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      await new Promise((resolve) => setImmediate(resolve))
      const explanation = await this.#try(job)
      if (explanation !== undefined && !this.#closed) job.done(explanation)
    }
    this.#working = false
  }

  async #try({ request, options }: Job): Promise<Explanation | undefined> {
    try {
      // Neither a replay guard nor anyone who counts verdicts is to hear of a second look at the same request.
      const { proven, suspected, urlForms, tried } = await this.#diagnose(request, {
        ...options,
        replay: undefined,
        onVerdict: undefined,
        onRejected: undefined,
        diagnose: undefined,
        otherHosts: this.#otherHosts,
      })
      return {
        ...(proven !== undefined && {
          proven: { causes: proven.causes.map(copyCause), signedUrl: proven.signedUrl },
        }),
        suspected: suspected.map(copyCause),
        urlForms: urlForms.map(({ url, why }) => ({ url, why })),
        tried,
      }
    } catch {
      // The verdict stands without an explanation.
      return undefined
    }
  }
}

/** Field by field: what else a cause may hold is not for the page. */
function copyCause({ id, detail, fix }: CapturedCause): CapturedCause {
  return { id, detail, fix }
}

/**
 * Without a tunnel the public URL is this machine's, which Twilio cannot reach, and a diagnosis says so first. Where the request was
 * sent to that very host, its sender knew it: then every other cause is likelier.
 */
export function rankForLocalUse(explanation: Explanation, capture: Capture): Explanation {
  const host = findHeader(capture.headers, 'host')
  if (host === undefined || !capture.url.toLowerCase().includes(`://${host.toLowerCase()}/`)) return explanation
  const [hosts, others] = [
    explanation.suspected.filter(({ id }) => id === 'host'),
    explanation.suspected.filter(({ id }) => id !== 'host'),
  ]
  return { ...explanation, suspected: [...others, ...hosts] }
}
