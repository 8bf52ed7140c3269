import type { Exchange } from '@tollgate/gateway'
import type { DevOptions, DevRun } from '@tollgate/inspector'
import { readAddress, readUpstream, toListenError } from '../addresses.ts'
import type { Args } from '../args.ts'
import { explainExchange } from '../dev/hints.ts'
import { openBrowser } from '../dev/open-browser.ts'
import { startTunnel } from '../dev/tunnel.ts'
import { asUsageLater, EXIT, type OptionNames, UsageError } from '../exit.ts'
import { hideQuery, type Io, print, quoteWord, tell } from '../io.ts'
import { keyFlags, otherSchemes, requireKeys } from '../schemes/keys.ts'
import { readSecretsIfAny, secretFlags } from '../secrets.ts'
import { readSharedOptions, trailingSlashFlag } from '../verifier-options.ts'
import type { Command, Flags } from './command.ts'
import { modeFlag } from './gateway.ts'

/** Where the webhooks of each other scheme arrive. */
const pathFlags: Flags = Object.fromEntries(
  otherSchemes.map(({ name, title, keys }) => [
    `${name}-path`,
    { type: 'text', value: '/PATH', describe: `Where ${title}'s webhooks arrive; needs a ${keys.words}` },
  ]),
)

export const command: Command = {
  words: '',
  flags: {
    upstream: {
      type: 'text',
      value: 'URL',
      describe: 'Your application; default: a small built-in TwiML application',
    },
    'public-url': {
      type: 'list',
      value: 'URL',
      describe: "How Twilio reaches you, for example your tunnel's address; default: the gateway's own; repeatable",
    },
    tunnel: {
      type: 'switch',
      describe: 'Start ngrok or cloudflared, if it is installed, and use its address as the public URL',
    },
    listen: {
      type: 'text',
      value: 'HOST:PORT',
      describe: 'The address for webhooks; default 127.0.0.1:8080, or the next free port',
    },
    open: { type: 'switch', describe: 'Open the page in your browser' },
    'inspector-port': {
      type: 'text',
      value: 'N',
      describe: "The page's port on 127.0.0.1; default 4040, or a free port if 4040 is in use",
    },
    store: { type: 'text', value: 'FILE', describe: 'Keep captures in an SQLite file; default: in memory' },
    'sign-with-real-token': {
      type: 'switch',
      describe: "Let the page sign edited requests with your Auth Token; default: only with this run's own token",
    },
    mode: modeFlag,
    'trailing-slash': trailingSlashFlag,
    'allowed-account': { type: 'list', value: 'AC…', describe: 'Accept only requests of this account; repeatable' },
    ...pathFlags,
    ...keyFlags,
    ...secretFlags,
  },
  examples: [
    ['tollgate dev', 'try it without an application or an account'],
    ['tollgate dev --upstream http://127.0.0.1:3000', 'in front of your application'],
    ['tollgate dev --upstream 3000 --tunnel --open', 'with a tunnel, and the page in your browser'],
    ['tollgate dev --upstream http://127.0.0.1:3000 --public-url https://abc.ngrok.app', 'behind a tunnel of your own'],
  ],
  epilogue:
    "Prints one line per request. Without an Auth Token it accepts only the page's test webhooks. Ctrl-C stops it.",
  async run(args, io) {
    const { options: given, keys, names } = await readOptions(args, io)
    const options = await choosePort(given)
    // The signals are handled before anything opens, so that an early signal leaves nothing open.
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    const tunnel = args.has('tunnel') ? await openTunnel(args, options, io) : undefined
    try {
      const reached = tunnel === undefined ? options : { ...options, publicUrl: tunnel.url }
      const run = await start(reached, { keys, names }, args, io)
      introduce(run, reached, io)
      if (!args.has('listen') && options.listen?.port !== defaultPort)
        tell(io, `Port ${defaultPort} is in use, so the webhooks arrive at port ${options.listen?.port}.`)
      if (args.has('open')) openBrowser(run.createInspectorUrl(), io)
      void tunnel?.ended.then(() => tell(io, `${tunnel.name} has ended: Twilio reaches this gateway no longer.`))
      await stopped
      await run.close()
    } finally {
      await tunnel?.close()
    }
    return EXIT.ok
  },
}

async function readRoutes(args: Args, io: Io): Promise<NonNullable<DevOptions['routes']>> {
  const routes: object[] = []
  for (const scheme of otherSchemes) {
    const path = args.text(`${scheme.name}-path`)
    if (path === undefined) continue
    routes.push({ scheme: scheme.name, path, [scheme.keys.option]: await requireKeys(scheme, args, io) })
  }
  return routes as NonNullable<DevOptions['routes']>
}

/** Writes the command of this run again, without some flags. */
function writeRun(args: Args, without: readonly string[] = []): string {
  const flags = Object.entries(command.flags).flatMap(([name, { type }]) => {
    if (!args.has(name) || without.includes(name)) return []
    return type === 'switch' ? [`--${name}`] : args.list(name).map((value) => `--${name} ${quoteWord(value)}`)
  })
  return ['npx @tollgate/cli dev', ...flags].join(' ')
}

/** Writes the command of this run with the two flags that an application which verifies needs. */
function writeComplete(args: Args, { authToken, publicUrl }: DevOptions): string {
  const url = publicUrl === undefined && !args.has('tunnel') ? ' --public-url https://api.example.com' : ''
  return `${authToken === undefined ? 'TWILIO_AUTH_TOKEN=… ' : ''}${writeRun(args)}${url} --sign-with-real-token`
}

/** Finds the port now if it has to be known before the gateway listens. */
async function choosePort(options: DevOptions): Promise<DevOptions> {
  const { host = '127.0.0.1', port } = options.listen ?? {}
  if (port !== undefined) return options
  const { findPort } = await import('@tollgate/inspector')
  return { ...options, listen: { host, port: await findPort(host, defaultPort) } }
}

async function openTunnel(args: Args, { listen }: DevOptions, io: Io) {
  if (args.has('public-url')) throw new UsageError('--tunnel finds the public URL itself: leave out --public-url.')
  const { host = '127.0.0.1', port = defaultPort } = listen ?? {}
  if (port === 0) throw new UsageError('--tunnel needs a port that is known before: give one with --listen.')
  tell(io, 'Starting the tunnel …')
  return await startTunnel(`${host.includes(':') ? `[${host}]` : host}:${port}`, io)
}

const defaultPort = 8080

interface Keys {
  /** Names of the keys that the gateway knows, for people. */
  readonly keys: readonly string[]
  readonly names: OptionNames
}

async function readOptions(args: Args, io: Io): Promise<Keys & { readonly options: DevOptions }> {
  const { authTokens, sharedKey, names } = await readSecretsIfAny(args, io)
  const publicUrls = args.list('public-url')
  // One URL is used with any Host.
  const publicUrl = publicUrls.length > 1 ? publicUrls : publicUrls[0]
  const signWithRealToken = args.has('sign-with-real-token')
  if (signWithRealToken && authTokens.length === 0)
    throw new UsageError('--sign-with-real-token needs an Auth Token: set TWILIO_AUTH_TOKEN, or use --auth-token-file.')
  const keys = [
    ...(authTokens.length > 0 ? [names.authToken ?? ''] : []),
    ...(sharedKey === undefined ? [] : [`SharedKey ${sharedKey.id}`]),
    "this run's own token",
  ]
  const options: DevOptions = {
    upstream: readUpstream(args),
    listen: readAddress(args, 'listen'),
    inspectorPort: args.integer('inspector-port', 0, 65_535),
    store: args.text('store'),
    mode: args.choice('mode', ['enforce', 'observe']),
    signWithRealToken,
    routes: await readRoutes(args, io),
    command: writeRun(args, ['public-url', 'tunnel', 'open']),
    ...(publicUrl !== undefined && { publicUrl }),
    ...readSharedOptions(args, { authTokens, sharedKey }),
  }
  return { options, keys, names }
}

async function start(options: DevOptions, { keys, names }: Keys, args: Args, io: Io): Promise<DevRun> {
  const { formatExchange, StoreError, startDev } = await import('@tollgate/inspector')
  let run: DevRun | undefined
  const explained = new Set<string>()
  const onExchange = (exchange: Exchange): void => {
    print(io, formatExchange(exchange))
    const { request, verdict, response } = exchange
    // The same verdict and answer at the same path have the same reason, so it is explained once.
    const key = [request.target.replace(/\?.*$/s, ''), verdict?.ok || verdict?.code, response?.status].join(' ')
    if (run === undefined || explained.has(key) || explained.size > 1000) return
    explained.add(key)
    const facts = {
      upstream: run.upstream,
      keys,
      realTokens: [options.authToken ?? []].flat().length,
      signsWithRealToken: args.has('sign-with-real-token'),
      command: writeComplete(args, options),
    }
    void explainExchange(exchange, facts).then((hint) => hint !== undefined && tell(io, hint))
  }
  try {
    const onNewInspectorUrl = (url: string): void => tell(io, `Inspector  ${url}  (for another browser)`)
    run = await asUsageLater(() => startDev({ ...options, onExchange, onNewInspectorUrl }), names)
    return run
  } catch (error) {
    if (error instanceof StoreError) throw new UsageError(`--store: ${error.message}`)
    const { listen, inspectorPort } = options
    throw toListenError(error, { listen: listen?.port ?? defaultPort, 'inspector-port': inspectorPort })
  }
}

function introduce(
  run: DevRun,
  { upstream, authToken, sharedKeys, publicUrl = [], signWithRealToken }: DevOptions,
  io: Io,
): void {
  const publicUrls = [publicUrl].flat()
  const known = publicUrls.length === 0 ? '' : `, known to Twilio as ${publicUrls.map(hideQuery).join(', ')}`
  tell(io, `Webhooks   ${run.gatewayUrl}${known}`)
  tell(io, `Upstream   ${upstream ?? 'a small built-in TwiML application'}`)
  tell(io, `Inspector  ${run.inspectorUrl}`)
  if (upstream !== undefined && signWithRealToken !== true)
    tell(io, "If your application verifies signatures itself, the page's webhooks need --sign-with-real-token.")
  if (authToken === undefined && sharedKeys === undefined)
    tell(io, 'Without an Auth Token (TWILIO_AUTH_TOKEN) it accepts only the test webhooks that the page sends.')
}
