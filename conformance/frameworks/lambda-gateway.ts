import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { LambdaEvent } from 'tollgate/lambda'
import type { Running } from '../adapter/framework.ts'
import { serve } from './listen.ts'

/** The service in front of a function, which makes an event from each request. */
export type FrontDoor = 'REST API' | 'HTTP API' | 'Function URL' | 'ALB' | 'ALB with multi-value headers'

type Fields = readonly (readonly [name: string, value: string])[]

export interface Context {
  readonly awsRequestId: string
}

/** The parts of an answer that this file reads. */
interface Answer {
  readonly statusCode?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  readonly body?: string
}

/**
 * Serves a function as AWS does, from the documentation of the events of Lambda proxy integrations
 * (payload 1.0 and 2.0), Function URLs and load balancers:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html and services-alb.html. The
 * body is read completely before the function runs. If it does not arrive in time, the answer is
 * 408.
 */
export function listenAs(
  door: FrontDoor,
  handler: (event: LambdaEvent, context: Context) => Promise<unknown>,
): Promise<Running> {
  const isBalancer = door.startsWith('ALB')
  const timing = { requestTimeout: 1000, headersTimeout: 1000, connectionsCheckingInterval: 100 }
  return serve(
    createServer(timing, async (req, res) => {
      // RFC 9112 section 3.2: the answer to more than one Host is 400.
      if (req.headersDistinct.host?.length !== 1) return res.writeHead(400).end()
      if (Number(req.headers['content-length'] ?? 0) > 6_000_000) return res.writeHead(413).end()
      // "WebSockets are not supported with Lambda targets: upgrade requests are rejected with an
      // HTTP 400."
      if (isBalancer && req.headers.upgrade !== undefined) return res.writeHead(400).end()
      const event = await makeEvent(door, req)
      if (event === undefined) return res.writeHead(400).end()
      try {
        // The event and the answer are passed as JSON.
        const answer = await handler(JSON.parse(JSON.stringify(event)), { awsRequestId: 'c6af9ac6' })
        return sendAnswer(res, JSON.parse(JSON.stringify(answer ?? null)), door)
      } catch {
        return res.writeHead(door === 'HTTP API' ? 500 : 502).end('Internal Server Error')
      }
    }),
  )
}

/** Drops the origin of an absolute target, which ends at the first `/`, `?` or `#`. */
function dropOrigin(target: string): string {
  const rest = target.replace(/^\w+:\/\/[^/?#]*/, '')
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`
}

async function makeEvent(door: FrontDoor, req: IncomingMessage): Promise<LambdaEvent | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of req) chunks.push(chunk)
  } catch {
    return undefined
  }
  const target = dropOrigin(req.url ?? '')
  const [path = '', query] = target.includes('?') ? splitAt(target, target.indexOf('?')) : [target, undefined]
  const isText = /^(text\/|application\/(json|javascript|xml)\b)/.test(req.headers['content-type'] ?? '')
  const sourceIp = req.socket.remoteAddress
  const isBase64Encoded = door !== 'REST API' && !isText && chunks.length > 0
  const body = Buffer.concat(chunks).toString(isBase64Encoded ? 'base64' : 'utf8')
  const fields = listFields(req, door)
  const method = req.method ?? ''
  if (door === 'HTTP API' || door === 'Function URL') {
    // HTTP APIs decode the path, and cut it off at a question mark that this produces.
    const decoded = door === 'HTTP API' ? decode(path)?.replace(/\?.*/s, '') : path
    if (decoded === undefined) return undefined
    return {
      version: '2.0',
      rawPath: decoded,
      rawQueryString: query ?? '',
      headers: joinRepeats(fields),
      requestContext: { http: { method, sourceIp } },
      ...(chunks.length > 0 && { body }),
      isBase64Encoded,
    }
  }
  const pairs = splitQuery(query, door === 'REST API' ? decodeValue : (text) => text)
  if (pairs === undefined) return undefined
  const base = { httpMethod: method, path, body: body || (door === 'REST API' ? null : ''), isBase64Encoded }
  const single = { headers: Object.fromEntries(fields), queryStringParameters: Object.fromEntries(pairs) }
  const multi = { multiValueHeaders: listRepeats(fields), multiValueQueryStringParameters: listRepeats(pairs) }
  if (door === 'REST API') return { ...base, ...single, ...multi, requestContext: { path, identity: { sourceIp } } }
  const requestContext = {
    elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/1' },
  }
  return { ...base, ...(door === 'ALB' ? single : multi), requestContext }
}

const hopByHop = /^(connection|keep-alive|upgrade|transfer-encoding|x-forwarded-(proto|port))$/i

/** Lists the request's header fields as the front door passes them on, and its own. */
function listFields(req: IncomingMessage, door: FrontDoor): Fields {
  const fields: (readonly [string, string])[] = []
  for (let at = 0; at < req.rawHeaders.length; at += 2)
    fields.push([req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? ''])
  const isBalancer = door.startsWith('ALB')
  const own: Fields = [
    ['X-Forwarded-For', req.socket.remoteAddress ?? ''],
    ['X-Forwarded-Port', isBalancer ? '80' : '443'],
    ['X-Forwarded-Proto', isBalancer ? 'http' : 'https'],
  ]
  const passed = [...fields.filter(([name]) => !hopByHop.test(name)), ...own]
  return door === 'REST API' ? passed : passed.map(([name, value]) => [name.toLowerCase(), value])
}

function sendAnswer(res: ServerResponse, answer: Answer | null, door: FrontDoor): void {
  if (typeof answer?.statusCode !== 'number') return void res.writeHead(502).end()
  // Each kind of load balancer reads only its own kind of header fields.
  const single = door === 'ALB with multi-value headers' ? {} : answer.headers
  const multi = door === 'REST API' || door === 'ALB with multi-value headers' ? answer.multiValueHeaders : {}
  for (const [name, value] of Object.entries({ ...single, ...multi })) res.setHeader(name, value)
  res.writeHead(answer.statusCode).end(answer.body)
}

function splitQuery(query: string | undefined, spell: (text: string) => string | undefined): Fields | undefined {
  const pairs = (query ?? '').split('&').filter((pair) => pair !== '')
  const spelled = pairs.map((pair) => splitAt(pair, pair.includes('=') ? pair.indexOf('=') : pair.length).map(spell))
  const whole = spelled.filter((pair): pair is [string, string] => !pair.includes(undefined))
  return whole.length === pairs.length ? whole : undefined
}

function splitAt(text: string, at: number): [string, string] {
  return [text.slice(0, at), text.slice(at + 1)]
}

function decodeValue(text: string): string | undefined {
  return decode(text.replaceAll('+', ' '))
}

/** Returns `undefined` for malformed text, to which the front door answers 400. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function joinRepeats(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(listRepeats(fields)).map(([name, values]) => [name, values.join(',')]))
}

function listRepeats(fields: Fields): Record<string, string[]> {
  const lists = new Map<string, string[]>()
  for (const [name, value] of fields) lists.set(name, [...(lists.get(name) ?? []), value])
  return Object.fromEntries(lists)
}
