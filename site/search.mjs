import { placeOf } from './pages.mjs'

/**
 * The words that readers search for, by page or by section of a page. Words of the page itself are
 * found without an entry. A page that does not exist yet may have one.
 * @type {Readonly<Record<string, string>>}
 */
export const keywords = {
  'CHANGELOG.md': 'changelog release notes versions',
  'README.md': 'get started install quick start sms webhook example',
  'README.md#set-it-in-twilio': 'where is my auth token console account info',
  'docs/benchmarks.md': 'performance speed latency throughput',
  'docs/codes/body_already_consumed.md': 'body_already_consumed',
  'docs/codes/method_not_allowed.md': 'CORS preflight OPTIONS HEAD method_not_allowed',
  'docs/behind-a-proxy.md':
    'behind a proxy load balancer Kubernetes ingress reverse proxy https http SSL termination X-Forwarded-Proto trust proxy fails',
  'docs/behind-a-proxy.md#trailing-slashes': 'trailing slash either',
  'docs/calls.md': 'test IVR voice call menu Gather digits keypad simulate',
  'docs/cloudflare-workers.md': 'Cloudflare Worker Workers wrangler',
  'docs/frameworks/express.md#body-parsers': 'Express body-parser express.json express.urlencoded raw body',
  'docs/frameworks/fastify.md': 'Fastify plugin raw body',
  'docs/frameworks/fetch.md': 'Deno Bun edge runtime Web Crypto',
  'docs/frameworks/lambda.md': 'AWS Lambda API Gateway ALB Function URL',
  'docs/frameworks/nest.md': 'Nest NestJS guard raw body',
  'docs/frameworks/next.md': 'Next Next.js nextjs App Router Pages Router',
  'docs/frameworks/twilio-functions.md': 'Twilio Functions serverless runtime protected',
  'docs/frameworks/ws.md': 'WebSocket Media Streams ConversationRelay authenticate media stream socket handshake',
  'docs/get-webhooks.md': 'GET callback webhook method query',
  'docs/inspector.md': 'test locally localhost development tunnel dev',
  'docs/json-webhooks.md': 'JSON body bodySHA256 Event Streams events raw body',
  'docs/many-tenants.md': 'many tenants customers domains hosts multiple Twilio accounts',
  'docs/migrating-from-twilio.md':
    'migrate from twilio validateExpressRequest validateRequestWithBody webhook codemod switch upgrade',
  'docs/migrating-from-twilio.md#what-is-installed': 'bundle size smaller package dependencies',
  'docs/oauth-webhooks.md': 'OAuth Bearer token JWT',
  'docs/other-languages.md':
    'Python Flask FastAPI Django PHP Laravel Symfony Ruby Rails Go golang gin Java csharp c# asp.net dotnet other languages',
  'docs/other-languages.md#ruby-on-rails': 'Ruby Rails Rack Sinatra middleware',
  'docs/platforms.md#heroku': 'behind Heroku router dyno',
  'docs/operations.md#probes': 'health check liveness readiness',
  'docs/platforms.md#ngrok': 'behind ngrok tunnel localtunnel',
  'docs/platforms.md#supabase': 'Supabase Edge Functions',
  'docs/replay.md': 'replay replays repeated duplicate twice idempotency idempotent deduplicate',
  'docs/rolling-out.md': 'observe log only without blocking dry run',
  'docs/rolling-out.md#your-own-logs-and-answers': 'logging logger pino winston',
  'docs/rotation-and-shared-keys.md#rotating-an-auth-token': 'rotate a token Auth Token rotation secondary',
  'docs/runbook.md#what-twilio-does-next': 'timeout 15 seconds retry fallback',
  'docs/schemas.md': 'OpenAPI Standard Schema schemas zod valibot',
  'docs/sendgrid-event-webhook.md': 'SendGrid Event Webhook eventwebhook express',
  'docs/sendgrid-inbound-parse.md': 'SendGrid Inbound Parse email mail attachment multipart form-data',
  'docs/several-instances.md': 'several instances cluster shared store Redis',
  'docs/status-callbacks.md': 'status callback delivery MessageStatus CallStatus',
  'docs/stream-tickets.md': 'bind stream socket to call ticket',
  'docs/studio.md': 'Studio flow HTTP request widget',
  'docs/subaccounts.md': 'subaccounts subaccount',
  'docs/testing-your-webhooks.md':
    'test locally unit test tests mock sign request expected signature disable turn off validation in development without twilio',
  'docs/twilio-error-codes.md': 'error code 11200 11217 http retrieval failure Twilio console debugger',
  'docs/typescript.md': 'TypeScript types CommonJS',
  'docs/without-an-adapter.md': 'createVerifier verify own framework server other Hapi Restify uWebSockets',
  'docs/why-does-sendgrid-validation-fail.md':
    'unable to verify SendGrid signature verifySignature always returns false fails more than one event',
  'docs/why-does-validation-fail.md#the-token-of-another-account': 'wrong Auth Token',
  'docs/why-does-validation-fail.md':
    'validation fails failed 403 forbidden 401 unauthorized invalid signature mismatch debug validateRequest always returns false validate twilio request API key',
}

/**
 * The keywords by the id that VitePress gives to a section: its address. Those of a page belong to
 * its title.
 */
const keywordsById = new Map(
  Object.entries(keywords).map(([name, words]) => {
    const [page = '', anchor] = name.split('#')
    const address = `/${placeOf(page).replace(/\.md$/, '.html')}`
    return [anchor === undefined ? address : `${address}#${anchor}`, words]
  }),
)

/** @typedef {{ id: string, titles: string[] } & Record<string, unknown>} Section */

// VitePress sends these functions to the browser as text, where no other name of this file exists.
// It calls `extractField` only during the build. It types neither `fields` nor this function's use.
/** @type {{}} */
const indexOptions = {
  fields: ['title', 'titles', 'text', 'keywords'],
  /** @param {Section} section @param {string} field */
  extractField: (section, field) => {
    if (field !== 'keywords') return section[field]
    const isTitle = section.titles?.length === 0
    return keywordsById.get(section.id) ?? (isTitle && keywordsById.get(section.id.replace(/#.*/, ''))) ?? ''
  },
  /** @param {string} term */
  processTerm: (term) => (/^(a|an|the|of|and)$/i.test(term) ? null : term.toLowerCase()),
}

/** The options of VitePress's search, which is MiniSearch. */
export const searchOptions = {
  miniSearch: {
    options: indexOptions,
    searchOptions: {
      boost: { keywords: 8, title: 4, text: 2, titles: 1 },
      // A word of three letters is close to many others: "get", "set", "let".
      /** @param {string} term */
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      // An exact word counts more than one that only looks like it: "nextjs" is not "nestjs".
      weights: { fuzzy: 0.02, prefix: 0.3 },
      // Guides come first, then what only looks similar in decisions and the reference.
      /** @param {string} id @param {string} term */
      boostDocument: (id, term) =>
        term !== 'changelog' && /^\/(reference|decisions)\/|^\/(changelog|contributing)\./.test(id)
          ? 0.05
          : /^\/(mutation|benchmarks|runtimes|attacks|runbook)\.|^\/codes\//.test(id)
            ? 0.5
            : 1,
    },
  },
}
