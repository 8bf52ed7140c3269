import { createRequire } from 'node:module'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as common from '@nestjs/common'
import type * as tollgate from 'tollgate/nest'
import { type Framework, kept, lost, type Running } from '../adapter/framework.ts'
import type { makeScenario, Reply, Scenario } from '../adapter/scenario.ts'
import { prepareProject } from '../projects/prepare.mjs'
import { findPort } from './listen.ts'

/** An application of any version and platform, as a test uses it. */
export interface NestApp {
  listen(port: number, host: string): Promise<unknown>
  close(): Promise<void>
  getHttpServer(): Server & { closeAllConnections(): void }
  setGlobalPrefix(prefix: string): void
  useGlobalGuards(guard: common.CanActivate): void
  useGlobalFilters(filter: common.ExceptionFilter): void
  useBodyParser(type: string, options: object, parser?: FastifyParser): void
}

type FastifyParser = (req: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => void

/** Nest as installed in one project. */
interface Nest {
  readonly common: typeof common
  readonly tollgate: typeof tollgate
  readonly core: {
    readonly NestFactory: { create(module: unknown, adapter: unknown, options: object): Promise<NestApp> }
  }
  readonly makeScenario: typeof makeScenario
  readonly ExpressAdapter: new () => unknown
  readonly FastifyAdapter: new (options?: object) => unknown
}

type ModuleSystem = 'ESM' | 'CommonJS'
type Platform = 'Express' | 'Fastify'

export async function loadNest(project: string, system: ModuleSystem): Promise<Nest> {
  const directory = prepareProject(project)
  if (system === 'CommonJS') return createRequire(join(directory, 'modules.cjs'))('./modules.cjs')
  return await import(pathToFileURL(join(directory, 'modules.mjs')).href)
}

/** The ways in which an application keeps the bytes for the guard. */
interface Bodies {
  readonly options: object
  prepare?(app: NestApp, platform: Platform): void
}

const bodies = {
  'rawBody: true': {
    options: { rawBody: true },
    prepare(app, platform) {
      // Nest's parsers have their own limit, 100 kB on Express. It must be as high as maxBodyBytes.
      const limits = { limit: '1mb', parameterLimit: 10_000, extended: true }
      if (platform === 'Express') for (const type of ['json', 'urlencoded']) app.useBodyParser(type, limits)
    },
  },
  'bodyParser: false': { options: { bodyParser: false } },
  'one parser that keeps bytes': {
    options: { bodyParser: false },
    prepare(app) {
      // Fastify has its own parser for JSON, which '*' does not replace.
      for (const type of ['application/json', '*']) app.useBodyParser(type, {}, (_req, body, done) => done(null, body))
    },
  },
  'parsers that keep no bytes': { options: {} },
} as const satisfies Readonly<Record<string, Bodies>>

type BodySetting = keyof typeof bodies

/** Starts an application with one module that the test defines. */
export async function startNest(
  nest: Nest,
  platform: Platform,
  setting: BodySetting,
  parts: { readonly controllers: readonly unknown[]; readonly imports: readonly unknown[] },
  configure?: (app: NestApp) => void,
): Promise<Running> {
  class AppModule {}
  nest.common.Module(parts as object)(AppModule)
  const { options, prepare }: Bodies = bodies[setting]
  const adapter = platform === 'Express' ? new nest.ExpressAdapter() : new nest.FastifyAdapter()
  const app = await nest.core.NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false, ...options })
  prepare?.(app, platform)
  configure?.(app)
  await app.listen(0, '127.0.0.1')
  const server = app.getHttpServer()
  return {
    port: findPort(server),
    close: () => {
      server.closeAllConnections()
      return app.close()
    },
  }
}

/** Applies decorators to a method and its parameters, as the syntax does. */
export function decorate(
  target: object,
  name: string,
  decorators: readonly MethodDecorator[],
  parameters: readonly ParameterDecorator[],
): void {
  for (const [index, decorator] of parameters.entries()) decorator(target, name, index)
  const descriptor = Object.getOwnPropertyDescriptor(target, name) ?? {}
  for (const decorator of decorators) decorator(target, name, descriptor)
  Object.defineProperty(target, name, descriptor)
}

function makeController({ common, tollgate }: Nest, platform: Platform, { handle }: Scenario): unknown {
  class WebhookController {
    async receive(webhook: Parameters<typeof handle>[0], response: AnyResponse): Promise<void> {
      const reply = await handle(webhook)
      if (platform === 'Express') response.status(reply.status).set?.(reply.headers)
      else response.status(reply.status).headers?.(reply.headers)
      response.send(reply.body)
    }
  }
  const parameters = [tollgate.ReceivedWebhook(), common.Res()]
  decorate(
    WebhookController.prototype,
    'receive',
    [common.All(['', platform === 'Express' ? '{*path}' : '*']), tollgate.TwilioWebhook()],
    parameters,
  )
  common.Controller()(WebhookController)
  return WebhookController
}

interface AnyResponse {
  status(status: number): this
  set?(headers: Reply['headers']): this
  headers?(headers: Reply['headers']): this
  send(body: string): unknown
}

function makeNestFramework(version: string, nest: Nest, platform: Platform, variant: Variant): Framework {
  const { setting, exceptions, keepsNames = true } = variant
  return {
    name: `nest ${version}, ${platform}, ${setting}`,
    async start({ id, before = setting }) {
      // The project's own copy of the library must make it.
      const scenario = nest.makeScenario(id)
      const { mountedAt, stacked, options } = scenario
      const parts = {
        imports: [nest.tollgate.TwilioWebhookModule.forRoot(options)],
        controllers: [makeController(nest, platform, scenario)],
      }
      const running = await startNest(nest, platform, before as BodySetting, parts, (app) => {
        if (mountedAt !== undefined) app.setGlobalPrefix(mountedAt)
        if (stacked) app.useGlobalGuards(new nest.tollgate.TwilioWebhookGuard(options))
      })
      return { ...running, journal: async () => scenario.journal }
    },
    mounts: true,
    address: 'target',
    stacks: true,
    parsersBefore: { [setting]: { ...kept, keepsNames }, 'parsers that keep no bytes': lost },
    exceptions,
  }
}

interface Variant {
  readonly setting: BodySetting
  readonly exceptions: Framework['exceptions']
  readonly keepsNames?: boolean
}

const readFirst = {
  'a declared length over the limit, before the body is sent': "Nest's parser reads the body first, with its own limit",
  'chunks over the limit, before the rest is sent': "Nest's parser reads the body first, with its own limit",
  'an upload that is aborted': "Nest's parser reads the body first, and fails before a guard runs",
}
const countsFirst = {
  'E1 more than 10,000 pairs': "Nest's parser answers 413 to more than 1,000 parameters before a guard runs",
}
const parsesFirst = {
  ...readFirst,
  'B2 a form under another content type, or two': "Nest's parser answers 400 to malformed JSON before a guard runs",
}
const noParser = 'Fastify answers 415 if it has no parser for the content type'
const emptyJson = "Fastify's parser answers 400 to empty JSON before a guard runs"
const fastifyParses = {
  ...parsesFirst,
  'a body that the signature does not cover': noParser,
  'B1 a signature of a GET on other methods': noParser,
  'E4 every 403 is the same answer': noParser,
  'tampered JSON': emptyJson,
  'B4 B6 a signed JSON URL without its body': emptyJson,
}
const prototypeName = "Nest 12's parser answers 400 to a parameter named __proto__ before a guard runs"

function listVariants(version: string): readonly (readonly [Platform, Variant])[] {
  const is12 = version === '12'
  const names = {
    'names with brackets, repeated, empty, __proto__ and in UTF-8': prototypeName,
    'B5 B8 fields added to a signed form': prototypeName,
  }
  const inflated = { 'a body in gzip': "Nest's parser inflates the body first, and answers 400 to invalid gzip" }
  return [
    ['Express', { setting: 'bodyParser: false', exceptions: {} }],
    ['Express', { setting: 'rawBody: true', exceptions: { ...parsesFirst, ...countsFirst, ...inflated } }],
    ['Fastify', { setting: 'one parser that keeps bytes', exceptions: readFirst }],
    ['Fastify', { setting: 'rawBody: true', exceptions: { ...fastifyParses, ...(is12 && names) }, keepsNames: !is12 }],
  ]
}

export async function nestFrameworks(): Promise<readonly Framework[]> {
  const frameworks: Framework[] = []
  for (const version of ['11', '12']) {
    const nest = await loadNest(`nest${version}`, 'ESM')
    for (const [platform, variant] of listVariants(version))
      frameworks.push(makeNestFramework(version, nest, platform, variant))
  }
  return frameworks
}
