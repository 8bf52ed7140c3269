import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type DynamicModule,
  type ExecutionContext,
  type FactoryProvider,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  type Provider,
  SetMetadata,
  UseGuards,
} from '@nestjs/common'
import type { Accepted, BodyConsumed, IncomingRequest, Observed, WebhookSource } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import {
  createGuard,
  type Guard,
  type GuardOptions,
  logProblem,
  type OptionsSource,
  resolveOptions,
} from './shared/guard.ts'
import { findBody, listHeaders, sendAnswer, settleWhenAnswered, toIncomingRequest } from './shared/node.ts'

/** The options of `TwilioWebhookModule.forRoot` and `TwilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S>

/**
 * The options of `TwilioWebhookModule.forRootAsync`: a factory, with its imports and injections.
 */
export type TwilioWebhookAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<OptionsSource<TwilioWebhookOptions>>, 'inject' | 'useFactory'>

/** The property that the guard sets on the request of Express or Fastify. */
export interface GuardedRequest {
  /** The webhook. In `observe` mode check `ok` first. */
  twilio: Accepted | Observed
}

// Registered symbols, because a program may load the package twice, as ESM and as CommonJS. The
// module of one copy must work with the guard of the other.
const optionsToken = Symbol.for('tollgate.nest.options')
const overridesKey = Symbol.for('tollgate.nest.overrides')

/** The module that gives the options to every `@TwilioWebhook()` of the application. */
// biome-ignore lint/complexity/noStaticOnlyClass: a module of Nest is a class
export class TwilioWebhookModule {
  /**
   * Creates the module with options.
   * @param options Options, or a function that returns them at the first request. Default: all from
   *   the environment.
   */
  static forRoot(options: OptionsSource<TwilioWebhookOptions> = {}): DynamicModule {
    return createModule({ provide: optionsToken, useValue: options })
  }

  /** Creates the module with options from a factory, which can use other providers. */
  static forRootAsync({ imports = [], inject = [], useFactory }: TwilioWebhookAsyncOptions): DynamicModule {
    return { ...createModule({ provide: optionsToken, inject, useFactory }), imports }
  }
}
Module({})(TwilioWebhookModule)

// The module is global, because Nest creates a guard in the module of the controller that uses it.
function createModule(options: Provider): DynamicModule {
  const exports = [optionsToken, TwilioWebhookGuard]
  return { module: TwilioWebhookModule, global: true, providers: [options, TwilioWebhookGuard], exports }
}

/**
 * The guard of `@TwilioWebhook()`. It lets the handler run for requests that verify, and in
 * `observe` mode for all. It answers the others itself.
 */
export class TwilioWebhookGuard implements CanActivate {
  readonly #options: OptionsSource<TwilioWebhookOptions>
  readonly #guard: Guard
  /** By controller, because a controller may inherit the handlers of another. */
  readonly #guards = new WeakMap<object, WeakMap<object, Guard>>()
  /**
   * The guard that a request has passed. If the class and the method both have a decorator, the
   * request is checked once.
   */
  readonly #passed = new WeakMap<object, Guard>()

  /**
   * @param options Options, or a function that returns them at the first request.
   * @throws TypeError or RangeError that names the option, if one is wrong.
   */
  constructor(options: OptionsSource<TwilioWebhookOptions>) {
    this.#options = options
    this.#guard = createGuard(options)
  }

  /**
   * Verifies the request of a handler. Refuses handlers of other kinds than HTTP.
   * @param context Nest's context of the handler, whose decorators can replace options.
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') {
      logProblem('TwilioWebhookGuard guards HTTP handlers only: another kind of handler was refused.')
      return false
    }
    const request = context.switchToHttp().getRequest<PlatformRequest>()
    const response = context.switchToHttp().getResponse<PlatformResponse>()
    const guard = this.#findGuard(context)
    if (this.#passed.get(request) === guard) return true
    const req = request.raw ?? (request as unknown as IncomingMessage)
    const res = response.raw ?? (response as unknown as ServerResponse)
    const read = (): IncomingRequest =>
      toIncomingRequest(req, readTarget(request, req), findBody(req, [request], consumed))
    const outcome = await guard.check(read, request)
    if (outcome.webhook === undefined) {
      sendReply(req, response, outcome.answer)
      // The promise never settles. After `false` or an exception, an exception filter would answer
      // too.
      return new Promise<never>(() => undefined)
    }
    settleWhenAnswered(res, outcome)
    request.twilio = outcome.webhook as Accepted | Observed
    // For a later guard, because the stream cannot be read twice.
    request.rawBody ??= outcome.webhook.body
    this.#passed.set(request, guard)
    return true
  }

  /**
   * Returns the guard for a handler. Decorators of the handler and its class can replace options.
   */
  #findGuard(context: ExecutionContext): Guard {
    const [handler, controller] = [context.getHandler(), context.getClass()]
    const overrides = { ...readOverrides(controller), ...readOverrides(handler) }
    if (Object.keys(overrides).length === 0) return this.#guard
    // A verifier replaces all options of the module.
    const merge = (): TwilioWebhookOptions =>
      overrides.verifier === undefined ? { ...resolveOptions(this.#options), ...overrides } : overrides
    const guards = this.#guards.get(controller) ?? new WeakMap<object, Guard>()
    const guard = guards.get(handler) ?? createGuard(merge)
    this.#guards.set(controller, guards.set(handler, guard))
    return guard
  }
}
// These calls are the decorators, without the syntax that needs compiler options.
Injectable()(TwilioWebhookGuard)
Inject(optionsToken)(TwilioWebhookGuard, undefined, 0)

/**
 * A decorator that guards a controller or one of its handlers.
 * @param overrides Options that replace those of the module. A `verifier` replaces all of them.
 */
export function TwilioWebhook(overrides: Partial<TwilioWebhookOptions> = {}): ClassDecorator & MethodDecorator {
  if (typeof overrides === 'function') throw new TypeError('Call the decorator: @TwilioWebhook()')
  return applyDecorators(SetMetadata(overridesKey, overrides), UseGuards(TwilioWebhookGuard))
}

function readOverrides(target: object): Partial<TwilioWebhookOptions> | undefined {
  const { getMetadata } = Reflect as unknown as {
    getMetadata(key: symbol, target: object): Partial<TwilioWebhookOptions>
  }
  return getMetadata(overridesKey, target)
}

/**
 * A decorator that injects the verified `WebhookParams`, or the first value of the named one.
 * @param name The parameter. Default: all of them.
 */
export const TwilioParams: (name?: string) => ParameterDecorator = createParamDecorator(
  (name: string | undefined, context: ExecutionContext) => {
    const { params } = readWebhook(context)
    return name === undefined ? params : params.get(name)
  },
)

/** A decorator that injects the webhook: `Accepted`, or `Accepted | Observed` in `observe` mode. */
export const ReceivedWebhook: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => readWebhook(context),
)

function readWebhook(context: ExecutionContext): Accepted | Observed {
  const { twilio } = context.switchToHttp().getRequest<Partial<GuardedRequest>>()
  if (twilio === undefined) throw new Error('No webhook was verified here: put @TwilioWebhook() on the handler.')
  return twilio
}

/** A request of Express, which is Node's own, or of Fastify, which has Node's in `raw`. */
interface PlatformRequest {
  readonly raw?: IncomingMessage
  readonly originalUrl?: string
  twilio?: Accepted | Observed
  rawBody?: unknown
  readonly body?: unknown
}

/**
 * Returns the raw request target. Requests of Fastify before 4.22 have none, so Node's own counts.
 */
function readTarget({ originalUrl }: PlatformRequest, req: IncomingMessage): string | undefined {
  return originalUrl ?? (req as PlatformRequest).originalUrl ?? req.url
}

/** A response of Express, which is Node's own, or a reply of Fastify. */
interface PlatformResponse {
  readonly raw?: ServerResponse
  readonly sent?: boolean
  code(status: number): this
  header(name: string, value: string): this
  send(body: string): unknown
}

const consumed: BodyConsumed = {
  consumedBy: "Nest's body parser",
  fix: 'Create the application with NestFactory.create(AppModule, { rawBody: true }), which needs Nest 9; on Express { bodyParser: false } does as well. If it has rawBody: true, replace app.use(json(…)) by app.useBodyParser(…): a parser of your own keeps no bytes.',
  isParser: true,
}

/** Sends an answer through Express or Fastify, so that their hooks see it. */
function sendReply(req: IncomingMessage, reply: PlatformResponse, answer: FullAnswer): void {
  if (reply.raw === undefined) {
    sendAnswer(req, reply as unknown as ServerResponse, answer)
    return
  }
  if (reply.sent) return
  for (const [name, value] of Object.entries(listHeaders(req, answer))) reply.header(name, value)
  reply.code(answer.status).send(answer.body)
}
