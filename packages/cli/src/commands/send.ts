import { keepRequest } from 'tollgate/internal'
import { renewSids, sampleWebhook, webhookKinds } from 'tollgate/testing'
import { addScheme } from '../addresses.ts'
import type { Args } from '../args.ts'
import { EXIT, UnreachableError, UsageError } from '../exit.ts'
import { formFlags, hasForm, readRequest } from '../inputs/index.ts'
import { hideQuery, type Io, print, printJson, tell } from '../io.ts'
import { findByKind, nameSigningFlag, otherKinds, otherSchemes, signingFlags } from '../schemes/keys.ts'
import { readSecrets, type Secrets, secretFlags, signingKey } from '../secrets.ts'
import { contentFlags, readContent } from '../sending/content.ts'
import { type Delivery, deliver, type ServerAnswer } from '../sending/deliver.ts'
import {
  explainForbidden,
  prepare,
  prepareCaptured,
  readBase,
  type SignedDelivery,
  toAddress,
} from '../sending/prepare.ts'
import { startProgress } from '../sending/progress.ts'
import { isDone, reportJson, reportText } from '../sending/report.ts'
import { type Command, inGroup, takeNothing, takeText } from './command.ts'

const shortNames: Readonly<Record<string, string>> = { sms: 'message.inbound', call: 'call.inbound' }

export const command: Command = {
  words: '[kind]',
  flags: {
    to: takeText('URL', 'The URL of your server: http, https, ws or wss'),
    'public-url': takeText(
      'URL',
      "Your server's publicUrl, if it is not the address of --to; its host is sent as the Host header",
    ),
    ...contentFlags,
    ...inGroup('Or send a recorded request again, byte for byte:', formFlags),
    count: takeText('N', 'Send N webhooks; each has its own SIDs; up to 10,000'),
    repeat: takeText('N', 'Send each N times, byte for byte: a replay'),
    timeout: takeText('SECONDS', 'How long to wait for each answer; default 15, like Twilio'),
    list: takeNothing('List the kinds of webhook'),
    json: takeNothing('Print one JSON document'),
    ...signingFlags,
    ...secretFlags,
  },
  examples: [
    ['tollgate send sms --to localhost:3000/sms', 'an inbound message: message.inbound'],
    ['tollgate send call --to localhost:3000/voice --set From=+15551230001', 'an inbound call: call.inbound'],
    ['tollgate send events.batch --to http://127.0.0.1:3000/events --set data.from=+15551230001', 'JSON'],
    ['tollgate send media-stream.handshake --to ws://127.0.0.1:3000/stream', 'a WebSocket handshake'],
    [
      'tollgate send message.inbound --to http://127.0.0.1:3000/sms --public-url https://example.com/api',
      'as behind a proxy',
    ],
    ['tollgate send --capture capture.json --to http://127.0.0.1:3000', 'what Twilio sent, again'],
    ['tollgate send --form body.txt --to http://127.0.0.1:3000/sms --repeat 2', 'a body of your own, twice'],
    ...otherSchemes.map((scheme): [string, string] => [
      `tollgate send ${scheme.kinds[0]} --to http://127.0.0.1:3000/events --${nameSigningFlag(scheme)} key.pem`,
      `as ${scheme.title}`,
    ]),
  ],
  epilogue: 'Exits with 1 if an answer is not 2xx (101 for a handshake), or is malformed XML.',
  async run(args, io) {
    if (args.has('list')) return listKinds(args, io)
    const kind = readKind(args)
    const isHandshake = kind !== undefined && /(^|[.])handshake$/.test(kind)
    const to = addScheme(args.text('to') ?? '', isHandshake ? 'ws' : 'http')
    if (to === '') throw new UsageError('--to is missing: the URL to deliver to.')
    const count = args.integer('count', 1, 10_000) ?? 1
    const repeat = args.integer('repeat', 1, 10_000) ?? 1
    const timeoutMs = (args.integer('timeout', 1, 600) ?? 15) * 1000
    const source = await readSource(args, io, to)
    const answers = await sendAll(listDeliveries(count, repeat, source.make), count * repeat, timeoutMs, io)
    if (args.has('json')) reportJson(io, { kind: kind ?? null, to: hideQuery(to), ...source.facts }, answers)
    else reportText(io, answers)
    const refused = answers.find(({ status }) => status >= 400)
    const isRepeat = refused !== undefined && repeat > 1 && answers.some(isDone)
    const hint = refused && (isRepeat ? explainRepeat(refused.status) : explainRejection(refused.status, to, source))
    if (hint !== undefined && !args.has('json')) tell(io, hint)
    return answers.every(isDone) ? EXIT.ok : EXIT.notGenuine
  },
}

interface Source {
  readonly make: (index: number) => Delivery | Promise<Delivery>
  readonly explainForbidden: () => string
  readonly facts?: { readonly publicKey?: string }
}

async function readSource(args: Args, io: Io, to: string): Promise<Source> {
  if (hasForm(args)) return await readCaptured(args, io, to)
  const scheme = findByKind(readKind(args))
  if (scheme === undefined) return await readMade(args, io, to)
  const { explainForbidden, prepareOther } = await import('../schemes/sign.ts')
  return { ...(await prepareOther(scheme, to, args, io)), explainForbidden: () => explainForbidden(scheme) }
}

async function readMade(args: Args, io: Io, to: string): Promise<Source> {
  const kind = readKind(args)
  if (args.has('entry')) throw new UsageError('--entry needs a file that has several requests.')
  if (kind === undefined && !['param', 'form', 'json-body', 'body'].some((name) => args.has(name)))
    throw new UsageError(
      'Name the kind of webhook (tollgate send --list), or use --param, --form, --json-body, --body or --capture.',
    )
  const content = await readContent(args, io, kind)
  const given = args.pairs('set').map(([, value]) => value)
  const secrets = await readSecrets(args, io)
  const { authTokens, sharedKey, names } = secrets
  const addresses = { to, publicUrl: args.text('public-url') }
  readBase(addresses)
  const make = (index: number) => {
    // What the user gave is sent as it is, at least once.
    const input = index > 0 ? renewSids(content) : kind === undefined ? content : renewSids(content, given)
    return prepare({ ...input, ...signingKey(secrets) }, addresses, names)
  }
  const first = sharedKey === undefined ? names.authToken : `SharedKey ${sharedKey.id}`
  const key = sharedKey === undefined && authTokens.length > 1 ? `${first} (its first line)` : first
  return {
    make,
    explainForbidden: () => {
      const sent = make(0)
      return [explainForbidden(sent.signedUrl, key), ...explainMore(sent, secrets)].join('\n')
    },
  }
}

/** Keeps a request that was refused, and names the command that compares it with the server's own URL. */
function explainMore(
  { method, signedUrl, headers, body }: SignedDelivery,
  { authTokens, sharedKey }: Secrets,
): string[] {
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  const request = { method, url: signedUrl, headers: pairs, ...(body !== undefined && { body: Buffer.from(body) }) }
  if (keepRequest(request, [...authTokens, sharedKey?.secret ?? '']) === undefined) return []
  return ["To compare both, with the server's own publicUrl in place of this one:", `  ${compare}`]
}

const compare = 'npx @tollgate/cli diagnose --last --public-url https://api.example.com'

async function readCaptured(args: Args, io: Io, to: string): Promise<Source> {
  const besides = [...Object.keys(contentFlags), 'public-url', 'count'].filter((name) => args.has(name))
  if (args.has('word') || besides.length > 0)
    throw new UsageError(
      `A captured request is sent unchanged: leave out ${args.has('word') ? 'the kind' : `--${besides.join(', --')}`}.`,
    )
  const request = await readRequest(args, io)
  if (request.parsedBody !== undefined)
    throw new UsageError(
      'The capture has the body as an object, which is what a parser left of it: its bytes, which the signature covers, are lost.',
    )
  const delivery = prepareCaptured(request, to)
  return {
    make: () => delivery,
    explainForbidden: () =>
      [
        'The capture was sent with the signature that it has. If it verified before, the server now expects another Auth Token or public URL,',
        'or its replay guard knows the request: it refuses a repetition as `replayed`.',
      ].join('\n'),
  }
}

function readKind(args: Args): string | undefined {
  const word = args.text('word')
  return word !== undefined && Object.hasOwn(shortNames, word) ? shortNames[word] : word
}

/** Says why a server accepts a webhook and refuses the same bytes again. */
function explainRepeat(status: number): string | undefined {
  return status === 403
    ? 'The server accepted the webhook and refused its repetition: this is what a replay guard does (`replayed`).'
    : undefined
}

/** Says what a server that refuses may have expected, or which program failed. */
function explainRejection(status: number, to: string, { explainForbidden }: Source): string | undefined {
  if (status === 403) return explainForbidden()
  if (status < 502 || status > 504) return undefined
  const { hostname, port } = toAddress(to)
  return `${status}: ${hostname}:${port} is a proxy, and the server behind it gave no valid answer. The log of the proxy names that server and the error.`
}

function listKinds(args: Args, io: Io): number {
  const rows = webhookKinds.map((kind) => {
    const { method, json, handshake } = sampleWebhook(kind)
    const body = handshake ? 'handshake' : json === undefined ? (method === 'GET' ? 'query' : 'form') : 'json'
    return { kind: String(kind), method, body }
  })
  rows.push(...otherKinds.map((kind) => ({ kind, method: 'POST' as const, body: 'json' })))
  if (args.has('json')) printJson(io, rows)
  else for (const { kind, method, body } of rows) print(io, `${kind.padEnd(30)}${method.padEnd(6)}${body}`)
  return EXIT.ok
}

async function* listDeliveries(count: number, repeat: number, make: Source['make']): AsyncGenerator<Delivery> {
  for (let index = 0; index < count; index++) {
    const delivery = await make(index)
    for (let copy = 0; copy < repeat; copy++) yield delivery
  }
}

async function sendAll(
  deliveries: AsyncIterable<Delivery>,
  total: number,
  timeoutMs: number,
  io: Io,
): Promise<ServerAnswer[]> {
  const answers: ServerAnswer[] = []
  const progress = startProgress(io, total)
  try {
    for await (const delivery of deliveries) {
      answers.push(await deliver(delivery, timeoutMs))
      progress.advance()
    }
  } catch (error) {
    progress.stop()
    if (error instanceof UnreachableError && total > 1)
      tell(io, `${answers.length} of ${total} were answered before that.`)
    throw error
  }
  progress.stop()
  return answers
}
