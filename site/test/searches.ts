/** A search, the page that must come first, and where people asked it. */
export interface Search {
  readonly query: string
  /** The address on the site. Without an anchor, any section of the page may come first. */
  readonly page: string
  readonly source: string
}

const node = (number: number) => `https://github.com/twilio/twilio-node/issues/${number}`
const sendgrid = (number: number) => `https://github.com/sendgrid/sendgrid-nodejs/issues/${number}`
const errors = 'https://www.twilio.com/docs/api/errors/11200'
const support =
  'https://support.twilio.com/hc/en-us/articles/50535649249307-Fixing-Twilio-Request-Validation-403-Errors-Behind-a-Proxy'
const express =
  'https://www.twilio.com/docs/usage/tutorials/how-to-secure-your-express-app-by-validating-incoming-twilio-requests'
const termination = 'https://twilio.com/en-us/blog/handle-ssl-termination-twilio-node-js-helper-library'
const nest = 'https://github.com/lkaric/nestjs-twilio/issues/81'
const trials = 'the thirteen trials of new users'

const rows: readonly (readonly [query: string, page: string, source: string])[] = [
  ['11200', 'twilio-error-codes', trials],
  ['python flask', 'other-languages', trials],
  ['heroku', 'platforms', trials],
  ['unauthorized', 'why-does-validation-fail', trials],
  ['Twilio 11200', 'twilio-error-codes', trials],
  ['error 11200 http retrieval failure', 'twilio-error-codes', trials],
  ['replay', 'replay', trials],
  ['sendgrid', 'sendgrid-event-webhook', trials],
  ['cloudflare worker', 'cloudflare-workers', trials],
  ['php', 'other-languages', trials],
  ['docker', 'platforms', trials],
  ['validateRequest always false', 'why-does-validation-fail', trials],
  ['disable validation in development', 'testing-your-webhooks', trials],
  ['11217', 'twilio-error-codes', 'https://twilio.com/docs/api/errors/11217'],
  ['12300 invalid content type', 'twilio-error-codes', 'https://www.telphiconsulting.com/blog/twilio-error-12300'],
  ['12100 document parse failure', 'twilio-error-codes', 'https://www.telphiconsulting.com/blog/twilio-error-12100'],
  ['11205 http connection failure', 'twilio-error-codes', errors],
  ['error code in twilio console', 'twilio-error-codes', errors],
  ['validation fails with proxy https to http', 'behind-a-proxy', node(321)],
  ['request URL protocol behind https proxy', 'behind-a-proxy', 'https://github.com/bminer/node-twilio-api/issues/13'],
  ['SSL termination', 'behind-a-proxy', termination],
  ['load balancer', 'behind-a-proxy', 'https://github.com/twilio/twilio-python/issues/751'],
  ['X-Forwarded-Proto', 'behind-a-proxy', support],
  ['trust proxy', 'behind-a-proxy', 'https://github.com/bmlt-enabled/yap/issues/1589'],
  ['webhook 403 forbidden', 'why-does-validation-fail', 'https://github.com/opengovsg/FormSG/issues/3154'],
  ['request validation failed', 'why-does-validation-fail', support],
  ['signature does not match', 'why-does-validation-fail', 'https://github.com/twilio/twilio-php/issues/510'],
  ['invalid signature', 'why-does-validation-fail', 'https://taourl.com/read-2191702.html'],
  ['validateExpressRequest', 'migrating-from-twilio', node(657)],
  ['validateRequest returns false', 'why-does-validation-fail', node(924)],
  ['validate twilio request 403', 'why-does-validation-fail', node(1060)],
  ['SvelteKit', 'frameworks/sveltekit', node(1068)],
  ['Next.js app router', 'frameworks/next', 'https://github.com/polarsource/polar-adapters/issues/259'],
  ['nestjs guard', 'frameworks/nest', nest],
  ['nest raw body', 'frameworks/nest', 'https://github.com/nestjs/docs.nestjs.com/pull/2325'],
  ['fastify', 'frameworks/fastify', 'https://github.com/fastify/fastify/issues/5491'],
  ['fastify raw body', 'frameworks/fastify', 'https://github.com/golevelup/nestjs/issues/176'],
  ['express middleware', 'frameworks/express', express],
  ['aws lambda api gateway', 'frameworks/lambda', 'https://taourl.com/read-2191702.html'],
  ['google cloud functions', 'frameworks/cloud-functions', support],
  ['azure functions', 'frameworks/azure', 'https://www.twilio.com/docs/usage/security'],
  ['firebase', 'platforms', 'https://github.com/twilio-labs/twilio-firebase-extensions/issues/12'],
  ['ngrok https', 'platforms', express],
  ['fly.io', 'platforms', 'https://fly.io/docs/networking/request-headers/'],
  ['render.com', 'platforms', 'https://render.com/tutorials/web-service-vs-static-site/web-services'],
  ['supabase edge function', 'platforms', support],
  ['vercel', 'platforms', 'https://github.com/polarsource/polar-adapters/issues/259'],
  ['bodySHA256', 'json-webhooks', 'https://github.com/twilio/twilio-agent-connect-python/pull/85'],
  ['validateRequestWithBody', 'migrating-from-twilio', node(657)],
  ['JSON body', 'json-webhooks', node(657)],
  ['event streams', 'json-webhooks', 'https://github.com/n8n-io/n8n/pull/29259'],
  ['studio flow json', 'studio', node(924)],
  ['media stream websocket', 'frameworks/ws', 'https://github.com/openai/openai-agents-js/pull/1968'],
  ['ConversationRelay', 'frameworks/ws', 'https://github.com/openai/openai-agents-python/pull/5110'],
  ['twilio.webhook subaccounts', 'subaccounts', node(693)],
  ['multiple twilio accounts', 'many-tenants', 'https://github.com/twilio/twilio-ruby/issues/267'],
  ['rotate auth token', 'rotation-and-shared-keys', 'https://github.com/codeforamerica/vita-min/pull/5318'],
  ['secondary auth token', 'rotation-and-shared-keys', 'https://github.com/target/goalert/pull/2588'],
  ['validate with API key', 'why-does-validation-fail', 'https://github.com/twilio/twilio-csharp/issues/628'],
  ['mock request validator', 'testing-your-webhooks', 'https://github.com/twilio/twilio-csharp/issues/655'],
  ['get expected signature for tests', 'testing-your-webhooks', node(422)],
  ['unit test webhook', 'testing-your-webhooks', 'https://github.com/geeksforsocialchange/imok/issues/7'],
  ['test without twilio', 'testing-your-webhooks', 'https://github.com/timwis/enviar/issues/11'],
  ['status callback', 'status-callbacks', 'https://github.com/opengovsg/FormSG/issues/3154'],
  ['sendgrid verifySignature always false', 'why-does-sendgrid-validation-fail', sendgrid(1411)],
  ['eventwebhook signature express', 'sendgrid-event-webhook', sendgrid(1142)],
  ['unable to verify sendgrid signature', 'why-does-sendgrid-validation-fail', sendgrid(1321)],
  ['sendgrid more than one event', 'why-does-sendgrid-validation-fail', sendgrid(1278)],
  ['sendgrid inbound parse', 'sendgrid-inbound-parse', sendgrid(1193)],
  ['django', 'other-languages', 'https://www.company-skill.com/p/twilio/twilio-handle-validation'],
  ['ruby on rails', 'other-languages', 'https://github.com/twilio/twilio-ruby/issues/660'],
  [
    'golang gin',
    'other-languages',
    'https://static0.twilio.com/docs/usage/tutorials/how-to-secure-your-gin-project-by-validating-incoming-twilio-requests',
  ],
  ['laravel', 'other-languages', 'https://github.com/twilio/twilio-php/issues/436'],
  ['upgrade twilio validateRequest broke', 'migrating-from-twilio', node(924)],
  ['typescript', 'typescript', nest],
]

export const searches: readonly Search[] = rows.map(([query, page, source]) => ({
  query,
  page: `${page}.html`,
  source,
}))
