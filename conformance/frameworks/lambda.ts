import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import type { Accepted, Observed } from 'tollgate'
import { type LambdaEvent, twilioWebhook, twilioWebhookMiddy } from 'tollgate/lambda'
import type { Framework } from '../adapter/framework.ts'
import type { Reply } from '../adapter/scenario.ts'
import { type Context, type FrontDoor, listenAs } from './lambda-gateway.ts'

const wholeBody = 'AWS reads the whole body before the function runs'
const httpsOnly = 'AWS accepts only HTTPS here, and the case uses http'
const noUpgrade = 'AWS upgrades no connection here'
const emptyQuery = 'an event has no difference between an empty query and no query'
const answers502 = 'AWS answers 502 if a function throws'

const everywhere = {
  'an empty query': emptyQuery,
  'chunks over the limit, before the rest is sent': wholeBody,
  'a declared length over the limit, before the body is sent': 'AWS itself answers 413 over 6 MB',
  'an upload that is aborted': wholeBody,
  'a client that leaves before the answer: released once': 'a function cannot see that the client left',
}
const gateway = {
  ...everywhere,
  'fromRequest without a proxy': httpsOnly,
  'a trusted proxy': httpsOnly,
  'a proxy that is not trusted': httpsOnly,
}
const balancer = {
  ...everywhere,
  'C4 no downgrade by upgrade headers': noUpgrade,
  'D1 an ordinary GET with upgrade headers is counted': noUpgrade,
  'E7 the signature of a handshake does not run an ordinary handler': noUpgrade,
  'fromRequest without a proxy': 'the load balancer writes X-Forwarded-Proto itself',
  'a trusted proxy': 'the event does not have the peer of the connection, so no proxy is trusted',
  'Forwarded from a trusted proxy': 'the event does not have the peer of the connection, so no proxy is trusted',
  'a proxy that is not trusted': 'the load balancer writes X-Forwarded-Proto itself',
}
const throws502 = {
  'handler throws: 500, released once': answers502,
  'handler rejects: 500, released once': answers502,
}
const decoded = 'an HTTP API decodes the path, so different requests make the same event'
const respelled = 'API Gateway decodes the query and groups it by name, so its encoding is lost'
const gathered = 'the event groups the query by name, so its order is lost'
const lastOnly = 'without multi-value headers, a load balancer keeps only the last value'

const exceptions: Readonly<Record<FrontDoor, Framework['exceptions']>> = {
  'REST API': {
    ...gateway,
    ...throws502,
    'a GET': respelled,
    'A8 an altered query': respelled,
    'B9 bytes that decoders disagree on': 'API Gateway turns the body into text, with U+FFFD for invalid UTF-8',
  },
  'HTTP API': { ...gateway, '%2F and %7E in the path': decoded, 'A6 a signature for another path': decoded },
  'Function URL': { ...gateway, ...throws502 },
  ALB: {
    ...balancer,
    ...throws502,
    'a GET': lastOnly,
    'every kind of webhook of the testing kit, except handshakes': lastOnly,
    'two settings headers': lastOnly,
    'B2 a form under another content type, or two': lastOnly,
    'A8 an altered query': lastOnly,
    'C2 malformed signatures': lastOnly,
  },
  'ALB with multi-value headers': { ...balancer, ...throws502, 'a GET': gathered, 'A8 an altered query': gathered },
}

function toAnswer({ status, headers, body }: Reply, event: LambdaEvent): object {
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  return { statusCode: status, body, ...(event.multiValueHeaders ? { multiValueHeaders } : { headers }) }
}

function makeFramework(door: FrontDoor): Framework {
  return {
    name: `lambda, ${door}`,
    start({ options, handle }) {
      const handler = twilioWebhook(options, async (webhook, event: LambdaEvent, _context: Context) =>
        toAnswer(await handle(webhook), event),
      )
      return listenAs(door, handler)
    },
    exceptions: exceptions[door],
  }
}

const parsers = {
  'http-urlencode-body-parser': httpUrlencodeBodyParser({ disableContentTypeError: true }),
  'http-json-body-parser': httpJsonBodyParser({ disableContentTypeError: true }),
}

/** Makes a framework for the middleware, together with middleware that parses bodies. */
function makeMiddyFramework(door: FrontDoor): Framework {
  return {
    ...makeFramework(door),
    name: `middy 7, ${door}`,
    start({ options, handle, before = '', after = '' }) {
      const chain = middy<LambdaEvent & { twilio: Accepted | Observed }>()
      for (const [parser, middleware] of Object.entries(parsers)) if (parser === before) chain.use(middleware)
      chain.use(twilioWebhookMiddy(options))
      for (const [parser, middleware] of Object.entries(parsers)) if (parser === after) chain.use(middleware)
      const handler = chain.handler(async (event) => toAnswer(await handle(event.twilio), event))
      return listenAs(door, (event, context) => handler(event as never, context as never))
    },
    parsersBefore: {
      'http-urlencode-body-parser': { form: 'consumed', json: 'accepted', keepsNames: false },
      'http-json-body-parser': { form: 'accepted', json: 'consumed', keepsNames: true },
    },
    parsersAfter: Object.keys(parsers),
  }
}

export const lambda: readonly Framework[] = [
  ...(['REST API', 'HTTP API', 'Function URL', 'ALB', 'ALB with multi-value headers'] as const).map(makeFramework),
  makeMiddyFramework('REST API'),
  makeMiddyFramework('HTTP API'),
]
