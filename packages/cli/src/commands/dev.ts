import type { DevOptions, DevRun } from '@tollgate/inspector'
import type { Args } from '../args.ts'
import { asUsageLater, EXIT, UsageError } from '../exit.ts'
import { hideQuery, type Io, print, tell } from '../io.ts'
import { readSecretsIfAny, secretFlags } from '../secrets.ts'
import { publicKeyFlags, requirePublicKeys } from '../sendgrid/keys.ts'
import { trailingSlashFlag } from '../verifier-options.ts'
import type { Command } from './command.ts'
import { modeFlag, readAddress, toListenError } from './gateway.ts'

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
    listen: { type: 'text', value: 'HOST:PORT', describe: 'The address for webhooks; default 127.0.0.1:8080' },
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
    'account-sid': { type: 'list', value: 'AC…', describe: 'Accept only requests of this account; repeatable' },
    'sendgrid-path': { type: 'text', value: '/PATH', describe: "Where SendGrid's webhooks arrive; needs a public key" },
    ...publicKeyFlags,
    ...secretFlags,
  },
  examples: [
    ['tollgate dev', 'try it without an application or an account'],
    ['tollgate dev --upstream http://127.0.0.1:3000', 'in front of your application'],
    ['tollgate dev --upstream http://127.0.0.1:3000 --public-url https://abc.ngrok.app', 'behind a tunnel'],
  ],
  epilogue:
    "Prints one line per request. Without an Auth Token it accepts only the page's test webhooks. Ctrl-C stops it.",
  async run(args, io) {
    const options = await readOptions(args, io)
    // The signals are handled before anything opens, so that an early signal leaves nothing open.
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    const run = await start(options, io)
    introduce(run, options, io)
    await stopped
    await run.close()
    return EXIT.ok
  },
}

async function readOptions(args: Args, io: Io): Promise<DevOptions> {
  const { authTokens, sharedKey } = await readSecretsIfAny(args, io)
  const publicUrl = args.list('public-url')
  const accountSid = args.list('account-sid')
  const signWithRealToken = args.flag('sign-with-real-token')
  if (signWithRealToken && authTokens.length === 0)
    throw new UsageError('--sign-with-real-token needs an Auth Token: set TWILIO_AUTH_TOKEN, or use --auth-token-file.')
  const sendgridPath = args.text('sendgrid-path')
  return {
    upstream: args.text('upstream'),
    listen: readAddress(args, 'listen'),
    inspectorPort: args.integer('inspector-port', 0, 65_535),
    store: args.text('store'),
    mode: args.choice('mode', ['enforce', 'observe']),
    trailingSlash: args.choice('trailing-slash', ['exact', 'either']),
    signWithRealToken,
    ...(sendgridPath !== undefined && {
      sendgrid: { path: sendgridPath, publicKey: await requirePublicKeys(args, io) },
    }),
    ...(publicUrl.length > 0 && { publicUrl }),
    ...(authTokens.length > 0 && { authToken: authTokens }),
    ...(sharedKey !== undefined && { sharedKeys: { [sharedKey.id]: sharedKey.secret } }),
    ...(accountSid.length > 0 && { accountSid }),
  }
}

async function start(options: DevOptions, io: Io): Promise<DevRun> {
  const { formatExchange, StoreError, startDev } = await import('@tollgate/inspector')
  try {
    return await asUsageLater(() =>
      startDev({ ...options, onExchange: (exchange) => print(io, formatExchange(exchange)) }),
    )
  } catch (error) {
    if (error instanceof StoreError) throw new UsageError(`--store: ${error.message}`)
    throw toListenError(error)
  }
}

function introduce(run: DevRun, { upstream, authToken, sharedKeys, publicUrl }: DevOptions, io: Io): void {
  const known = publicUrl === undefined ? '' : `, known to Twilio as ${[publicUrl].flat().map(hideQuery).join(', ')}`
  tell(io, `Webhooks   ${run.gatewayUrl}${known}`)
  tell(io, `Upstream   ${upstream ?? 'a small built-in TwiML application'}`)
  tell(io, `Inspector  ${run.inspectorUrl}`)
  if (authToken === undefined && sharedKeys === undefined)
    tell(io, 'Without an Auth Token (TWILIO_AUTH_TOKEN) it accepts only the test webhooks that the page sends.')
}
