import { type SignRequestInput, sampleWebhook, webhookKinds } from 'tollgate/testing'
import type { Args } from '../args.ts'
import { EXIT, UnreachableError, UsageError } from '../exit.ts'
import { hideQuery, type Io, print, printJson, tell } from '../io.ts'
import { readSecrets, secretFlags, signingKey } from '../secrets.ts'
import { privateKeyFlags, sendgridKind } from '../sendgrid/keys.ts'
import { contentFlags, readContent } from '../sending/content.ts'
import { type Answer, type Delivery, deliver } from '../sending/deliver.ts'
import { prepare } from '../sending/prepare.ts'
import { startProgress } from '../sending/progress.ts'
import { isDone, reportJson, reportText } from '../sending/report.ts'
import { renewSids } from '../sending/vary.ts'
import type { Command } from './command.ts'

export const command: Command = {
  words: '[kind]',
  wordChoices: [...webhookKinds, sendgridKind],
  flags: {
    to: { type: 'text', value: 'URL', describe: 'The URL of your server: http, https, ws or wss' },
    'public-url': {
      type: 'text',
      value: 'URL',
      describe: "Your server's publicUrl, if it is not the address of --to; its host is sent as the Host header",
    },
    ...contentFlags,
    count: { type: 'text', value: 'N', describe: 'Send N webhooks, each with its own SIDs; up to 10,000' },
    repeat: { type: 'text', value: 'N', describe: 'Send each N times, byte for byte, like a replay' },
    timeout: { type: 'text', value: 'SECONDS', describe: 'How long to wait for each answer; default 15, like Twilio' },
    list: { type: 'switch', describe: 'List the kinds of webhook' },
    json: { type: 'switch', describe: 'Print one JSON document' },
    ...privateKeyFlags,
    ...secretFlags,
  },
  examples: [
    ['tollgate send message.inbound --to http://127.0.0.1:3000/sms', 'an inbound message'],
    ['tollgate send call.inbound --to http://127.0.0.1:3000/voice --set From=+15551230001', 'with another caller'],
    ['tollgate send events.batch --to http://127.0.0.1:3000/events --set data.from=+15551230001', 'JSON'],
    ['tollgate send media-stream.handshake --to ws://127.0.0.1:3000/stream', 'a WebSocket handshake'],
    [
      'tollgate send message.inbound --to http://127.0.0.1:3000/sms --public-url https://example.com/api',
      'as behind a proxy',
    ],
    ['tollgate send --form body.txt --to http://127.0.0.1:3000/sms --repeat 2', 'a body of your own, twice'],
    [
      'tollgate send sendgrid.events --to http://127.0.0.1:3000/events --private-key-file key.pem',
      'events of SendGrid',
    ],
  ],
  epilogue: 'Exits with 1 if an answer is not 2xx (101 for a handshake), or is malformed XML.',
  async run(args, io) {
    if (args.flag('list')) return listKinds(args, io)
    const kind = args.text('word')
    const to = args.text('to')
    if (to === undefined) throw new UsageError('--to is missing: the URL to deliver to.')
    if (kind === undefined && !['param', 'form', 'json-body', 'body'].some((name) => args.has(name)))
      throw new UsageError(
        'Name the kind of webhook (tollgate send --list), or use --param, --form, --json-body or --body.',
      )
    const count = args.integer('count', 1, 10_000) ?? 1
    const repeat = args.integer('repeat', 1, 10_000) ?? 1
    const timeoutMs = (args.integer('timeout', 1, 600) ?? 15) * 1000
    const { make, facts = {} } =
      kind === sendgridKind
        ? await (await import('../sendgrid/sign.ts')).prepareSendGrid(to, args, io)
        : { make: await readPrepare(kind, to, args, io) }
    const answers = await sendAll(listDeliveries(count, repeat, make), count * repeat, timeoutMs, io)
    if (args.flag('json')) reportJson(io, { kind: kind ?? null, to: hideQuery(to), ...facts }, answers)
    else reportText(io, answers)
    return answers.every(isDone) ? EXIT.ok : EXIT.notGenuine
  },
}

async function readPrepare(
  kind: string | undefined,
  to: string,
  args: Args,
  io: Io,
): Promise<(index: number) => Delivery> {
  const content = await readContent(args, io, kind)
  const key = signingKey(await readSecrets(args, io))
  const addresses = { to, publicUrl: args.text('public-url') }
  return (index) => prepare({ ...(index === 0 ? content : renewContent(content)), ...key }, addresses)
}

function listKinds(args: Args, io: Io): number {
  const rows = webhookKinds.map((kind) => {
    const { method, json, handshake } = sampleWebhook(kind)
    const body = handshake ? 'handshake' : json === undefined ? (method === 'GET' ? 'query' : 'form') : 'json'
    return { kind: String(kind), method, body }
  })
  rows.push({ kind: sendgridKind, method: 'POST', body: 'json' })
  if (args.flag('json')) printJson(io, rows)
  else for (const { kind, method, body } of rows) print(io, `${kind.padEnd(30)}${method.padEnd(6)}${body}`)
  return EXIT.ok
}

async function* listDeliveries(
  count: number,
  repeat: number,
  make: (index: number) => Delivery | Promise<Delivery>,
): AsyncGenerator<Delivery> {
  for (let index = 0; index < count; index++) {
    const delivery = await make(index)
    for (let copy = 0; copy < repeat; copy++) yield delivery
  }
}

type Content = Pick<SignRequestInput, 'params' | 'json'>

function renewContent<T extends Content>(content: T): T {
  const renewed = new Map<string, string>()
  const { params, json } = content
  return {
    ...content,
    ...(params !== undefined && { params: renewSids(params, renewed) }),
    ...(json !== undefined && { json: renewSids(json, renewed) }),
  }
}

async function sendAll(
  deliveries: AsyncIterable<Delivery>,
  total: number,
  timeoutMs: number,
  io: Io,
): Promise<Answer[]> {
  const answers: Answer[] = []
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
