import {
  type CallEvent,
  type CallOptions,
  type ConversationOptions,
  startCall,
  startConversation,
  type Walked,
  type WalkFinding,
  walkFindings,
} from '@tollgate/calls'
import { splitUrl } from 'tollgate/internal'
import { addScheme } from '../addresses.ts'
import type { Args } from '../args.ts'
import { attackRoutes, type Route } from '../calling/attack.ts'
import { followKeyboard, keyboardHelp, sendLines } from '../calling/keyboard.ts'
import { LocalTransport, type Mapping, readMapping } from '../calling/transport.ts'
import { asUsage, EXIT, UnreachableError, UsageError } from '../exit.ts'
import { colorsFor, hideQuery, type Io, print, printJson, tell } from '../io.ts'
import { authTokenFlags, readSecrets } from '../secrets.ts'
import { explainForbidden, readBase } from '../sending/prepare.ts'
import { type Command, takeChoice, takeList, takeNothing, takeText } from './command.ts'

// Standard input is the keyboard.
const { 'auth-token-stdin': _, ...ownTokenFlags } = authTokenFlags

export const command: Command = {
  words: '',
  flags: {
    to: takeText('URL', 'The webhook of your server: http or https'),
    'public-url': takeText(
      'URL',
      "Your server's publicUrl, if it is not the address of --to; its host is sent as the Host header",
    ),
    map: takeList(
      'PUBLIC=SERVER',
      'Another public URL of the flow, and the server that answers for it; no other host is called; repeatable',
    ),
    from: takeText('NUMBER', "The caller's number; default +14155550142"),
    number: takeText('NUMBER', 'The number that is called; default +12025550123'),
    method: takeChoice(['GET', 'POST'], 'The method of the webhook; default POST'),
    set: takeList('NAME=VALUE', 'Replace or add a parameter of each request; repeatable'),
    'status-callback': takeText('/PATH', "The number's status callback, sent after the call"),
    outgoing: takeList(
      'EVENT',
      'The call is one that your application makes: an event of its status callback, of initiated, ringing, answered and completed; repeatable',
    ),
    fallback: takeText('/PATH', "The number's fallback URL, requested after an error"),
    attack: takeNothing('Then send each request of the call forged, and list the routes that accept it'),
    sms: takeNothing('Send messages instead of a call: each line of the input is one'),
    'max-requests': takeText('N', 'End the call after N requests, up to 1,000; default 100'),
    timeout: takeText('SECONDS', 'How long to wait for each answer; default 15, like Twilio'),
    allow: takeList('FINDING', `A finding of the walk that is expected, of ${walkFindings.join(', ')}; repeatable`),
    json: takeNothing('Print one JSON document'),
    ...ownTokenFlags,
  },
  examples: [
    ['tollgate call --to localhost:3000/voice', 'call your server, with the keyboard as keypad'],
    ['tollgate call --to localhost:3000/voice --public-url https://api.example.com', 'as behind a proxy'],
    [
      "printf '1\\n' | tollgate call --to localhost:3000/voice --attack",
      'press 1, then try each route without a signature',
    ],
  ],
  epilogue: `${keyboardHelp} Time does not pass by itself. Exits with 1 after an error of the application or a finding of the walk that --allow does not name, and if --attack finds a route that is not guarded.`,
  async run(args, io) {
    args.only(['sms', 'status-callback'])
    args.only(['sms', 'max-requests'])
    args.only(['sms', 'outgoing'])
    const { origin, path, mappings } = readAddresses(args)
    const { authTokens, names: secretNames } = await readSecrets(args, io)
    const [authToken] = authTokens
    if (authToken === undefined) throw new UsageError('This command signs with an Auth Token.')
    const transport = new LocalTransport(mappings, authToken, (args.integer('timeout', 1, 600) ?? 15) * 1000)
    const isJson = args.has('json')
    const onEvent = isJson ? () => undefined : (event: CallEvent) => printEvent(io, event)
    const setting = { origin, transport, options: readOptions(args, path, onEvent) }
    const walked = await (args.has('sms') ? converse(setting, io) : placeCall(setting, args, io))
    const { requests, findings } = walked
    if (requests[0]?.status === 0) throw new UnreachableError(findings[0]?.detail ?? 'there is no answer')
    const routes = args.has('attack') ? await attackRoutes(transport) : undefined
    if (isJson) printJson(io, { ...walked, ...(routes !== undefined && { routes }) })
    else {
      if (walked.status !== undefined) print(io, `The call is over: ${walked.status}.`)
      if (routes !== undefined) printRoutes(io, routes)
    }
    const [first] = requests
    if (first?.status === 403 && !isJson) tell(io, explainForbidden(first.url, secretNames.authToken))
    const isGood =
      walked.status !== 'failed' &&
      !findings.some(({ level }) => level === 'error') &&
      (routes ?? []).every(({ verdict }) => verdict === 'guarded')
    return isGood ? EXIT.ok : EXIT.notGenuine
  },
}

interface Setting {
  readonly origin: string
  readonly transport: LocalTransport
  readonly options: ConversationOptions
}

interface Report extends Walked {
  readonly status?: string
  readonly heard: readonly string[]
}

async function placeCall({ origin, transport, options }: Setting, args: Args, io: Io): Promise<Report> {
  const callOptions: CallOptions = {
    ...options,
    statusCallback: args.text('status-callback'),
    maxRequests: args.integer('max-requests', 1, 1000),
    outgoing: args.has('outgoing') ? (args.list('outgoing') as CallOptions['outgoing']) : undefined,
  }
  if (io.stdin.isTTY === true) tell(io, keyboardHelp)
  const { call, ready, over } = asUsage(() => startCall(origin, transport, callOptions), names)
  const stop = new AbortController()
  const hangUp = (): void => {
    tell(io, 'Hanging up. Ctrl-C again ends at once.')
    stop.abort()
  }
  // Once: without a listener, the next one ends the process.
  process.once('SIGINT', hangUp)
  try {
    await ready
    await followKeyboard(call, over, io, stop.signal)
    await over
  } finally {
    process.removeListener('SIGINT', hangUp)
  }
  const { status, events, requests, findings, notes } = call
  const heard = events.flatMap((event) => (event.type === 'heard' ? [event.text] : []))
  return { status, heard, events, requests, findings, notes }
}

async function converse({ origin, transport, options }: Setting, io: Io): Promise<Report> {
  const conversation = asUsage(() => startConversation(origin, transport, options), names)
  await sendLines(conversation, io)
  const { replies, events, requests, findings, notes } = conversation
  return { heard: replies, events, requests, findings, notes }
}

const names = {
  path: '--to',
  allow: '--allow',
  statusCallback: '--status-callback',
  outgoing: '--outgoing',
  fallback: '--fallback',
}

function readAddresses(args: Args): { origin: string; path: string; mappings: readonly Mapping[] } {
  const to = addScheme(args.text('to') ?? '', 'http')
  if (to === '') throw new UsageError('--to is missing: the URL of the webhook.')
  const parts = splitUrl(to)
  if (parts === undefined || !/^https?$/i.test(parts.scheme) || parts.userinfo !== '')
    throw new UsageError('--to needs an http or https URL without a password.')
  const publicUrl = args.text('public-url')
  const own = readMapping(`${readBase({ to, publicUrl })}=${parts.origin}`)
  // The fragment has connection overrides, which are not sent.
  const path = parts.target + (/#.*$/s.exec(to)?.[0] ?? '')
  return { origin: own.from, path, mappings: [own, ...args.list('map').map(readMapping)] }
}

function readOptions(args: Args, path: string, onEvent: (event: CallEvent) => void): ConversationOptions {
  return {
    path,
    method: args.choice('method', ['GET', 'POST']),
    from: args.text('from'),
    to: args.text('number'),
    params: Object.fromEntries(args.pairs('set')),
    fallback: args.text('fallback'),
    allow: args.list('allow') as WalkFinding[],
    onEvent,
  }
}

function printEvent(io: Io, event: CallEvent): void {
  const colors = colorsFor(io.stdout, io.env)
  if (event.type === 'heard') print(io, colors.bold(beginLines('> ', event.text)))
  else if (event.type === 'note') print(io, beginLines('  note: ', event.text))
  else if (event.type === 'request')
    print(io, colors.cyan(`${event.method} ${hideQuery(event.url)}  ${event.status || 'no answer'}  ${event.reason}`))
  else {
    const color = colors[event.level === 'error' ? 'red' : 'yellow']
    print(io, color(beginLines(`  ${event.level} ${event.code}: `, event.detail)))
  }
}

/** Puts a mark before each line of a text of the application, which could imitate other lines. */
function beginLines(mark: string, text: string): string {
  return mark + text.replaceAll('\n', `\n${mark}`)
}

function printRoutes(io: Io, routes: readonly Route[]): void {
  const colors = colorsFor(io.stdout, io.env)
  for (const { method, url, verdict, by } of routes) {
    const color = verdict === 'guarded' ? colors.green : colors.red
    print(io, `${color(verdict.padEnd(9))}${method} ${hideQuery(url)}${by.length === 0 ? '' : `  (${by.join(', ')})`}`)
  }
}
