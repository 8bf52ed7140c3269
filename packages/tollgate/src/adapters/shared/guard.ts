import { describeError, logProblem } from '../../checks/log.ts'
import { checkMethods, checkNames, pickOptions, readOption, refusePromise } from '../../checks/options.ts'
import {
  type AnyVerdict,
  type AnyWebhook,
  createVerifier,
  type IncomingRequest,
  type Mode,
  type Rejected,
  type Verifier,
  type VerifierOptions,
  type WebhookSource,
} from '../../index.ts'
import { verifierOptions } from '../../schemes/twilio/options.ts'
import { logRefusal } from '../../verify/refusal-log.ts'
import { chooseAnswer, type FullAnswer, toAnswer } from './answer.ts'

export { logProblem } from '../../checks/log.ts'

/** The option of adapters for a verifier that exists. */
export interface SharedVerifierOptions<V = Verifier<AnyVerdict>> {
  // For few.
  /**
   * A verifier that exists: one that several routes share, or one of another scheme. Beside it only
   * `onRejected` (default: the verifier's) and the adapter's own options are allowed. Any other is
   * a TypeError. Default: a verifier with the options.
   * @see docs/sendgrid-event-webhook.md
   */
  readonly verifier?: V | undefined
}

/** The option of `SharedVerifierOptions`. */
export const sharedVerifierOptions = { verifier: { type: 'object', methods: ['verify'] } } as const

/**
 * The options that all adapters have. Handlers are typed by `mode` and `verifier`, which are types
 * for that reason.
 */
export type GuardOptions<S extends WebhookSource = WebhookSource> = VerifierOptions & {
  readonly mode?: Extract<S, Mode> | undefined
} & SharedVerifierOptions<Exclude<S, Mode>>

/**
 * Options, or a function that returns them. The function is called once, at the first request. On
 * platforms that have an `env`, it gets that.
 */
export type OptionsSource<Options, Env = void> = Options | ((env: Env) => Options)

// A request, a context or an app of some framework has one of these, and options have none.
const foreignNames = ['headers', 'req', 'request', 'use']

/**
 * Returns the options, or calls the function that returns them.
 * @throws TypeError for anything but an object, such as a token, and for an object of a framework,
 *   which arrives if the adapter was not called. Also if the function returns a promise: a promise
 *   has no options, so the environment's would be used instead.
 */
export function resolveOptions<Options, Env>(source: OptionsSource<Options, Env>, env?: Env): Options {
  const options = typeof source === 'function' ? (source as (env?: Env) => Options)(env) : source
  refusePromise(options, 'The function that gives the options')
  if (typeof options !== 'object' || options === null)
    throw new TypeError(
      `The options must be an object, got ${options === null ? options : typeof options}: write { authToken: … }`,
    )
  if (foreignNames.some((name) => name in Object(options)))
    throw new TypeError('The adapter got a request or an app instead of options. Call it: twilioWebhook(options)')
  return options
}

/**
 * Checks the handler of an adapter that wraps one.
 * @throws TypeError if it is not a function.
 */
export function checkHandler(handler: unknown): void {
  if (typeof handler !== 'function')
    throw new TypeError(
      `The handler must be a function, got ${handler === null ? handler : typeof handler}: write twilioWebhook(options, (webhook, …) => …)`,
    )
}

/** The next step of an adapter: pass the webhook to the application, or send the answer. */
type Outcome = Passed | { readonly webhook?: undefined; readonly answer: FullAnswer }

/** A request that the application gets. */
export interface Passed {
  readonly webhook: AnyWebhook
  /**
   * The webhook again, if a replay guard may have reserved it. The adapter then has to report how
   * the work ended, with `settle`. `undefined` if nothing is reserved.
   */
  readonly reserved: AnyWebhook | undefined
  /**
   * True if the webhook comes from the option `verifier`. That may be of the user's own, and then
   * `body` need not be the bytes that arrived.
   */
  readonly isGiven: boolean
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
export function createGuard<Env = void>(source: OptionsSource<GuardOptions, Env>): Guard<Env> {
  let prepared: Prepared | undefined = typeof source === 'function' ? undefined : prepare(resolveOptions(source))
  return {
    async check(read, native, env) {
      try {
        prepared ??= prepare(resolveOptions(source, env))
        const request = read()
        // Every adapter reports how the work ended, with `settle`.
        const reported = prepared.reserves ? { ...request, reportsOutcome: true } : request
        const verdict = await prepared.verifier.verify(reported, native)
        if (prepared.isGiven) checkVerdict(verdict)
        return toOutcome(verdict, request, prepared, native)
      } catch (error) {
        // The function that returns the options, `onRejected` or the user's own verifier is wrong.
        // No request causes this.
        logProblem(describeError(error))
        return { answer: toAnswer(500) }
      }
    },
  }
}

interface Prepared {
  readonly verifier: Verifier<AnyVerdict>
  /** True for the option `verifier`, which may be of the user's own and give anything. */
  readonly isGiven: boolean
  readonly onRejected: VerifierOptions['onRejected']
  /** True if the verifier may reserve deliveries. */
  readonly reserves: boolean
  /** The mistakes of the developer that were written already. */
  readonly mistakes: Set<string>
}

function prepare(options: GuardOptions): Prepared {
  checkNames(options, { ...verifierOptions, ...sharedVerifierOptions }, 'the adapter')
  const { verifier: _, ...verifierGiven } = options
  const isGiven = readOption(options, 'verifier') !== undefined
  const verifier = isGiven ? takeVerifier(options) : createVerifier(verifierGiven)
  const onRejected = readOption(options, 'onRejected') ?? readOption(verifier, 'onRejected')
  return { verifier, isGiven, onRejected, reserves: verifier.reserves !== false, mistakes: new Set() }
}

function takeVerifier({ verifier, onRejected: _, ...others }: GuardOptions): Verifier<AnyVerdict> {
  pickOptions<SharedVerifierOptions<unknown>, typeof sharedVerifierOptions>({ verifier }, sharedVerifierOptions)
  for (const [name, value] of Object.entries(others))
    if (value !== undefined)
      throw new TypeError(
        `"${name}" has no effect beside "verifier". The options of a verifier belong to the function that creates it`,
      )
  return verifier as Verifier<AnyVerdict>
}

/**
 * Checks the verdict of a verifier, which may be the user's own. An adapter would pass on, or send,
 * a wrong one: a refusal with the status 200, or no answer at all.
 * @throws TypeError that says what is wrong.
 */
function checkVerdict(verdict: unknown): void {
  const given = Object(verdict) as Partial<AnyWebhook & Rejected>
  const ok: unknown = readOption(given, 'ok')
  const release: unknown = readOption(given, 'release')
  const params: unknown = readOption(given, 'params')
  if (typeof ok !== 'boolean') throw wrongVerdict('has no "ok" that is true or false')
  if (release === undefined && !ok) {
    const status: unknown = readOption(given, 'status')
    if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599) return
    throw wrongVerdict('is a refusal without a status from 400 to 599')
  }
  if (typeof release !== 'function') throw wrongVerdict('has no function "release"')
  if (typeof given.json !== 'function' || !('body' in given)) throw wrongVerdict('has no "body" and "json"')
  // Not the body of our own verdicts: its bytes are made when they are first read.
  const body = Object.getOwnPropertyDescriptor(given, 'body')
  if (body !== undefined && 'value' in body && !ArrayBuffer.isView(body.value))
    throw wrongVerdict('has a "body" that is not bytes')
  if (params !== undefined) checkMethods(params, 'params', ['get', 'toObject'])
}

function wrongVerdict(fault: string): TypeError {
  return new TypeError(`the verdict of "verifier" ${fault}`)
}

function toOutcome(verdict: AnyVerdict, request: IncomingRequest, prepared: Prepared, native: unknown): Outcome {
  if ('code' in verdict && !isLogged(verdict, prepared))
    logRefusal({
      rejection: verdict,
      request,
      hints: readOption(prepared.verifier, 'hints'),
      isPassed: isWebhook(verdict),
      isHandled: prepared.onRejected !== undefined,
    })
  if (isWebhook(verdict)) {
    const { reserves, isGiven } = prepared
    return { webhook: verdict, reserved: verdict.ok && reserves ? verdict : undefined, isGiven }
  }
  return { webhook: undefined, answer: chooseAnswer(verdict, prepared.onRejected, native) }
}

/** A body that was read too early is the developer's mistake, which a guard writes once. */
function isLogged({ code, message }: Pick<Rejected, 'code' | 'message'>, { mistakes }: Prepared): boolean {
  if (code !== 'body_already_consumed') return false
  const isKnown = mistakes.has(message)
  mistakes.add(message)
  return isKnown
}

/** Only a verdict for the handler has `release`, of its own or of its class. */
function isWebhook(verdict: AnyVerdict): verdict is AnyWebhook {
  return readOption(verdict as Partial<AnyWebhook>, 'release') !== undefined
}
