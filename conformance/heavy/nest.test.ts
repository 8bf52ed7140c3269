import type * as common from '@nestjs/common'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { decorate, loadNest, type NestApp, nestFrameworks, startNest } from '../frameworks/nest.ts'
import { bindAdapter } from '../kit/bind-framework.ts'
import { makeRequest, origin, otherAccount, otherToken, token } from '../kit/draft.ts'

vi.spyOn(console, 'error').mockImplementation(() => undefined)

for (const framework of await nestFrameworks()) bindAdapter(framework)

const options = { publicUrl: origin, authToken: token }
const rejection = { status: 403, body: 'Twilio Request Validation Failed.' }
const accepted = { status: 200, body: 'ok' }

interface Answered {
  readonly status: number
  readonly body: string
  readonly type: string | undefined
}

describe.each([
  ['nest11', 'ESM', 'Express'],
  ['nest11', 'CommonJS', 'Express'],
  ['nest11', 'CommonJS', 'Fastify'],
  ['nest12', 'ESM', 'Express'],
  ['nest12', 'ESM', 'Fastify'],
  ['nest12', 'CommonJS', 'Express'],
] as const)('%s as %s on %s', async (project, system, platform) => {
  const nest = await loadNest(project, system)
  const { TwilioWebhook, TwilioParams, ReceivedWebhook, TwilioWebhookModule } = nest.tollgate
  const { Controller, HttpCode, Post, Header } = nest.common

  interface Route {
    readonly method: (...args: never[]) => unknown
    readonly parameters: readonly ParameterDecorator[]
    readonly on?: readonly MethodDecorator[]
    readonly onClass?: readonly ClassDecorator[]
  }

  async function serve(
    { method, parameters, on = [TwilioWebhook()], onClass = [] }: Route,
    module: common.DynamicModule = TwilioWebhookModule.forRoot(options),
    configure?: (app: NestApp) => void,
    setting: Parameters<typeof startNest>[2] = 'rawBody: true',
  ): Promise<(draft?: Parameters<typeof makeRequest>[0]) => Promise<Answered>> {
    class Webhooks {
      receive(...args: never[]): unknown {
        return method(...args)
      }
    }
    decorate(
      Webhooks.prototype,
      'receive',
      [Post('sms'), HttpCode(200), Header('Content-Type', 'text/xml'), ...on],
      parameters,
    )
    for (const decorator of [Controller(), ...onClass]) decorator(Webhooks)
    const running = await startNest(nest, platform, setting, { controllers: [Webhooks], imports: [module] }, configure)
    onTestFinished(() => running.close())
    return async (draft) => {
      const { status, body, headers } = await send(running.port, toRaw(await makeRequest(draft)))
      return { status, body, type: headers['content-type'] }
    }
  }

  test('@TwilioParams and @ReceivedWebhook provide the verified webhook', async () => {
    const ask = await serve({
      method: (params: { get(name: string): string }, body: string, webhook: { covers: string }) =>
        [params.get('To'), body, webhook.covers].join(),
      parameters: [TwilioParams(), TwilioParams('Body'), ReceivedWebhook()],
    })
    expect(await ask()).toEqual({
      status: 200,
      body: "+12025550123,It's 100% ünï & more,params",
      type: expect.stringContaining('text/xml'),
    })
    expect(await ask({ token: otherToken })).toEqual({ ...rejection, type: 'text/plain; charset=utf-8' })
  })

  test('forRootAsync', async () => {
    const module = TwilioWebhookModule.forRootAsync({
      imports: [{ module: class Secrets {}, providers: [{ provide: 'secret', useValue: token }], exports: ['secret'] }],
      inject: ['secret'],
      useFactory: async (authToken: string) => ({ publicUrl: origin, authToken }),
    })
    const ask = await serve({ method: () => 'ok', parameters: [] }, module)
    expect(await ask()).toMatchObject(accepted)
    expect(await ask({ token: otherToken })).toMatchObject(rejection)
  })

  test('options on a method replace those on its class, which replace those of the module', async () => {
    const strict = [TwilioWebhook({ allowedAccounts: otherAccount })]
    const route: Route = { method: () => 'ok', parameters: [] }
    expect(await (await serve({ ...route, on: strict }))()).toMatchObject(rejection)
    expect(await (await serve({ ...route, onClass: strict, on: [] }))()).toMatchObject(rejection)
    const loosened = await serve({ ...route, onClass: strict, on: [TwilioWebhook({ allowedAccounts: undefined })] })
    expect(await loosened()).toMatchObject(accepted)
    expect(await loosened({ token: otherToken })).toMatchObject(rejection)
    const byFunction = TwilioWebhookModule.forRoot(() => options)
    expect(await (await serve({ ...route, on: strict }, byFunction))()).toMatchObject(rejection)
  })

  test('a decorator on the class and one on the method are one check', async () => {
    const onVerdict = vi.fn()
    const both = { onClass: [TwilioWebhook()], on: [TwilioWebhook()], method: () => 'ok', parameters: [] }
    const ask = await serve(both, TwilioWebhookModule.forRoot({ ...options, onVerdict }))
    expect(await ask()).toMatchObject(accepted)
    expect(onVerdict).toHaveBeenCalledTimes(1)
  })

  test('with a list of public URLs, a signature runs only the controllers of its own host', async () => {
    const [ours, theirs] = ['https://a.example.com', 'https://b.example.com']
    const method = vi.fn(() => 'ok')
    const ask = async (publicUrl: string | string[], signedFor: string) => {
      const route = { method, parameters: [], onClass: [Controller({ host: 'b.example.com' })] }
      const sendTo = await serve(route, TwilioWebhookModule.forRoot({ ...options, publicUrl }))
      return sendTo({ origin: signedFor, headers: { host: 'b.example.com' } })
    }
    for (const publicUrl of [[ours], [ours, theirs]]) expect(await ask(publicUrl, ours)).toMatchObject(rejection)
    expect(method).not.toHaveBeenCalled()
    expect(await ask([theirs], theirs)).toMatchObject(accepted)
    expect(await ask([ours, theirs], theirs)).toMatchObject(accepted)
    // One URL ignores the Host header. The page says so.
    expect(await ask(ours, ours)).toMatchObject(accepted)
  })

  test('no exception filter sees a rejection, and an answer is sent once', async () => {
    const seen = vi.fn()
    class CatchAll {
      catch(error: unknown): void {
        seen(error)
      }
    }
    nest.common.Catch()(CatchAll)
    const method = vi.fn()
    const ask = await serve({ method, parameters: [] }, undefined, (app) => app.useGlobalFilters(new CatchAll()))
    expect(await ask({ token: otherToken })).toMatchObject(rejection)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(seen).not.toHaveBeenCalled()
    expect(method).not.toHaveBeenCalled()
  })

  test('a parser that keeps no bytes causes a 500, and the log names the option', async () => {
    vi.mocked(console.error).mockClear()
    const method = vi.fn()
    const ask = await serve({ method, parameters: [] }, undefined, undefined, 'parsers that keep no bytes')
    expect((await ask()).status).toBe(500)
    expect(method).not.toHaveBeenCalled()
    expect(console.error).toHaveBeenCalledWith(expect.stringContaining('{ rawBody: true }'))
  })

  test('wrong options stop the start of the application', async () => {
    const module = TwilioWebhookModule.forRoot({ ...options, authToken: '' })
    await expect(serve({ method: () => 'ok', parameters: [] }, module)).rejects.toThrow(TypeError)
  })

  test('a parameter decorator without a guard causes a 500', async () => {
    const method = vi.fn()
    expect((await (await serve({ method, parameters: [TwilioParams()], on: [] }))()).status).toBe(500)
    expect(method).not.toHaveBeenCalled()
  })

  test('handlers of other protocols are refused', async () => {
    const guard = new nest.tollgate.TwilioWebhookGuard(options)
    expect(await guard.canActivate({ getType: () => 'ws' } as unknown as common.ExecutionContext)).toBe(false)
  })
})
