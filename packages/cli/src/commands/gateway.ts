import type { GatewayOptions, Route, Source } from '@tollgate/gateway'
import { readAddress, readUpstream, toListenError } from '../addresses.ts'
import type { Args } from '../args.ts'
import { asUsageLater, EXIT, type OptionNames, UsageError } from '../exit.ts'
import { type Io, print, tell } from '../io.ts'
import { readSecrets, secretFlags } from '../secrets.ts'
import { readSharedOptions, trailingSlashFlag } from '../verifier-options.ts'
import { type Command, type Flag, inGroup, takeChoice, takeList, takeNothing, takeText } from './command.ts'

export const modeFlag: Flag = takeChoice(
  ['enforce', 'observe'],
  'observe passes every request on and marks those that do not verify; default enforce',
)

export const command: Command = {
  words: '',
  flags: {
    config: takeText('FILE', 'Read all settings from a YAML or JSON file, and again when it changes'),
    check: takeNothing('Check the file of --config as a start does, with its keys and its Redis, and end'),
    ...inGroup('Flags for one upstream:', {
      upstream: takeText('URL', 'The server that gets the verified requests'),
      'public-url': takeList('URL', 'How Twilio reaches this gateway; repeatable, the Host header selects one'),
      listen: takeText('HOST:PORT', 'The address for requests; default 127.0.0.1:8080'),
      admin: takeText('HOST:PORT', 'The address for /healthz, /readyz and /metrics; default: not served'),
      mode: modeFlag,
      'trailing-slash': trailingSlashFlag,
      'allowed-account': takeList('AC…', 'Accept only requests of this account; repeatable'),
      'max-body-bytes': takeText('N', 'The largest body in bytes; default 1,048,576'),
      'web-socket': takeNothing('The server opens WebSockets: verify upgrades as handshakes. Default: refuse them'),
      diagnose: takeNothing('Explain refusals in production too, at a limited rate'),
      quiet: takeNothing('Print no line per request'),
    }),
    ...secretFlags,
  },
  examples: [
    ['tollgate gateway --upstream http://127.0.0.1:3000 --public-url https://api.example.com', 'one server'],
    ['tollgate gateway --config /etc/tollgate/gateway.yaml', 'routes, hosts, keys and replay'],
  ],
  epilogue:
    'Prints one JSON line per request. SIGHUP reads the file again. SIGTERM and SIGINT finish the open requests, then stop.',
  async run(args, io) {
    const { source, names } = await readSource(args, io)
    const { checkConfiguration, runGateway, ConfigurationError } = await import('@tollgate/gateway')
    const env = { ...io.variables, ...io.env }
    try {
      if ('file' in source && args.has('check')) {
        await checkConfiguration(source.file, { onMessage: (message) => tell(io, message), env })
        print(io, `${source.file}: no mistake was found`)
        return EXIT.ok
      }
      await asUsageLater(() => runGateway(source, { env }), names)
    } catch (error) {
      if (error instanceof ConfigurationError) throw new UsageError(error.message)
      const [listen, admin] = ['listen', 'admin'].map((name) => readAddress(args, name)?.port)
      const ports = args.has('config') ? {} : { listen: listen ?? 8080, admin }
      throw toListenError(error, ports)
    }
    setTimeout(endNow, endMs).unref()
    return EXIT.ok
  },
}

/** After the stop, nothing should be left that keeps the process alive. */
const endMs = 2000

/**
 * Ends the process although something is left: log lines that no one reads, or a look-up of a name.
 * `process.exit()` would wait for the look-up. Supervisors expect this signal after a SIGTERM.
 */
function endNow(): void {
  process.removeAllListeners('SIGTERM')
  process.kill(process.pid, 'SIGTERM')
}

async function readSource(args: Args, io: Io): Promise<{ source: Source; names: OptionNames }> {
  const file = args.text('config')
  if (file !== undefined) {
    const besides = Object.keys(command.flags).filter(
      (name) => !['config', 'dotenv', 'check'].includes(name) && args.has(name),
    )
    if (besides.length > 0)
      throw new UsageError(`--config replaces the other flags: leave out --${besides.join(', --')}.`)
    return { source: { file }, names: {} }
  }
  if (args.has('check')) throw new UsageError('--check needs the file to check: --config FILE.')
  const upstream = readUpstream(args)
  if (upstream === undefined)
    throw new UsageError('--upstream is missing: the URL of the server behind the gateway (or use --config FILE).')
  const publicUrl = args.list('public-url')
  const [firstUrl] = publicUrl
  if (firstUrl === undefined) throw new UsageError('--public-url is missing: how Twilio reaches this gateway.')
  const secrets = await readSecrets(args, io)
  const route: Route = {
    path: '/',
    upstream,
    publicUrl: publicUrl.length > 1 ? publicUrl : firstUrl,
    mode: args.choice('mode', ['enforce', 'observe']),
    maxBodyBytes: args.integer('max-body-bytes', 1, 999_999_999),
    webSocket: args.has('web-socket'),
    ...readSharedOptions(args, secrets),
  }
  const admin = readAddress(args, 'admin')
  const options: GatewayOptions = {
    listen: readAddress(args, 'listen'),
    ...(admin !== undefined && { admin }),
    log: args.has('quiet') ? 'silent' : 'info',
    ...(args.has('diagnose') && { diagnose: true }),
    routes: [route],
  }
  return { source: { loaded: { options, graceMs: 15_000 } }, names: secrets.names }
}
