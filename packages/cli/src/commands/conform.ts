import { splitUrl } from 'tollgate/internal'
import { addScheme } from '../addresses.ts'
import { type ConformCase, conformCases, prepareCase, type Receiver } from '../conform/cases.ts'
import { type Answered, type Fault, findFaults, judge, type Outcome, type Result } from '../conform/judge.ts'
import { EXIT, UsageError } from '../exit.ts'
import { colorsFor, hideQuery, type Io, print, printJson } from '../io.ts'
import { didYouMean } from '../nearest.ts'
import { authTokenFlags, readSecrets } from '../secrets.ts'
import { type Delivery, deliverForHead } from '../sending/deliver.ts'
import { readBase } from '../sending/prepare.ts'
import { startProgress } from '../sending/progress.ts'
import { type Command, takeList, takeNothing, takeText } from './command.ts'

const ids = conformCases.map(({ id }) => id)

export const command: Command = {
  words: '',
  flags: {
    to: takeText('URL', 'The URL of the receiver: http or https'),
    'public-url': takeText(
      'URL',
      "The receiver's publicUrl, if it is not the address of --to; its host is sent as the Host header",
    ),
    accept: takeList('ID', 'A case that may fail; repeatable'),
    timeout: takeText('SECONDS', 'How long to wait for each answer; default 15'),
    json: takeNothing('Print one JSON document'),
    ...authTokenFlags,
  },
  examples: [
    ['tollgate conform --to http://127.0.0.1:5000/sms', 'a server in any language'],
    ['tollgate conform --to http://127.0.0.1:5000/sms --public-url https://api.example.com', 'as behind a proxy'],
  ],
  epilogue:
    'The receiver has only to answer genuine requests with 2xx and all others with another status, or to close the connection. Send to a server for tests: it handles each genuine request. Exits with 1 if a case fails that --accept does not name.',
  async run(args, io) {
    const to = addScheme(args.text('to') ?? '', 'http')
    if (to === '') throw new UsageError('--to is missing: the URL of the receiver.')
    checkUrl('--to', to)
    const given = args.text('public-url')
    if (given !== undefined) checkUrl('--public-url', given)
    const publicUrl = given === undefined ? to : readBase({ to, publicUrl: given }) + (splitUrl(to)?.target ?? '')
    const accept = args.list('accept')
    const unknown = accept.find((id) => !ids.includes(id))
    if (unknown !== undefined)
      throw new UsageError(`--accept: there is no such case.${didYouMean(unknown, ids) || ' --json lists the ids.'}`)
    const { authTokens } = await readSecrets(args, io)
    const [authToken] = authTokens
    if (authToken === undefined) throw new UsageError('This command signs with an Auth Token.')
    const timeoutMs = (args.integer('timeout', 1, 600) ?? 15) * 1000
    const results = await tryAll({ to, publicUrl, authToken }, timeoutMs, accept, io)
    const faults = findFaults(results)
    const score = { genuine: count(results, 'genuine'), forged: count(results, 'forged') }
    if (args.has('json'))
      printJson(io, { to: hideQuery(to), publicUrl, score, faults: faults.map(toJson), cases: results.map(caseToJson) })
    else printScore(io, results, faults, score)
    return faults.length === 0 ? EXIT.ok : EXIT.notGenuine
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

async function tryAll(
  receiver: Receiver,
  timeoutMs: number,
  accept: readonly string[],
  io: Io,
): Promise<readonly Result[]> {
  const answers: (readonly [ConformCase, Answered])[] = []
  const progress = startProgress(io, conformCases.length)
  try {
    for (const one of conformCases) {
      answers.push([one, await ask(prepareCase(one, receiver), receiver, timeoutMs)])
      progress.advance()
    }
  } finally {
    progress.stop()
  }
  const refused = answers.filter(([{ kind, method }]) => kind === 'forged' && method === 'POST')
  const refusals = new Set(refused.map(([, { status }]) => status))
  return answers.map(([one, answered]) => ({
    one,
    status: answered.status,
    outcome: judge(one, answered, accept, refusals),
  }))
}

/**
 * Returns status 0 for a connection that the receiver closed without an answer, which is what many servers
 * do after an exception.
 * @throws UnreachableError if it does not answer the first case either: then it has crashed, and
 *   its silence would look like a good check
 */
async function ask(delivery: Delivery, receiver: Receiver, timeoutMs: number): Promise<Answered> {
  try {
    return await deliverForHead(delivery, timeoutMs)
  } catch (error) {
    const [first] = conformCases
    const { cause }: { readonly cause?: unknown } = Object(error)
    if (first === undefined || !['ECONNRESET', 'EPIPE'].includes(Object(cause).code)) throw error
    await deliverForHead(prepareCase(first, receiver), timeoutMs)
    return { status: 0, headers: {} }
  }
}

interface Count {
  readonly right: number
  readonly of: number
}

function count(results: readonly Result[], kind: ConformCase['kind']): Count {
  const own = results.filter(({ one, outcome }) => one.kind === kind && outcome !== 'absent')
  return { right: own.filter(({ outcome }) => outcome === 'right').length, of: own.length }
}

function caseToJson({ one: { id, kind, what, attack, source }, status, outcome }: Result): object {
  return { id, kind, what, ...(attack && { attack }), ...(source && { source }), status, outcome }
}

function toJson({ cause, results }: Fault): object {
  return { ...cause, cases: results.map(({ one }) => one.id) }
}

const shown = 3

function printScore(
  io: Io,
  results: readonly Result[],
  faults: readonly Fault[],
  { genuine, forged }: Record<'genuine' | 'forged', Count>,
): void {
  const colors = colorsFor(io.stdout, io.env)
  for (const { cause, results: own } of faults) {
    print(io, colors.red(`${cause.title}: ${own.length === 1 ? '1 case' : `${own.length} cases`}`))
    for (const { one, status } of own.slice(0, shown)) {
      const verb = one.kind === 'genuine' ? 'refused' : 'accepted'
      print(io, `  ${one.id.padEnd(22)}${status || 'no answer'}, ${verb}: ${one.what}`)
    }
    if (own.length > shown) print(io, `  and ${listIds(own.slice(shown))}`)
    if (cause.rule !== undefined) print(io, `  Twilio: “${cause.rule}”`)
  }
  const others: readonly (readonly [outcome: Outcome, words: string])[] = [
    ['expected', 'Failed as --accept says'],
    ['absent', 'Not judged, because the receiver has no route for the method'],
    ['limit', 'Accepted, as the scheme cannot tell them from genuine requests (a gateway can)'],
  ]
  for (const [outcome, words] of others) {
    const own = results.filter((result) => result.outcome === outcome)
    if (own.length > 0) print(io, `${words}: ${listIds(own)}`)
  }
  print(io, `genuine accepted  ${genuine.right} of ${genuine.of}`)
  print(io, `forged refused    ${forged.right} of ${forged.of}`)
  if (faults.length > 0) print(io, 'How Twilio signs: https://www.twilio.com/docs/usage/security')
}

function listIds(results: readonly Result[]): string {
  return results.map(({ one }) => one.id).join(', ')
}
