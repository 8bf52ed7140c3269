import { refusePromise } from '../../checks/options.ts'
import {
  type Accepted,
  createVerifier,
  type IncomingRequest,
  type Mode,
  type Observed,
  type Verdict,
  type Verifier,
  type VerifierOptions,
} from '../../index.ts'
import { chooseAnswer, type FullAnswer, toAnswer } from './answer.ts'

/** The options that all adapters have. `mode` stays a type, because handlers are typed by it. */
export type GuardOptions<M extends Mode = Mode> = VerifierOptions & { readonly mode?: M | undefined }

/**
 * Options, or a function that returns them. The function is called once, at the first request. On
 * platforms that have an `env`, it gets that.
 */
export type OptionsSource<Options, Env = void> = Options | ((env: Env) => Options)

/**
 * Returns the options, or calls the function that returns them.
 * @throws TypeError if the function returns a promise. A promise has no options, so the
 *   environment's would be used instead.
 */
export function resolveOptions<Options, Env>(source: OptionsSource<Options, Env>, env?: Env): Options {
  const options = typeof source === 'function' ? (source as (env?: Env) => Options)(env) : source
  refusePromise(options, 'The function that gives the options')
  return options
}

/** The next step of an adapter: pass the webhook to the application, or send the answer. */
type Outcome = Passed | { readonly webhook?: undefined; readonly answer: FullAnswer }

/** A request that the application gets. */
export interface Passed {
  readonly webhook: Accepted | Observed
  /**
   * The webhook again, if a replay guard may have reserved it. The adapter then has to report how
   * the work ended, with `releaseIfFailed`. `undefined` if nothing is reserved.
   */
  readonly reserved: Accepted | undefined
}

/** Verifies requests for an adapter. */
export interface Guard<Env = void> {
  /**
   * Verifies one request. Never rejects: a mistake in the options is logged and answered with 500.
   * @param read Reads the framework's request. Called once.
   * @param native The framework's own request, for `onVerdict`, `onRejected` and the replay guard.
   * @param env The argument of the function that returns the options.
   */
  check(read: () => IncomingRequest, native: unknown, env: Env): Promise<Outcome>
}

/**
 * Creates the guard of an adapter.
 * @throws TypeError or RangeError that names the option, if one is wrong. Options from a function
 *   are checked at the first request.
 */
export function createGuard<Env = void>(source: OptionsSource<VerifierOptions, Env>): Guard<Env> {
  let prepared: Prepared | undefined = typeof source === 'function' ? undefined : prepare(resolveOptions(source))
  return {
    async check(read, native, env) {
      try {
        prepared ??= prepare(resolveOptions(source, env))
        const verdict = await prepared.verifier.verify(read(), native)
        return toOutcome(verdict, prepared, native)
      } catch (error) {
        // The function that returns the options, or `onRejected`, is wrong. No request causes this.
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

/** Prints a mistake that only the developer can fix. Never call it with data from a request. */
export function logProblem(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the developer has no other way to see the mistake
  console.error(`tollgate: ${message}`)
}

interface Prepared {
  readonly options: VerifierOptions
  readonly verifier: Verifier
  /** Messages that were logged already, so that a flood of requests is not a flood of lines. */
  readonly logged: Set<string>
}

function prepare(options: VerifierOptions): Prepared {
  return { options, verifier: createVerifier(options), logged: new Set() }
}

function toOutcome(verdict: Verdict, { options, logged }: Prepared, native: unknown): Outcome {
  if (isReceived(verdict))
    return { webhook: verdict, reserved: verdict.ok && options.replay !== undefined ? verdict : undefined }
  if (verdict.code === 'body_already_consumed' && !logged.has(verdict.message)) {
    logged.add(verdict.message)
    logProblem(verdict.message)
  }
  return { answer: chooseAnswer(verdict, options, native) }
}

function isReceived(verdict: Verdict): verdict is Accepted | Observed {
  return verdict.ok || 'params' in verdict
}
