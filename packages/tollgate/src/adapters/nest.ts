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
import type { Accepted, BodyConsumed, IncomingRequest, Mode, Observed } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type Guard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { logProblem } from './shared/log.ts'
import * as node from './shared/node.ts'
import { releaseOnFailure, toIncomingRequest } from './shared/node.ts'

// Longer than other adapters: Nest wants a module, a guard and decorators for its parameters.

export type NestOptions = OptionsFor<Mode>

export type NestAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<OptionsSource<NestOptions>>, 'inject' | 'useFactory'>

/** What the guard leaves on the request of Express or Fastify. In `observe` mode look at `ok` first. */
export interface GuardedRequest {
  twilio: Accepted | Observed
}

// Registered symbols, so that the module of one copy of the package (ESM) fits the guard of the other (CommonJS).
const optionsToken = Symbol.for('tollgate.nest.options')
const overridesKey = Symbol.for('tollgate.nest.overrides')

/** Gives the options to every `@TwilioWebhook()` of the application. */
// biome-ignore lint/complexity/noStaticOnlyClass: what Nest takes for a module is a class
export class TwilioWebhookModule {
  static forRoot(options: OptionsSource<NestOptions>): DynamicModule {
    return makeModule({ provide: optionsToken, useValue: options })
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: NestAsyncOptions): DynamicModule {
    return { ...makeModule({ provide: optionsToken, inject, useFactory }), imports }
  }
}
Module({})(TwilioWebhookModule)

// Nest makes a guard in the module of the controller that uses it, so that the options have to be visible everywhere.
function makeModule(options: Provider): DynamicModule {
  const exports = [optionsToken, TwilioWebhookGuard]
  return { module: TwilioWebhookModule, global: true, providers: [options, TwilioWebhookGuard], exports }
}

/**
 * Lets the handler run for requests that verify (in `observe` mode for all), and answers the others itself.
 */
export class TwilioWebhookGuard implements CanActivate {
  readonly #options: OptionsSource<NestOptions>
  readonly #guard: Guard
  /** By controller, since one may inherit the handlers of another. */
  readonly #guards = new WeakMap<object, WeakMap<object, Guard>>()
  /** Which guard a request has passed: a decorator on the class and one on the method are one check. */
  readonly #passed = new WeakMap<object, Guard>()

  constructor(options: OptionsSource<NestOptions>) {
    this.#options = options
    this.#guard = createGuard(options)
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') {
      logProblem('TwilioWebhookGuard guards HTTP handlers only: another kind of handler was refused.')
      return false
    }
    const request = context.switchToHttp().getRequest<PlatformRequest>()
    const response = context.switchToHttp().getResponse<PlatformResponse>()
    const guard = this.#guardOf(context)
    if (this.#passed.get(request) === guard) return true
    const req = request.raw ?? (request as unknown as IncomingMessage)
    const res = response.raw ?? (response as unknown as ServerResponse)
    const read = (): IncomingRequest => toIncomingRequest(req, request.originalUrl, findBody(request, req))
    const outcome = await guard.check(read, request)
    if (outcome.webhook === undefined) {
      sendReply(req, response, outcome.answer)
      // Never settled: `false` or an exception would have an exception filter answer once more.
      return new Promise<never>(() => undefined)
    }
    releaseOnFailure(res, outcome)
    request.twilio = outcome.webhook
    // Another guard behind this one finds here what cannot be read twice.
    request.rawBody ??= outcome.webhook.body
    this.#passed.set(request, guard)
    return true
  }

  /** The guard of the module's options, or of those with what the decorators of this handler and its class replace. */
  #guardOf(context: ExecutionContext): Guard {
    const [handler, controller] = [context.getHandler(), context.getClass()]
    const overrides = { ...readOverrides(controller), ...readOverrides(handler) }
    if (Object.keys(overrides).length === 0) return this.#guard
    const options = this.#options
    const merge = (): NestOptions => ({ ...(typeof options === 'function' ? options() : options), ...overrides })
    const guards = this.#guards.get(controller) ?? new WeakMap<object, Guard>()
    const guard = guards.get(handler) ?? createGuard(merge)
    this.#guards.set(controller, guards.set(handler, guard))
    return guard
  }
}
// What decorator syntax comes to, which a library would have to be compiled for.
Injectable()(TwilioWebhookGuard)
Inject(optionsToken)(TwilioWebhookGuard, undefined, 0)

/** Guards a controller or one of its handlers. Options given here replace those of the module. */
export function TwilioWebhook(overrides: Partial<NestOptions> = {}): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(overridesKey, overrides), UseGuards(TwilioWebhookGuard))
}

function readOverrides(target: object): Partial<NestOptions> | undefined {
  const { getMetadata } = Reflect as unknown as { getMetadata(key: symbol, target: object): Partial<NestOptions> }
  return getMetadata(overridesKey, target)
}

/** Injects the verified `WebhookParams`, or with a name the first value of that one. */
export const TwilioParams: (name?: string) => ParameterDecorator = createParamDecorator(
  (name: string | undefined, context: ExecutionContext) => {
    const { params } = readWebhook(context)
    return name === undefined ? params : params.get(name)
  },
)

/** Injects the webhook: `Accepted`, or in `observe` mode `Accepted | Observed`. */
export const ReceivedWebhook: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => readWebhook(context),
)

function readWebhook(context: ExecutionContext): Accepted | Observed {
  const { twilio } = context.switchToHttp().getRequest<Partial<GuardedRequest>>()
  if (twilio === undefined) throw new Error('No webhook was verified here: put @TwilioWebhook() on the handler.')
  return twilio
}

/** Express hands over Node's own request, Fastify one with that inside. */
export interface PlatformRequest {
  readonly raw?: IncomingMessage
  readonly originalUrl?: string
  twilio?: Accepted | Observed
  rawBody?: unknown
  readonly body?: unknown
}

export interface PlatformResponse {
  readonly raw?: ServerResponse
  readonly sent?: boolean
  code(status: number): this
  header(name: string, value: string): this
  send(body: string): unknown
}

/** The bytes that Nest kept, or the stream where nothing has read it yet. */
function findBody({ rawBody, body }: PlatformRequest, req: IncomingMessage): IncomingRequest['body'] {
  return node.findBody(req, [rawBody, body], consumed)
}

const consumed: BodyConsumed = {
  consumedBy: "Nest's body parser",
  fix: 'Create the application with NestFactory.create(AppModule, { rawBody: true }); on Express { bodyParser: false } does as well.',
}

/** Writes an answer with the platform's own means, so that its hooks see it. */
function sendReply(req: IncomingMessage, reply: PlatformResponse, answer: FullAnswer): void {
  if (reply.raw === undefined) {
    node.sendAnswer(req, reply as unknown as ServerResponse, answer)
    return
  }
  if (reply.sent) return
  if (!req.complete) reply.header('connection', 'close')
  for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value)
  reply.code(answer.status).send(answer.body)
}
