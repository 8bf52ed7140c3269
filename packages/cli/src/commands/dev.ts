import { randomBytes } from 'node:crypto'
import type { Exchange } from '@tollgate/gateway'
import type { DevOptions, DevRun, Explained } from '@tollgate/inspector'
import { readAddress, readUpstream, toListenError } from '../addresses.ts'
import type { Args } from '../args.ts'
import { describeInFull, explainExchange, type RunFacts, summarize } from '../dev/hints.ts'
import { followKeys, type KeyAction } from '../dev/keys.ts'
import { openBrowser } from '../dev/open-browser.ts'
import { findSample, readFirst } from '../dev/sample.ts'
import { startTunnel } from '../dev/tunnel.ts'
import { asUsageLater, EXIT, type OptionNames, UsageError } from '../exit.ts'
import { hideQuery, type Io, print, quoteWord, tell } from '../io.ts'
import { keyFlags, otherSchemes, requireKeys } from '../schemes/keys.ts'
import { readSecretsIfAny, secretFlags } from '../secrets.ts'
import { readSharedOptions, trailingSlashFlag } from '../verifier-options.ts'
import { type Command, type Flags, takeList, takeNothing, takeText } from './command.ts'
import { modeFlag } from './gateway.ts'

const pathFlags: Flags = Object.fromEntries(
  otherSchemes.map(({ name, title, keys }) => [
    `${name}-path`,
    takeText('/PATH', `Where ${title}'s webhooks arrive; needs a ${keys.words}`),
  ]),
)

export const command: Command = {
  words: '',
  rest: '-- COMMAND',
  flags: {
    upstream: takeText('URL', 'Your application; default: that of COMMAND, or a small built-in TwiML application'),
    'public-url': takeList(
      'URL',
      "How Twilio reaches you, for example your tunnel's address; default: the gateway's own; repeatable",
    ),
    to: takeText('/PATH', 'The path of your webhook, for the one that is sent when COMMAND listens; default /sms'),
    tunnel: takeNothing('Start ngrok or cloudflared, if it is installed, and use its address as the public URL'),
    listen: takeText('HOST:PORT', 'The address for webhooks; default 127.0.0.1:8080, or the next free port'),
    open: takeNothing('Open the page in your browser'),
    'inspector-port': takeText('N', "The page's port on 127.0.0.1; default 4040, or a free port if 4040 is in use"),
    'sign-with-real-token': takeNothing(
      "The page signs with your Auth Token, as with COMMAND; default: with this run's own token",
    ),
    mode: modeFlag,
    'trailing-slash': trailingSlashFlag,
    'allowed-account': takeList('AC…', 'Accept only requests of this account; repeatable'),
    ...pathFlags,
    ...keyFlags,
    ...secretFlags,
  },
  examples: [
    ['tollgate dev', 'try it without an application or an account'],
    ['tollgate dev -- node server.mjs', 'start your application, and send it a webhook'],
    ['tollgate dev --upstream http://127.0.0.1:3000', 'in front of an application that runs'],
    ['tollgate dev --upstream 3000 --tunnel --open', 'with a tunnel, and the page in your browser'],
    ['tollgate dev --upstream http://127.0.0.1:3000 --public-url https://abc.ngrok.app', 'behind a tunnel of your own'],
  ],
  epilogue: [
    'COMMAND gets PORT (a free one, or that of --upstream), TWILIO_AUTH_TOKEN (yours, or one for this run) and',
    'TOLLGATE_PUBLIC_URL. At a terminal, keys send another webhook, explain a refusal, restart COMMAND, open the page and',
    "end. Prints one line per request. Without an Auth Token it accepts only the page's test webhooks. Ctrl-C stops it.",
  ].join('\n'),
  async run(args, io) {
    const { options: given, names } = await readOptions(args, io)
    const options = await choosePort(given)
    // The signals are handled before anything opens, so that an early signal leaves nothing open.
    let stop = (): void => undefined
    const stopped = new Promise<void>((resolve) => {
      stop = resolve
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    const tunnel = args.has('tunnel') ? await openTunnel(args, options, io) : undefined
    const ends: (() => unknown)[] = []
    try {
      const reached = tunnel === undefined ? options : { ...options, publicUrl: tunnel.url }
      const page = await start(reached, names, args, io)
      const { run } = page
      ends.push(run.close)
      introduce(run, reached, args, io)
      if (!args.has('listen') && options.listen?.port !== defaultPort)
        tell(io, `Port ${defaultPort} is in use, so the webhooks arrive at port ${options.listen?.port}.`)
      if (args.has('open')) openBrowser(run.createInspectorUrl(), io)
      void tunnel?.ended.then(() => tell(io, `${tunnel.name} has ended: Twilio reaches this gateway no longer.`))
      let application: Awaited<ReturnType<typeof startOwn>>
      const restart = { name: 'r', does: 'restarts the application', act: () => application?.restart() }
      const actions: readonly KeyAction[] = [
        { name: 's', does: 'sends the last kind again', act: page.send },
        { name: 'd', does: 'explains the last refusal', act: page.explain },
        ...(readCommand(args) === undefined ? [] : [restart]),
        { name: 'o', does: 'opens the page', act: () => openBrowser(run.createInspectorUrl(), io) },
        { name: 'q', does: 'ends', act: stop },
      ]
      // Node.js gives a terminal back as it was when the program started, so the mode is set before.
      ends.push(followKeys(actions, io))
      application = await startOwn(args, reached, page, io)
      if (application !== undefined) ends.push(application.close)
      await stopped
    } finally {
      for (const end of ends.reverse()) await end()
      await tunnel?.close()
    }
    return EXIT.ok
  },
}

/** Starts the user's command with what it needs, and sends the first webhook when it listens. */
async function startOwn(args: Args, { authToken }: DevOptions, { run, send }: Page, io: Io) {
  const words = readCommand(args)
  if (words === undefined) return undefined
  const { startApplication } = await import('../dev/application.ts')
  const { port, protocol } = new URL(run.upstream)
  const env = {
    PORT: port || (protocol === 'https:' ? '443' : '80'),
    TWILIO_AUTH_TOKEN: [authToken ?? []].flat()[0] ?? '',
    TOLLGATE_PUBLIC_URL: [run.publicUrl].flat()[0] ?? '',
  }
  let isFirst = true
  const onListening = (): void => {
    if (isFirst) void send()
    isFirst = false
  }
  return await startApplication({ words, port: Number(env.PORT), env, onListening }, io)
}

function readCommand(args: Args): readonly string[] | undefined {
  const words = args.list('--')
  if (args.has('--') && words.length === 0)
    throw new UsageError('The command that starts your application is missing after "--", such as node server.mjs.')
  return words.length === 0 ? undefined : words
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

/**
 * Writes the command of this run again.
 * @param without the flags to leave out
 * @param more words to add before the user's command
 */
function writeRun(args: Args, without: readonly string[] = [], more: readonly string[] = []): string {
  const flags = Object.entries(command.flags).flatMap(([name, { type }]) => {
    if (!args.has(name) || without.includes(name)) return []
    return type === 'switch' ? [`--${name}`] : args.list(name).map((value) => `--${name} ${quoteWord(value)}`)
  })
  const started = readCommand(args)?.map(quoteWord) ?? []
  return ['npx @tollgate/cli dev', ...flags, ...more, ...(started.length === 0 ? [] : ['--', ...started])].join(' ')
}

/** Writes the command of this run with what an application needs that verifies. */
function writeComplete(args: Args, { authToken, publicUrl }: DevOptions): string {
  const url = publicUrl === undefined && !args.has('tunnel') ? ['--public-url https://api.example.com'] : []
  if (readCommand(args) !== undefined) return writeRun(args, [], url)
  const token = authToken === undefined ? 'TWILIO_AUTH_TOKEN=… ' : ''
  return `${token}${writeRun(args, ['sign-with-real-token'], [...url, '--sign-with-real-token'])}`
}

/** Finds a port for the application that this run starts, unless the user names it. */
async function chooseUpstream(args: Args): Promise<string | undefined> {
  if (readCommand(args) === undefined || args.has('upstream')) return readUpstream(args)
  const { findPort } = await import('@tollgate/inspector')
  return `http://127.0.0.1:${await findPort('127.0.0.1', 3000)}`
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

async function readOptions(args: Args, io: Io): Promise<{ readonly options: DevOptions; readonly names: OptionNames }> {
  const { sharedKey, names, ...secrets } = await readSecretsIfAny(args, io)
  const authTokens = [...secrets.authTokens]
  const started = readCommand(args)
  const own = started === undefined || args.has('tunnel') ? undefined : io.env.TOLLGATE_PUBLIC_URL
  const publicUrls = args.has('public-url') || !own ? args.list('public-url') : [own]
  // One URL is used with any Host.
  const publicUrl = publicUrls.length > 1 ? publicUrls : publicUrls[0]
  // The application has one token, so the page has no other.
  if (started !== undefined && authTokens.length === 0) authTokens.push(randomBytes(16).toString('hex'))
  const signWithRealToken = started !== undefined || args.has('sign-with-real-token')
  if (signWithRealToken && authTokens.length === 0)
    throw new UsageError('--sign-with-real-token needs an Auth Token: set TWILIO_AUTH_TOKEN, or use --auth-token-file.')
  const options: DevOptions = {
    upstream: await chooseUpstream(args),
    listen: readAddress(args, 'listen'),
    inspectorPort: args.integer('inspector-port', 0, 65_535),
    mode: args.choice('mode', ['enforce', 'observe']),
    signWithRealToken,
    routes: await readRoutes(args, io),
    command: writeRun(args, ['public-url', 'tunnel', 'open']),
    ...(publicUrl !== undefined && { publicUrl }),
    ...readSharedOptions(args, { authTokens, sharedKey }),
  }
  return { options, names }
}

/** The running gateway, and what the keys do with it. */
interface Page {
  readonly run: DevRun
  /** Sends the last kind again: at first, the one that the path of --to names. */
  send(): Promise<void>
  explain(): void
}

async function start(options: DevOptions, names: OptionNames, args: Args, io: Io): Promise<Page> {
  const { formatExchange, startDev } = await import('@tollgate/inspector')
  let last: Explained | undefined
  let sample = readFirst(args)
  const facts: Omit<RunFacts, 'upstream'> = {
    started: readCommand(args) !== undefined,
    realTokens: [options.authToken ?? []].flat().length,
    signsWithRealToken: options.signWithRealToken === true,
    command: writeComplete(args, options),
  }
  const explained = new Set<string>()
  const onExchange = (exchange: Exchange): void => {
    print(io, formatExchange(exchange))
    const { request, verdict, response } = exchange
    const path = request.target.replace(/\?.*$/s, '')
    sample = findSample(exchange) ?? sample
    // The same verdict and answer at the same path have the same reason, so it is explained once.
    const key = [path, verdict?.ok || verdict?.code, response?.status].join(' ')
    if (explained.has(key) || explained.size > 1000) return
    explained.add(key)
    void run
      .then(({ upstream }) => explainExchange(exchange, { ...facts, upstream }))
      .then((hint) => {
        if (hint !== undefined) tell(io, hint)
      })
  }
  const onExplained = (found: Explained): void => {
    last = found
    tell(io, summarize(found))
  }
  const onNewInspectorUrl = (url: string): void => tell(io, `Inspector  ${url}  (for another browser)`)
  const run = asUsageLater(() => startDev({ ...options, onExchange, onExplained, onNewInspectorUrl }), names)
  try {
    const started = await run
    return {
      run: started,
      send: async () => void (await started.send(sample.kind, sample.path)),
      explain: () => tell(io, last === undefined ? 'No signed request was refused.' : describeInFull(last, io)),
    }
  } catch (error) {
    const { listen, inspectorPort } = options
    throw toListenError(error, { listen: listen?.port ?? defaultPort, 'inspector-port': inspectorPort })
  }
}

function introduce(
  run: DevRun,
  { upstream, authToken, sharedKeys, publicUrl = [], signWithRealToken }: DevOptions,
  args: Args,
  io: Io,
): void {
  const started = readCommand(args)
  const publicUrls = [publicUrl].flat()
  const known = publicUrls.length === 0 ? '' : `, known to Twilio as ${publicUrls.map(hideQuery).join(', ')}`
  const command = started === undefined ? '' : `, started with ${started.map(quoteWord).join(' ')}`
  tell(io, `Webhooks   ${run.gatewayUrl}${known}`)
  tell(io, `Upstream   ${upstream ?? 'a small built-in TwiML application'}${command}`)
  tell(io, `Inspector  ${run.inspectorUrl}`)
  if (upstream !== undefined && signWithRealToken !== true)
    tell(io, "If your application verifies signatures itself, the page's webhooks need --sign-with-real-token.")
  if (authToken === undefined && sharedKeys === undefined)
    tell(io, 'Without an Auth Token (TWILIO_AUTH_TOKEN) it accepts only the test webhooks that the page sends.')
}
