import { twilioWebhook } from '../../src/adapters/fetch.ts'

/** The environment, as a Workers project declares it. */
interface Env {
  TWILIO_AUTH_TOKEN: string
}
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
}
interface DenoInfo {
  remoteAddr: { hostname: string; port: number }
}

// Bun, Vercel, Netlify: only the request.
export const alone: (request: Request) => Promise<Response> = twilioWebhook(
  { authToken: 'token' },
  (webhook, request) => new Response(`${webhook.covers} ${webhook.params.get('Body')} ${request.url}`),
)

// Workers: options from the platform's `env`, which the handler gets too.
export const worker: { fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> } = {
  fetch: twilioWebhook(
    (env: Env) => ({ authToken: env.TWILIO_AUTH_TOKEN, publicUrl: 'https://example.com' }),
    async (webhook, _request, env: Env, ctx: ExecutionContext) => {
      ctx.waitUntil(webhook.release())
      return new Response(`${webhook.covers} ${env.TWILIO_AUTH_TOKEN.length}`)
    },
  ),
}

// Deno: the connection info.
export const deno: (request: Request, info: DenoInfo) => Promise<Response> = twilioWebhook(
  { authToken: 'token' },
  (webhook, _request, info: DenoInfo) => new Response(`${webhook.covers} ${info.remoteAddr.hostname}`),
)

// The handler can ignore the arguments that only the options need.
export const observing = twilioWebhook(
  (env: Env) => ({ authToken: env.TWILIO_AUTH_TOKEN, mode: 'observe' }),
  (webhook) => new Response(webhook.ok ? webhook.covers : webhook.code),
)

twilioWebhook(
  () => ({ mode: 'observe' }),
  (webhook) => {
    // @ts-expect-error undefined for a request that did not verify
    return new Response(webhook.covers.toUpperCase())
  },
)
// @ts-expect-error a handler answers with a Response
twilioWebhook({}, () => 'text')
// @ts-expect-error misspelled
twilioWebhook({ publicURL: 'https://example.com' }, () => new Response())
