import type { Mode, Verdict, VerifierOptions } from '../../index.ts'
import {
  type Accepted,
  createVerifier,
  type IncomingRequest,
  type Observed,
  type Rejected,
  type Verifier,
} from '../../index.ts'
import { logProblem } from './log.ts'

/** The options of an adapter, with `mode` kept as a type so that handlers are typed by it. */
export type OptionsFor<M extends Mode> = VerifierOptions & { readonly mode?: M | undefined }

/** Options, or a function that gives them at the first request, from the platform's `env` where there is one. */
export type OptionsSource<Options, Env = void> = Options | ((env: Env) => Options)

/** What an adapter does next: hand the webhook to the application, or send this answer and nothing else. */
export type Outcome = Passed | { readonly webhook?: undefined; readonly answer: FullAnswer }

export interface Passed {
  readonly webhook: Accepted | Observed
  /** A replay guard has to hear when the work fails. */
  readonly isReserved: boolean
}

/** An answer with nothing left to fill in. */
export interface FullAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Guard<Env = void> {
  /** Never rejects: a mistake in the options is logged, and answers 500. */
  check(request: () => IncomingRequest, native: unknown, env: Env): Promise<Outcome>
}

/** Throws at once for options that are wrong; those of a function are seen at the first request. */
export function createGuard<Env = void>(source: OptionsSource<VerifierOptions, Env>): Guard<Env> {
  let ready: Prepared | undefined = typeof source === 'function' ? undefined : prepare(source)
  return {
    async check(read, native, env) {
      try {
        ready ??= prepare((source as (env: Env) => VerifierOptions)(env))
        const verdict = await ready.verifier.verify(read(), native)
        return toOutcome(verdict, ready, native)
      } catch (error) {
        // The programmer's mistake, never the sender's: in what the options function or `onRejected` gave.
        logProblem(error instanceof Error ? `${error.name}: ${error.message}` : 'the options could not be made')
        return { answer: toAnswer(500) }
      }
    },
  }
}

interface Prepared {
  readonly options: VerifierOptions
  readonly verifier: Verifier
  /** Messages that were logged already, so that a flood of requests is not a flood of lines. */
  readonly logged: Set<string>
  readonly isReserved: boolean
}

function prepare(options: VerifierOptions): Prepared {
  return { options, verifier: createVerifier(options), logged: new Set(), isReserved: options.replay !== undefined }
}

function toOutcome(verdict: Verdict, { options, logged, isReserved }: Prepared, native: unknown): Outcome {
  if (isReceived(verdict)) return { webhook: verdict, isReserved }
  if (verdict.code === 'body_already_consumed' && !logged.has(verdict.message)) {
    logged.add(verdict.message)
    logProblem(verdict.message)
  }
  return { answer: chooseAnswer(verdict, options, native) }
}

function isReceived(verdict: Verdict): verdict is Accepted | Observed {
  return verdict.ok || 'params' in verdict
}

function chooseAnswer(rejection: Rejected, options: VerifierOptions, native: unknown): FullAnswer {
  const answer = options.onRejected?.(rejection, native)
  if (answer === undefined) return toAnswer(rejection.status)
  if (!Number.isInteger(answer.status) || answer.status < 400 || answer.status > 599)
    throw new TypeError('"onRejected" must give a status from 400 to 599: a refused request must not look accepted')
  return { status: answer.status, headers: answer.headers ?? {}, body: answer.body ?? '' }
}

// One text for every 403, so that callers learn nothing from it.
const texts: Readonly<Record<number, string>> = {
  403: 'Twilio Request Validation Failed.',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

function toAnswer(status: number): FullAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: texts[status] ?? '' }
}
