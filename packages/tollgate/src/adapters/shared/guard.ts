import type { Mode, Verdict, VerifierOptions } from '../../index.ts'
import { type Accepted, createVerifier, type IncomingRequest, type Observed, type Verifier } from '../../index.ts'
import { chooseAnswer, type FullAnswer, toAnswer } from './answer.ts'
import { logProblem } from './log.ts'
import { refusePromise } from './refuse-promise.ts'

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
        logProblem(describeError(error))
        return { answer: toAnswer(500) }
      }
    },
  }
}

function describeError(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'a function among the options threw no Error'
  } catch {
    return 'a function among the options threw an error without a message'
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
  // A promise has no options in it, so that the environment's would count instead.
  refusePromise(options, 'The function that gives the options')
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
