import type { TwilioWebhookOptions as Astro } from '../../src/adapters/astro.ts'
import type { TwilioWebhookOptions as Azure } from '../../src/adapters/azure.ts'
import type { TwilioWebhookOptions as Elysia } from '../../src/adapters/elysia.ts'
import { type TwilioWebhookOptions as Express, twilioWebhook } from '../../src/adapters/express.ts'
import type { TwilioWebhookOptions as Fastify } from '../../src/adapters/fastify.ts'
import type { TwilioWebhookOptions as Fetch } from '../../src/adapters/fetch.ts'
import type { TwilioWebhookOptions as H3 } from '../../src/adapters/h3.ts'
import type { TwilioWebhookOptions as Hono } from '../../src/adapters/hono.ts'
import type { TwilioWebhookOptions as Koa } from '../../src/adapters/koa.ts'
import type { TwilioWebhookOptions as Lambda } from '../../src/adapters/lambda.ts'
import {
  type TwilioWebhookOptions as Nest,
  type TwilioWebhookAsyncOptions,
  TwilioWebhookModule,
} from '../../src/adapters/nest.ts'
import type { TwilioWebhookOptions as Next } from '../../src/adapters/next.ts'
import { type TwilioWebhookOptions as Node, twilioWebhook as nodeWebhook } from '../../src/adapters/node.ts'
import type { TwilioWebhookOptions as ReactRouter } from '../../src/adapters/react-router.ts'
import type { TwilioWebhookOptions as SvelteKit } from '../../src/adapters/sveltekit.ts'
import type { TwilioWebhookOptions as Ws } from '../../src/adapters/ws.ts'

/** Options that every adapter accepts, under the same name. */
type Every = Astro &
  Azure &
  Elysia &
  Express &
  Fastify &
  Fetch &
  H3 &
  Hono &
  Koa &
  Lambda &
  Nest &
  Next &
  Node &
  ReactRouter &
  SvelteKit &
  Ws
export const shared: Every = { publicUrl: 'https://example.com', authToken: 'token', mode: 'observe' }

// Middleware has `paths`, and adapters of web platforms have `webSocket`.
export const middleware: readonly (Express | Fastify | Koa | Ws)[] = [{ paths: '/sms' }]
export const sockets: readonly (Astro | Elysia | Fetch | ReactRouter | SvelteKit)[] = [{ webSocket: true }]
export const both: readonly (H3 | Hono)[] = [{ paths: /sms/, webSocket: true }]
// @ts-expect-error wrappers guard their handler, so they have no paths
export const wrapper: Node | Lambda | Azure | Next | Nest = { paths: '/sms' }

// The options of a function of the user keep the mode, which types the handler.
const enforced: Express<'enforce'> = { publicUrl: 'https://example.com' }
twilioWebhook(enforced, (webhook, _req, res) => res.send(webhook.covers))
const observed: Node<'observe'> = { mode: 'observe' }
nodeWebhook(observed, (webhook, _req, res) => res.end(webhook.ok ? webhook.covers : webhook.code))
// @ts-expect-error the options say another mode
export const wrong: Koa<'enforce'> = { mode: 'observe' }

const factory: TwilioWebhookAsyncOptions = { useFactory: () => ({ authToken: 'token' }) }
TwilioWebhookModule.forRootAsync(factory)
