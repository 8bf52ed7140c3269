import { splitUrl } from 'tollgate/requests'
import { addScheme } from '../addresses.ts'
import { type ConformCase, conformCases, prepareCase, type Receiver } from '../conform/cases.ts'
import { EXIT, UsageError } from '../exit.ts'
import { colorsFor, hideQuery, type Io, print, printJson } from '../io.ts'
import { authTokenFlags, readSecrets } from '../secrets.ts'
import { type Delivery, deliverForStatus } from '../sending/deliver.ts'
import { startProgress } from '../sending/progress.ts'
import type { Command } from './command.ts'

export const command: Command = {
  words: '',
  flags: {
    to: { type: 'text', value: 'URL', describe: 'The URL of the receiver: http or https' },
    'public-url': {
      type: 'text',
      value: 'URL',
      describe: 'The URL of the receiver as Twilio has it, if it is not --to; its host is sent as the Host header',
    },
    timeout: { type: 'text', value: 'SECONDS', describe: 'How long to wait for each answer; default 15' },
    json: { type: 'switch', describe: 'Print one JSON document' },
    ...authTokenFlags,
  },
  examples: [
    ['tollgate conform --to http://127.0.0.1:5000/sms', 'a server in any language'],
    ['tollgate conform --to http://127.0.0.1:5000/sms --public-url https://api.example.com/sms', 'as behind a proxy'],
  ],
  epilogue:
    'The receiver has only to answer genuine requests with 2xx and all others with another status, or to close the connection. Send to a server for tests: it handles each genuine request. Exits with 1 if the score is not full.',
  async run(args, io) {
    const to = addScheme(args.text('to') ?? '', 'http')
    if (to === '') throw new UsageError('--to is missing: the URL of the receiver.')
    const publicUrl = args.text('public-url') ?? to
    for (const [flag, url] of [
      ['--to', to],
      ['--public-url', publicUrl],
    ] as const)
      checkUrl(flag, url)
    const { authTokens } = await readSecrets(args, io)
    const [authToken] = authTokens
    if (authToken === undefined) throw new UsageError('This command signs with an Auth Token.')
    const timeoutMs = (args.integer('timeout', 1, 600) ?? 15) * 1000
    const results = await tryAll({ to, publicUrl, authToken }, timeoutMs, io)
    const score = { genuine: count(results, 'genuine'), forged: count(results, 'forged') }
    if (args.has('json')) printJson(io, { to: hideQuery(to), publicUrl, score, cases: results.map(toJson) })
    else printScore(io, results, score)
    return results.every(({ isRight }) => isRight) ? EXIT.ok : EXIT.notGenuine
  },
}

/** Refuses a URL to which a query cannot be added, or which names no route. */
function checkUrl(flag: string, url: string): void {
  const parts = splitUrl(url)
  if (parts === undefined || !/^https?$/.test(parts.scheme) || parts.userinfo !== '' || /[?#]/.test(url))
    throw new UsageError(
      `${flag} needs an http or https URL with a path, and without a query, a fragment and a password.`,
    )
}

interface Result {
  readonly one: ConformCase
  /** 0: there was no answer. */
  readonly status: number
  /** True if a genuine request was accepted, or a forged one was not. */
  readonly isRight: boolean
}

async function tryAll(receiver: Receiver, timeoutMs: number, io: Io): Promise<Result[]> {
  const results: Result[] = []
  const progress = startProgress(io, conformCases.length)
  try {
    for (const one of conformCases) {
      const status = await askStatus(prepareCase(one, receiver), receiver, timeoutMs)
      const isAccepted = status >= 200 && status < 300
      results.push({ one, status, isRight: isAccepted === (one.kind === 'genuine') })
      progress.advance()
    }
  } finally {
    progress.stop()
  }
  return results
}

/**
 * Returns 0 for a connection that the receiver closed without an answer, which is what many servers
 * do after an exception.
 * @throws UnreachableError if it does not answer the first case either: then it has crashed, and
 *   its silence would look like a good check
 */
async function askStatus(delivery: Delivery, receiver: Receiver, timeoutMs: number): Promise<number> {
  try {
    return await deliverForStatus(delivery, timeoutMs)
  } catch (error) {
    const [first] = conformCases
    const { cause }: { readonly cause?: unknown } = Object(error)
    if (first === undefined || !['ECONNRESET', 'EPIPE'].includes(Object(cause).code)) throw error
    await deliverForStatus(prepareCase(first, receiver), timeoutMs)
    return 0
  }
}

interface Count {
  readonly right: number
  readonly of: number
}

function count(results: readonly Result[], kind: ConformCase['kind']): Count {
  const own = results.filter(({ one }) => one.kind === kind)
  return { right: own.filter(({ isRight }) => isRight).length, of: own.length }
}

function toJson({ one: { id, kind, what, attack, source }, status, isRight }: Result): object {
  return { id, kind, what, ...(attack && { attack }), ...(source && { source }), status, right: isRight }
}

function printScore(io: Io, results: readonly Result[], { genuine, forged }: Record<ConformCase['kind'], Count>): void {
  const colors = colorsFor(io.stdout, io.env)
  for (const kind of ['genuine', 'forged'] as const) {
    const wrong = results.filter(({ one, isRight }) => one.kind === kind && !isRight)
    if (wrong.length === 0) continue
    print(io, colors.red(kind === 'genuine' ? 'Genuine, but refused:' : 'Forged, but accepted:'))
    for (const { one, status } of wrong) print(io, `  ${one.id.padEnd(22)}${status || 'no answer'}  ${one.what}`)
  }
  print(io, `genuine accepted  ${genuine.right} of ${genuine.of}`)
  print(io, `forged refused    ${forged.right} of ${forged.of}`)
  if (genuine.right === 0)
    print(io, 'No genuine request was accepted: compare the Auth Token, --public-url and the path of the receiver.')
}
