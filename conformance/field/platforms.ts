import type { ServerResponse } from 'node:http'
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import express, { type RequestHandler } from 'express'
import { createVerifier, fromRequest, type VerifierOptions } from 'tollgate'
import { twilioWebhookMiddy } from 'tollgate/lambda'
import { twilioWebhook, twilioWebhookApi } from 'tollgate/next'
import { host, origin, sms as smsParams } from '../kit/draft.ts'
import type { Wire } from '../proxies/client.ts'
import type { App, Build, SetUp } from './set-up.ts'

const sms = { url: `${origin}/sms` }
const event = '{"type": "com.twilio.voice.insights.call-summary.complete", "n": 1.0}'
const restApi = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html'
const httpApi = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html'
const albTarget = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html'

type Relay = NonNullable<Build['relay']>

/** Replaces headers, as a tunnel does. An empty value removes one. */
export function setHeaders(changed: Readonly<Record<string, string>>): Relay {
  return (wire) => ({
    ...wire,
    headers: [
      ...wire.headers.filter(([name]) => changed[name.toLowerCase()] === undefined),
      ...Object.entries(changed).filter(([, value]) => value !== ''),
    ],
  })
}

export function strip(prefix: string): Relay {
  return (wire) => ({ ...wire, target: wire.target.replace(prefix, '') })
}

export function changeBody(change: (body: string) => string): Relay {
  return (wire) => ({ ...wire, body: wire.body === undefined ? undefined : change(wire.body) })
}

export function changeTarget(change: (target: string) => string): Relay {
  return (wire: Wire) => ({ ...wire, target: change(wire.target) })
}

/** Gives the guarded handler the same request under another URL. */
async function withUrl(request: Request, url: string): Promise<Request> {
  const { method, headers } = request
  return new Request(url, { method, headers, ...(method !== 'GET' && { body: await request.arrayBuffer() }) })
}

const plainLambda = (door: 'REST API' | 'HTTP API' | 'Function URL' | 'ALB' | 'ALB with multi-value headers'): App => ({
  door,
  lambda: (guarded) => guarded,
})

/** A function behind an HTTP API with middleware of Middy, whose types differ between packages. */
function runMiddy(list: (guard: unknown) => readonly unknown[]): App {
  return {
    door: 'HTTP API',
    lambda: (_guarded, options: VerifierOptions) => {
      const chain = middy()
      for (const middleware of list(twilioWebhookMiddy(options))) chain.use(middleware as middy.MiddlewareObj)
      const handler = chain.handler(async () => answered)
      return (given, context) => handler(given, context as never)
    },
  }
}

function answerTwiml(_webhook: unknown, _req: unknown, res: ServerResponse): void {
  res.end('<Response/>')
}

const answered = { statusCode: 200, body: '<Response/>' }

/** Set-ups on platforms: tunnels, CDNs, forwarders, and functions. */
export const platformSetUps: readonly SetUp[] = [
  // Tunnels.
  {
    id: 'ngrok-public-url-local',
    what: 'ngrok rewrites Host, and "publicUrl" is the address of the local server.',
    source: 'https://github.com/twilio/twilio-node/issues/321',
    sent: { url: 'https://example.ngrok.app/sms' },
    relay: setHeaders({
      host: 'localhost:3000',
      'x-forwarded-host': 'example.ngrok.app',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '54.172.60.2',
    }),
    options: { publicUrl: 'http://localhost:3000' },
    cause: 'public-url-is-local',
    mend: { options: { publicUrl: 'https://example.ngrok.app' } },
  },
  {
    id: 'ngrok-old-domain',
    what: 'ngrok got a new domain at its last start, and "publicUrl" has the one before.',
    source: 'https://github.com/twilio/twilio-node/issues/924',
    sent: { url: 'https://1b2c-203-0-113-7.ngrok-free.app/sms' },
    relay: setHeaders({
      'x-forwarded-host': '1b2c-203-0-113-7.ngrok-free.app',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '54.172.60.2',
    }),
    options: { publicUrl: 'https://9f8e-203-0-113-7.ngrok-free.app' },
    cause: 'public-url-has-other-host',
    mend: { options: { publicUrl: 'https://1b2c-203-0-113-7.ngrok-free.app' } },
  },
  {
    id: 'localtunnel-scheme-list',
    what: 'localtunnel sends "https,http" in X-Forwarded-Proto.',
    source: 'https://github.com/localtunnel/localtunnel/issues/435',
    sent: { url: 'https://brave-owl.loca.lt/sms' },
    relay: setHeaders({ 'x-forwarded-proto': 'https,http', 'x-forwarded-host': 'brave-owl.loca.lt' }),
    options: {
      publicUrl: fromRequest({
        allowedHosts: ['*.loca.lt'],
        trustedProxies: 'loopback',
        forwardedBy: 'x-forwarded',
      }),
    },
    cause: 'forwarded-header-has-several-values',
    mend: { options: { publicUrl: 'https://brave-owl.loca.lt' } },
  },
  {
    id: 'cloudflared-tls-ended',
    what: 'cloudflared ends TLS and keeps Host, and the URL is built from Host alone.',
    source: 'https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/',
    sent: { url: 'https://hooks.example.com/sms' },
    relay: setHeaders({ 'cf-visitor': '{"scheme":"https"}', 'cf-connecting-ip': '54.172.60.2' }),
    options: { publicUrl: fromRequest({ allowedHosts: ['hooks.example.com'] }) },
    cause: 'tls-ended-at-proxy',
    mend: { options: { publicUrl: 'https://hooks.example.com' } },
  },
  {
    id: 'cloudflared-host-rewritten',
    what: 'cloudflared has httpHostHeader: localhost:3000, and nothing in the request shows the public host.',
    source:
      'https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/configure-tunnels/origin-configuration/#httphostheader',
    sent: { url: 'https://hooks.customer.example/sms' },
    relay: setHeaders({ host: 'localhost:3000' }),
    options: { publicUrl: 'https://localhost:3000' },
    cause: 'public-url-has-other-host',
    hint: 'publicUrl',
    mend: { options: { publicUrl: 'https://hooks.customer.example' } },
  },

  {
    id: 'ngrok-local-and-mounted',
    what: 'ngrok forwards to localhost, "publicUrl" is the local one, and the code of the app verifies req.url in a router.',
    source: 'https://github.com/twilio/twilio-node/issues/924',
    sent: { url: 'https://example.ngrok.app/webhooks/sms' },
    relay: setHeaders({ 'x-forwarded-host': 'example.ngrok.app', 'x-forwarded-proto': 'https' }),
    app: {
      express: (app, _guard, options) => {
        const verifier = createVerifier(options)
        const check: RequestHandler = async ({ method, url, headers, body }, res, next) => {
          const verdict = await verifier.verify({ method, url, headers, body })
          if (verdict.ok) next()
          else res.sendStatus(verdict.status)
        }
        app.use('/webhooks', express.text({ type: () => true }), check)
      },
    },
    options: { publicUrl: 'http://localhost:3000' },
    cause: 'public-url-is-local-and-mount-path-stripped',
    mend: { options: { publicUrl: 'https://example.ngrok.app/webhooks' } },
  },

  // CDNs and gateways.
  {
    id: 'cloudfront-host-of-origin',
    what: 'CloudFront sends the host of the origin, and "publicUrl" has that one.',
    source:
      'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html',
    sent: { url: 'https://d111111abcdef8.cloudfront.net/sms' },
    relay: setHeaders({ host: 'origin.example.com', via: '1.1 0a1b.cloudfront.net (CloudFront)' }),
    options: { publicUrl: 'https://origin.example.com' },
    cause: 'public-url-has-other-host',
    hint: 'publicUrl',
    mend: { options: { publicUrl: 'https://d111111abcdef8.cloudfront.net' } },
  },
  {
    id: 'cloudfront-query-dropped',
    what: 'The cache policy of CloudFront passes no query, and the webhook has a secret in it.',
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/QueryStringParameters.html',
    sent: { url: `${origin}/sms?key=5f2a9c` },
    relay: changeTarget((target) => target.replace(/\?.*/, '')),
    cause: 'query-dropped-by-proxy',
    hint: 'publicUrl',
    mend: { relay: undefined },
  },
  {
    id: 'cloudfront-query-sorted',
    what: 'A function of CloudFront sorts the query so that the cache has more hits.',
    source:
      'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/example_cloudfront_functions_normalize_query_string_parameters_section.html',
    sent: { url: `${origin}/gather?step=2&lang=en&flow=abc` },
    relay: changeTarget((target) => {
      const [path, query = ''] = target.split('?')
      return `${path}?${query.split('&').sort().join('&')}`
    }),
    cause: 'query-sorted',
    mend: { relay: undefined },
  },
  {
    id: 'cloudfront-header-dropped',
    what: 'The origin request policy of CloudFront does not list X-Twilio-Signature.',
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-origin-requests.html',
    sent: sms,
    relay: setHeaders({ 'x-twilio-signature': '' }),
    cause: 'signature-header-dropped',
    mend: { relay: undefined },
  },
  {
    id: 'cdn-escape-case',
    what: 'A CDN normalises URLs to the origin and writes percent escapes in capitals.',
    source: 'https://developers.cloudflare.com/rules/normalization/how-it-works/',
    sent: { url: `${origin}/sms?next=%2fmenu%2fone` },
    relay: changeTarget((target) => target.replace(/%[0-9a-f]{2}/g, (one) => one.toUpperCase())),
    cause: 'percent-escapes-respelled',
    mend: { relay: undefined },
  },
  {
    id: 'cdn-query-added',
    what: 'A link tracker in front of the app appends its own parameters to every URL.',
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-tutorial.html',
    sent: { url: `${origin}/sms?flow=4` },
    relay: changeTarget((target) => `${target}&utm_source=twilio`),
    cause: 'query-parameter-added-by-proxy',
    mend: { relay: undefined },
  },
  {
    id: 'kong-strip-path',
    what: 'A route of Kong has strip_path, which is the default, and names the path in X-Forwarded-Prefix.',
    source: 'https://docs.konghq.com/gateway/latest/key-concepts/routes/',
    sent: { url: `${origin}/notify/sms?x=1` },
    relay: (wire) =>
      setHeaders({
        'x-forwarded-prefix': '/notify',
        'x-forwarded-path': '/notify/sms',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': host,
      })(strip('/notify')(wire)),
    cause: 'prefix-stripped-by-proxy',
    mend: { options: { publicUrl: `${origin}/notify` } },
  },
  {
    id: 'tenant-prefix-stripped',
    what: 'A gateway of the company strips the path of a customer, which is random.',
    source: 'https://doc.traefik.io/traefik/middlewares/http/stripprefixregex/',
    sent: { url: `${origin}/t/q7x2k9/sms` },
    relay: strip('/t/q7x2k9'),
    cause: 'prefix-stripped-by-proxy',
    hint: 'publicUrl',
    mend: { options: { publicUrl: `${origin}/t/q7x2k9` } },
  },

  // Forwarders of webhooks.
  {
    id: 'forwarder-form-to-json',
    what: 'A webhook forwarder sends the parsed form on as JSON.',
    source: 'https://github.com/probot/smee-client/issues/293',
    sent: sms,
    relay: (wire) =>
      setHeaders({ 'content-type': 'application/json' })(
        changeBody((body) => JSON.stringify(Object.fromEntries(new URLSearchParams(body))))(wire),
      ),
    cause: 'form-turned-into-json',
    mend: { relay: undefined },
  },
  {
    id: 'forwarder-json-serialised',
    what: 'A webhook forwarder parses JSON events and writes them again.',
    source: 'https://github.com/probot/smee.io/issues/78',
    sent: { url: `${origin}/events`, json: event },
    relay: changeBody((body) => JSON.stringify(JSON.parse(body))),
    cause: 'json-serialised-again',
    mend: { relay: undefined },
  },
  {
    id: 'forwarder-host-replaced',
    what: 'A webhook forwarder has a URL of its own, which Twilio signed, and sends to the app.',
    source: 'https://hookdeck.com/docs/destinations',
    sent: { url: 'https://hkdk.events/9z3k1m4t7q' },
    relay: (wire) => ({ ...setHeaders({ host })(wire), target: '/sms' }),
    cause: 'url-of-forwarder-signed',
    hint: 'publicUrl',
    mend: { options: { signedUrl: () => 'https://hkdk.events/9z3k1m4t7q' } },
  },
  {
    id: 'forwarder-latin1',
    what: 'A forwarder writes the form again in ISO-8859-1.',
    source: 'https://github.com/twilio/twilio-python/issues/28',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', 'Grüße']] },
    relay: changeBody((body) => body.replaceAll('%C3%BC', '%FC').replaceAll('%C3%9F', '%DF')),
    cause: 'charset-changed',
    mend: { relay: undefined },
  },
  {
    id: 'forwarder-plus-lost',
    what: 'A forwarder decodes %2B in the form, so that the phone numbers begin with a space.',
    source: 'https://github.com/neil-lobracco/twilio-rs/pull/2',
    sent: { ...sms, params: smsParams.slice(0, 4) },
    relay: changeBody((body) => body.replaceAll('%2B', '+')),
    cause: 'form-decoded-twice',
    mend: { relay: undefined },
  },
  {
    id: 'forwarder-extra-parameter',
    what: 'A forwarder adds its own parameter to the form.',
    source: 'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
    sent: sms,
    relay: changeBody((body) => `${body}&ReceivedAt=2026-11-26T10%3A00%3A00Z`),
    cause: 'parameter-added',
    mend: { relay: undefined },
  },
  {
    id: 'waf-signature-split',
    what: 'A gateway adds a second signature header, of its own.',
    source: 'https://www.rfc-editor.org/rfc/rfc9110#section-5.3',
    sent: sms,
    relay: (wire) => ({ ...wire, headers: [...wire.headers, ['x-twilio-signature', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=']] }),
    cause: 'signature-header-repeated',
    mend: { relay: undefined },
  },
  {
    id: 'cgi-header-name',
    what: 'A gateway writes the header as HTTP_X_TWILIO_SIGNATURE, as CGI does.',
    source: 'https://github.com/twilio/twilio-php/issues/510',
    sent: sms,
    relay: (wire) => ({
      ...wire,
      headers: wire.headers.map(([name, value]) => [
        name === 'x-twilio-signature' ? 'http_x_twilio_signature' : name,
        value,
      ]),
    }),
    cause: 'signature-header-renamed',
    mend: { relay: undefined },
  },

  // AWS.
  {
    id: 'http-api-mapping',
    what: 'An HTTP API is behind an API mapping, which rawPath does not contain.',
    source: httpApi,
    sent: { url: 'https://api.example.com/twilio/sms' },
    relay: strip('/twilio'),
    app: plainLambda('HTTP API'),
    options: { publicUrl: 'https://api.example.com' },
    cause: 'api-mapping-stripped',
    mend: { options: { publicUrl: 'https://api.example.com/twilio' } },
  },
  {
    id: 'rest-api-stage-doubled',
    what: 'The stage of a REST API is in "publicUrl", and the path of the event has it too.',
    source: restApi,
    sent: { url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/sms' },
    app: plainLambda('REST API'),
    options: { publicUrl: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod' },
    cause: 'prefix-doubled',
    mend: { options: { publicUrl: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com' } },
  },
  {
    id: 'rest-api-stage-missing',
    what: 'The code of a function verifies event.path, which has no stage.',
    source: 'https://github.com/twilio/twilio-agent-connect-aws/pull/44',
    sent: { url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/sms' },
    relay: strip('/prod'),
    app: {
      door: 'REST API',
      lambda: (_guarded, options) => {
        const verifier = createVerifier(options)
        return async ({ httpMethod = '', path = '', headers, body }) => {
          const request = { method: httpMethod, url: path, headers: headers ?? {}, body: String(body ?? '') }
          const verdict = await verifier.verify(request)
          return verdict.ok ? answered : { statusCode: verdict.status, body: '' }
        }
      },
    },
    options: { publicUrl: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com' },
    cause: 'stage-missing-from-path',
    mend: { options: { publicUrl: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod' } },
  },
  {
    id: 'rest-api-query-decoded',
    what: 'A REST API passes the query decoded, and the URL in the console has escapes in lower case.',
    source: restApi,
    sent: { url: `${origin}/sms?next=%2fmenu` },
    app: plainLambda('REST API'),
    cause: 'percent-escapes-respelled',
    mend: { options: { signedUrl: () => `${origin}/sms?next=%2fmenu` } },
  },
  {
    id: 'http-api-path-decoded',
    what: 'An HTTP API decodes the path, and the webhook has %2F in it.',
    source: httpApi,
    sent: { url: `${origin}/flows/a%2Fb` },
    app: plainLambda('HTTP API'),
    cause: 'path-decoded-by-proxy',
    mend: { app: plainLambda('Function URL') },
  },
  {
    id: 'alb-repeated-query',
    what: 'An ALB without multi-value headers keeps only the last of repeated parameters in the query.',
    source: albTarget,
    sent: { url: `${origin}/sms?tag=a&tag=b` },
    app: plainLambda('ALB'),
    cause: 'repeated-query-parameter-lost',
    hint: 'publicUrl',
    mend: { app: plainLambda('ALB with multi-value headers') },
  },
  {
    id: 'lambda-base64-flag-lost',
    what: 'A wrapper copies the event without isBase64Encoded.',
    source: 'https://github.com/middyjs/middy/pull/603',
    sent: sms,
    app: {
      door: 'Function URL',
      lambda: (guarded) => (given, context) => guarded({ ...given, isBase64Encoded: false }, context),
    },
    cause: 'base64-flag-lost',
    mend: { app: plainLambda('Function URL') },
  },
  {
    id: 'lambda-body-decoded-twice',
    what: 'A wrapper decodes the Base64 body and leaves isBase64Encoded true.',
    source: 'https://github.com/middyjs/middy/issues/939',
    sent: sms,
    app: {
      door: 'Function URL',
      lambda: (guarded) => (given, context) =>
        guarded({ ...given, body: Buffer.from(String(given.body), 'base64').toString() }, context),
    },
    cause: 'base64-decoded-twice',
    mend: { app: plainLambda('Function URL') },
  },
  {
    id: 'middy-form-parser-first',
    what: 'httpUrlencodeBodyParser of Middy runs before the guard.',
    source: 'https://middy.js.org/docs/middlewares/http-urlencode-body-parser',
    sent: sms,
    app: runMiddy((guard) => [httpUrlencodeBodyParser(), guard]),
    cause: 'body-parser-before-guard',
    mend: { app: runMiddy((guard) => [guard, httpUrlencodeBodyParser()]) },
  },
  {
    id: 'middy-json-parser-first',
    what: 'httpJsonBodyParser of Middy runs before the guard, with a JSON event.',
    source: 'https://github.com/middyjs/middy/issues/740',
    sent: { url: `${origin}/events`, json: event },
    app: runMiddy((guard) => [httpJsonBodyParser(), guard]),
    cause: 'body-parser-before-guard',
    mend: { app: runMiddy((guard) => [guard, httpJsonBodyParser()]) },
  },

  // Other functions, and Next.
  {
    id: 'cloud-function-body-rewritten',
    what: 'A function of Firebase trims the form and puts the text into rawBody.',
    source: 'https://firebase.google.com/docs/functions/http-events#read_values_from_the_request',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', 'yes ']] },
    app: {
      cloudFunction: (guarded) => (req, res, next) => {
        const pairs = Object.entries(req.body as Record<string, string>).map(([name, value]) => [name, value.trim()])
        Object.assign(req, { rawBody: new URLSearchParams(pairs).toString() })
        return guarded(req, res, next)
      },
    },
    cause: 'values-trimmed',
    mend: { app: { cloudFunction: (guarded) => guarded } },
  },
  {
    id: 'azure-api-management',
    what: 'Azure API Management maps /twilio to the prefix /api of the functions.',
    source: 'https://learn.microsoft.com/en-us/azure/azure-functions/functions-bindings-http-webhook-trigger',
    sent: { url: `${origin}/twilio/sms` },
    relay: changeTarget((target) => target.replace('/twilio/', '/api/')),
    app: { azure: (guarded) => guarded },
    cause: 'path-replaced-by-proxy',
    mend: { options: { signedUrl: ({ url }) => origin + new URL(url, origin).pathname.replace('/api/', '/twilio/') } },
  },
  {
    id: 'azure-front-door-host',
    what: 'Azure Front Door sends the host of the function app, and "publicUrl" has that one.',
    source: 'https://learn.microsoft.com/en-us/azure/frontdoor/origin#origin-host-header',
    sent: { url: 'https://contoso-a1b2c3.z01.azurefd.net/api/sms' },
    relay: setHeaders({ host: 'contoso.azurewebsites.net' }),
    app: { azure: (guarded) => guarded },
    options: { publicUrl: 'https://contoso.azurewebsites.net' },
    cause: 'public-url-has-other-host',
    hint: 'publicUrl',
    mend: { options: { publicUrl: 'https://contoso-a1b2c3.z01.azurefd.net' } },
  },
  {
    id: 'azure-body-read-first',
    what: 'The code of an Azure function reads request.formData() before the guard gets the request.',
    source: 'https://learn.microsoft.com/en-us/azure/azure-functions/functions-reference-node#http-request',
    sent: sms,
    app: {
      azure: (guarded) => async (request, context) => {
        await request.formData()
        return guarded(request, context)
      },
    },
    cause: 'body-read-by-middleware',
    mend: {
      app: {
        azure: (guarded) => async (request, context) => {
          await request.clone().formData()
          return guarded(request, context)
        },
      },
    },
  },
  {
    id: 'next-pages-body-parser',
    what: 'An API route of the Pages Router lacks "bodyParser: false", so that Next parses the form.',
    source: 'https://nextjs.org/docs/pages/building-your-application/routing/api-routes#custom-config',
    sent: sms,
    app: {
      express: (app, _guard, options) =>
        app.use(express.urlencoded({ extended: false }), twilioWebhookApi(options, answerTwiml)),
    },
    cause: 'body-parser-before-guard',
    mend: { app: { express: (app, _guard, options) => app.use(twilioWebhookApi(options, answerTwiml)) } },
  },
  {
    id: 'cloud-function-name',
    what: 'Cloud Functions strips the name of the function from the path.',
    source: 'https://github.com/firebase/firebase-functions/issues/854',
    sent: { url: 'https://us-central1-example.cloudfunctions.net/twilio/sms' },
    relay: strip('/twilio'),
    app: { cloudFunction: (guarded) => guarded },
    options: { publicUrl: 'https://us-central1-example.cloudfunctions.net' },
    cause: 'function-name-stripped',
    mend: { options: { publicUrl: 'https://us-central1-example.cloudfunctions.net/twilio' } },
  },
  {
    id: 'supabase-gateway-prefix',
    what: 'Supabase strips /functions/v1, and "publicUrl" is the host of the project.',
    source: 'https://supabase.com/docs/guides/functions/routing',
    sent: { url: 'https://abcdefghijkl.supabase.co/functions/v1/twilio' },
    relay: strip('/functions/v1'),
    app: { fetch: (guarded) => guarded },
    options: { publicUrl: 'https://abcdefghijkl.supabase.co' },
    cause: 'prefix-stripped-by-platform',
    mend: { options: { publicUrl: 'https://abcdefghijkl.supabase.co/functions/v1' } },
  },
  {
    id: 'worker-path-rewritten',
    what: 'A Cloudflare Worker sends the request on below /api with new Request().',
    source: 'https://developers.cloudflare.com/workers/examples/bulk-origin-proxy/',
    sent: sms,
    app: {
      fetch: (guarded) => async (request) => {
        const { pathname, search } = new URL(request.url)
        return guarded(await withUrl(request, `https://backend.example.com/api${pathname}${search}`))
      },
    },
    cause: 'prefix-added-by-proxy',
    mend: { app: { fetch: (guarded) => guarded } },
  },
  {
    id: 'next-base-path',
    what: 'Next strips its basePath from request.url in a route handler.',
    source: 'https://nextjs.org/docs/app/api-reference/config/next-config-js/basePath',
    sent: { url: `${origin}/app/api/sms` },
    app: {
      fetch: (_guarded, options) => {
        const route = twilioWebhook(options, () => new Response('<Response/>'))
        return async (request) => route(await withUrl(request, request.url.replace('/app/', '/')), {})
      },
    },
    cause: 'base-path-stripped',
    mend: { options: { publicUrl: `${origin}/app` } },
  },
  {
    id: 'next-query-respelled',
    what: 'A route handler of Next uses the adapter for fetch, and Next writes the query again.',
    source: 'https://github.com/opennextjs/opennextjs-aws/issues/1187',
    sent: { url: `${origin}/api/sms?name=Ada%20L&tag=a|b` },
    app: {
      fetch: (guarded) => async (request) => {
        const [path, query] = request.url.split('?')
        return guarded(await withUrl(request, `${path}?${new URLSearchParams(query)}`))
      },
    },
    cause: 'query-respelled-by-framework',
    mend: { options: { signedUrl: () => `${origin}/api/sms?name=Ada%20L&tag=a|b` } },
  },
  {
    id: 'next-trailing-slash',
    what: 'The console has a slash at the end, which the rewrites of Next remove.',
    source: 'https://nextjs.org/docs/app/api-reference/config/next-config-js/trailingSlash',
    sent: { url: `${origin}/api/sms/` },
    app: {
      fetch: (guarded) => async (request) => guarded(await withUrl(request, request.url.replace(/\/$/, ''))),
    },
    cause: 'trailing-slash-removed',
    mend: { options: { trailingSlash: 'either' } },
  },
  {
    id: 'fetch-body-read-first',
    what: 'The code of a function reads the form before the guard gets the request.',
    source: 'https://developer.mozilla.org/en-US/docs/Web/API/Request/bodyUsed',
    sent: sms,
    app: {
      fetch: (guarded) => async (request) => {
        await request.formData()
        return guarded(request)
      },
    },
    cause: 'body-read-by-middleware',
    mend: {
      app: {
        fetch: (guarded) => async (request) => {
          await request.clone().formData()
          return guarded(request)
        },
      },
    },
  },
  {
    id: 'fetch-form-rebuilt',
    what: 'A function of Remix reads formData() and makes a new request with it, which is multipart then.',
    source: 'https://developer.mozilla.org/en-US/docs/Web/API/Request/formData',
    sent: sms,
    app: {
      fetch: (guarded) => async (request) => {
        const { method, url } = request
        const headers = new Headers(request.headers)
        for (const name of ['content-type', 'content-length']) headers.delete(name)
        return guarded(new Request(url, { method, headers, body: await request.formData() }))
      },
    },
    cause: 'form-turned-into-multipart',
    mend: { app: { fetch: (guarded) => guarded } },
  },

  // These work.
  {
    id: 'works-azure',
    what: 'An Azure function has the prefix /api in the console too.',
    source: 'https://learn.microsoft.com/en-us/azure/azure-functions/functions-bindings-http-webhook-trigger',
    sent: { url: `${origin}/api/sms?code=a%2Fb` },
    app: { azure: (guarded) => guarded },
    works: true,
  },
  {
    id: 'works-cloud-function',
    what: 'Cloud Functions parses the form first, and keeps its bytes in rawBody.',
    source: 'https://cloud.google.com/functions/docs/writing/write-http-functions',
    sent: { url: `${origin}/sms` },
    app: { cloudFunction: (guarded) => guarded },
    works: true,
  },
  {
    id: 'works-ngrok',
    what: 'ngrok rewrites Host, and "publicUrl" is the domain of the tunnel.',
    source: 'https://ngrok.com/docs/universal-gateway/http-s/upstream-headers',
    sent: { url: 'https://example.ngrok.app/sms' },
    relay: setHeaders({ host: 'localhost:3000', 'x-forwarded-host': 'example.ngrok.app' }),
    options: { publicUrl: 'https://example.ngrok.app' },
    works: true,
  },
  {
    id: 'works-vercel',
    what: 'A function of Vercel gets the URL as it was requested.',
    source: 'https://vercel.com/docs/headers/request-headers',
    sent: { url: 'https://example.vercel.app/api/sms?step=1' },
    relay: setHeaders({ 'x-forwarded-host': 'example.vercel.app', 'x-forwarded-proto': 'https' }),
    app: { fetch: (guarded) => guarded },
    options: { publicUrl: 'https://example.vercel.app' },
    works: true,
  },
  {
    id: 'works-forwarded-list-ignored',
    what: 'Two proxies leave lists in the forwarding headers, and "publicUrl" is a URL.',
    source: 'https://github.com/saleor/app-sdk/pull/227',
    sent: sms,
    relay: setHeaders({ 'x-forwarded-proto': 'https,http', 'x-forwarded-host': 'a.example, b.example' }),
    works: true,
  },
  {
    id: 'works-http-api-stage',
    what: 'An HTTP API has a stage, which is in rawPath.',
    source: httpApi,
    sent: { url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/sms?x=%2f' },
    app: plainLambda('HTTP API'),
    options: { publicUrl: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com' },
    works: true,
  },
  {
    id: 'works-rest-api-spaces',
    what: 'A REST API passes the query decoded, and its spaces were %20.',
    source: restApi,
    sent: { url: `${origin}/sms?name=Ada%20L` },
    app: plainLambda('REST API'),
    works: true,
  },
  {
    id: 'works-function-url-event',
    what: 'A Function URL passes a JSON event.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html',
    sent: { url: `${origin}/events`, json: event },
    app: plainLambda('Function URL'),
    works: true,
  },
  {
    id: 'works-alb-http',
    what: 'An ALB passes its own X-Forwarded-Proto, and "publicUrl" is a URL.',
    source: albTarget,
    sent: { url: `${origin}/sms?x=1` },
    app: plainLambda('ALB'),
    works: true,
  },
  {
    id: 'works-next-query',
    what: 'The adapter for Next accepts the query as Next writes it again.',
    source: 'https://github.com/opennextjs/opennextjs-aws/issues/1187',
    sent: { url: `${origin}/api/sms?name=Ada%20L` },
    app: {
      fetch: (_guarded, options) => {
        const route = twilioWebhook(options, () => new Response('<Response/>'))
        return async (request) => {
          const [path, query] = request.url.split('?')
          return route(await withUrl(request, `${path}?${new URLSearchParams(query)}`), {})
        }
      },
    },
    works: true,
  },
]
