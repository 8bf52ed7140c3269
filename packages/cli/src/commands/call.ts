import { splitUrl } from 'tollgate/requests'
import { type CallEvent, type CallOptions, startCall } from 'tollgate/testing/call'
import { addScheme } from '../addresses.ts'
import type { Args } from '../args.ts'
import { attackRoutes, type Route } from '../calling/attack.ts'
import { followKeyboard, keyboardHelp } from '../calling/keyboard.ts'
import { LocalTransport, type Mapping, readMapping } from '../calling/transport.ts'
import { asUsage, EXIT, UnreachableError, UsageError } from '../exit.ts'
import { colorsFor, hideQuery, type Io, print, printJson, tell } from '../io.ts'
import { readSecrets, secretFlags } from '../secrets.ts'
import type { Command } from './command.ts'

export const command: Command = {
  words: '',
  flags: {
    to: { type: 'text', value: 'URL', describe: 'The voice webhook of your server: http or https' },
    'public-url': {
      type: 'text',
      value: 'URL',
      describe: "Your server's publicUrl, if it is not the address of --to; its host is sent as the Host header",
    },
    map: {
      type: 'list',
      value: 'PUBLIC=SERVER',
      describe:
        'Another public URL of the flow, and the server that answers for it; no other host is called; repeatable',
    },
    from: { type: 'text', value: 'NUMBER', describe: "The caller's number; default +14155550142" },
    number: { type: 'text', value: 'NUMBER', describe: 'The number that is called; default +12025550123' },
    method: { type: 'text', choices: ['GET', 'POST'], describe: 'The method of the webhook; default POST' },
    set: { type: 'list', value: 'NAME=VALUE', describe: 'Replace or add a parameter of each request; repeatable' },
    'status-callback': { type: 'text', value: '/PATH', describe: "The number's status callback, sent after the call" },
    fallback: { type: 'text', value: '/PATH', describe: "The number's fallback URL, requested after an error" },
    attack: {
      type: 'switch',
      describe: 'Then send each request of the call forged, and list the routes that accept it',
    },
    'max-requests': { type: 'text', value: 'N', describe: 'End the call after N requests, up to 1,000; default 100' },
    timeout: { type: 'text', value: 'SECONDS', describe: 'How long to wait for each answer; default 15, like Twilio' },
    json: { type: 'switch', describe: 'Print one JSON document' },
    ...secretFlags,
  },
  examples: [
    ['tollgate call --to localhost:3000/voice', 'call your server, with the keyboard as keypad'],
    ['tollgate call --to localhost:3000/voice --public-url https://api.example.com', 'as behind a proxy'],
    [
      "printf '1\\n' | tollgate call --to localhost:3000/voice --attack",
      'press 1, then try each route without a signature',
    ],
  ],
  epilogue: `${keyboardHelp} Time does not pass by itself. Exits with 1 after an error, and if --attack finds a route that is not guarded.`,
  async run(args, io) {
    const { origin, path, mappings } = readAddresses(args)
    const { authTokens, sharedKey } = await readSecrets(args, io)
    const [authToken] = authTokens
    if (authToken === undefined || sharedKey !== undefined)
      throw new UsageError('This command signs with an Auth Token.')
    const transport = new LocalTransport(mappings, authToken, (args.integer('timeout', 1, 600) ?? 15) * 1000)
    const isJson = args.has('json')
    const options = readOptions(args, path, isJson ? () => undefined : (event) => printEvent(io, event))
    if (io.stdin.isTTY === true) tell(io, keyboardHelp)
    const { call, ready, over } = asUsage(() => startCall(origin, transport, options), { path: '--to' })
    await ready
    await followKeyboard(call, over, io)
    await over
    if (call.requests[0]?.status === 0) throw new UnreachableError(call.findings[0]?.detail ?? 'there is no answer')
    const routes = args.has('attack') ? await attackRoutes(transport) : undefined
    const { status, heard, requests, findings, notes } = call
    if (isJson)
      printJson(io, {
        status,
        heard: heard.split('\n'),
        requests,
        findings,
        notes,
        ...(routes !== undefined && { routes }),
      })
    else {
      print(io, `The call is over: ${status}.`)
      if (routes !== undefined) printRoutes(io, routes)
    }
    const isGood =
      !findings.some(({ level }) => level === 'error') && (routes ?? []).every(({ verdict }) => verdict === 'guarded')
    return isGood ? EXIT.ok : EXIT.notGenuine
  },
}

function readAddresses(args: Args): { origin: string; path: string; mappings: readonly Mapping[] } {
  const to = addScheme(args.text('to') ?? '', 'http')
  if (to === '') throw new UsageError('--to is missing: the URL of the voice webhook.')
  const parts = splitUrl(to)
  if (parts === undefined || !/^https?$/i.test(parts.scheme) || parts.userinfo !== '' || to.includes('#'))
    throw new UsageError('--to needs an http or https URL without a password and a fragment.')
  const publicUrl = args.text('public-url')
  const own = readMapping(`${publicUrl ?? parts.origin}=${parts.origin}`)
  return { origin: own.from, path: parts.target, mappings: [own, ...args.list('map').map(readMapping)] }
}

function readOptions(args: Args, path: string, onEvent: (event: CallEvent) => void): CallOptions {
  return {
    path,
    method: args.choice('method', ['GET', 'POST']),
    from: args.text('from'),
    to: args.text('number'),
    params: Object.fromEntries(args.pairs('set')),
    statusCallback: args.text('status-callback'),
    fallback: args.text('fallback'),
    maxRequests: args.integer('max-requests', 1, 1000),
    onEvent,
  }
}

function printEvent(io: Io, event: CallEvent): void {
  const colors = colorsFor(io.stdout, io.env)
  if (event.type === 'heard') print(io, colors.bold(event.text))
  else if (event.type === 'note') print(io, `  note: ${event.text}`)
  else if (event.type === 'request')
    print(io, colors.cyan(`${event.method} ${hideQuery(event.url)}  ${event.status || 'no answer'}  ${event.reason}`))
  else print(io, colors[event.level === 'error' ? 'red' : 'yellow'](`  ${event.level} ${event.code}: ${event.detail}`))
}

function printRoutes(io: Io, routes: readonly Route[]): void {
  const colors = colorsFor(io.stdout, io.env)
  for (const { method, url, verdict, by } of routes) {
    const color = verdict === 'guarded' ? colors.green : colors.red
    print(io, `${color(verdict.padEnd(9))}${method} ${hideQuery(url)}${by.length === 0 ? '' : `  (${by.join(', ')})`}`)
  }
}
