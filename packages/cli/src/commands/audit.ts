import type { Args } from '../args.ts'
import { compareWith, isAuditDocument } from '../audit/baseline.ts'
import { type AuditDocument, createDocument } from '../audit/document.ts'
import { type Known, listFindings } from '../audit/findings.ts'
import { readInventory } from '../audit/read.ts'
import { formatAudit } from '../audit/report.ts'
import { resourceNames } from '../audit/resources.ts'
import { dotenvFlag } from '../dotenv.ts'
import { EXIT, UsageError } from '../exit.ts'
import { colorsFor, type Io, print, printJson } from '../io.ts'
import { didYouMean } from '../nearest.ts'
import { parseJson, readText } from '../read-text.ts'
import { type Progress, startProgress } from '../sending/progress.ts'
import { createTwilioApi } from '../twilio-api/client.ts'
import { apiFlags, isAccountSid, readApiUrl, readCredentials } from '../twilio-api/credentials.ts'
import { parseWebhookUrl } from '../twilio-api/webhook-url.ts'
import { type Command, inGroup, takeList, takeNothing, takeText } from './command.ts'

export const command: Command = {
  words: '',
  flags: {
    ...inGroup('Compare with your servers:', {
      'public-url': takeList('URL', 'A publicUrl of yours: its host and path; repeatable'),
      config: takeText('FILE', "The gateway's configuration: its routes and SharedKeys"),
      'shared-key': takeList('ID', 'The id of a SharedKey that your server has; repeatable'),
      baseline: takeText('FILE', 'Show what changed since this audit, printed with --json'),
    }),
    ...inGroup('What to read:', {
      account: takeList('AC…', 'Only this account or subaccount; repeatable'),
      resource: {
        type: 'list',
        value: 'NAME',
        describe:
          'Only this kind of resource; repeatable. Of conversations and video-rooms, only the first 20 are read unless named',
        choices: resourceNames,
      },
      rate: takeText('N', 'At most N requests a second; default 10'),
    }),
    json: takeNothing('Print one JSON document'),
    ...apiFlags,
    ...dotenvFlag,
  },
  examples: [
    ['tollgate audit --public-url https://api.example.com', 'every URL, and those that another host would get'],
    ['tollgate audit --json > before.json', 'before a cut-over'],
    ['tollgate audit --baseline before.json', 'after it: what changed'],
    ['tollgate audit --resource phone-numbers --rate 50', 'one kind of resource, of many subaccounts'],
  ],
  epilogue: `Names for --resource:
${wrap(resourceNames)}

Reads only. Exits with 1 for an error or a warning (with --baseline: a new one), and with 3 if a
part could not be read. A note, or a missing permission, exits with 0.`,
  async run(args, io) {
    const scope = { accounts: readAccounts(args), resources: readResources(args) }
    const requestsPerSecond = args.integer('rate', 1, 100) ?? 10
    const known = await readKnown(args)
    const baseline = await readBaseline(args, io)
    const urlOf = readApiUrl(args)
    const credentials = await readCredentials(args, io)
    const api = createTwilioApi({ credentials, urlOf, requestsPerSecond })
    let progress: Progress | undefined
    const inventory = await readInventory(api, credentials, scope, {
      onStart: (steps) => {
        progress = startProgress(io, steps, 'reading')
      },
      onStep: () => progress?.advance(),
    }).finally(() => progress?.stop())
    const found = createDocument(inventory, scope, listFindings(inventory, known))
    const document = { ...found, changes: baseline === undefined ? null : compareWith(baseline, found) }
    if (args.has('json')) printJson(io, document)
    else print(io, formatAudit(document, api.requests, colorsFor(io.stdout, io.env)))
    return decideExit(document)
  },
}

function wrap(names: readonly string[]): string {
  return names
    .join(', ')
    .replace(/(.{1,110})(?: |$)/g, '  $1\n')
    .trimEnd()
}

function decideExit({ findings, changes, notRead }: AuditDocument): number {
  const counted = changes === null ? findings : changes.newFindings
  if (counted.some(({ level }) => level !== 'note')) return EXIT.notGenuine
  return notRead.some(({ kind }) => kind === 'failed') ? EXIT.unreachable : EXIT.ok
}

function readAccounts(args: Args): readonly string[] {
  const accounts = args.list('account')
  if (!accounts.every(isAccountSid)) throw new UsageError('--account needs AC and 32 hex digits.')
  return accounts
}

function readResources(args: Args): readonly string[] {
  const names = args.list('resource')
  for (const name of names)
    if (!resourceNames.includes(name))
      throw new UsageError(`--resource needs one of: ${resourceNames.join(', ')}.${didYouMean(name, resourceNames)}`)
  return [...new Set(names)]
}

async function readKnown(args: Args): Promise<Known> {
  const publicUrls = args.list('public-url')
  for (const url of publicUrls)
    if (parseWebhookUrl(url) === undefined)
      throw new UsageError('--public-url needs an absolute URL, such as https://api.example.com.')
  const ids = args.list('shared-key')
  const file = args.text('config')
  const configured = file === undefined ? undefined : await readGatewayFile(file)
  return {
    publicUrls: [...publicUrls, ...(configured?.publicUrls ?? [])],
    hasSharedKey:
      configured === undefined && ids.length === 0
        ? undefined
        : (id) => ids.includes(id) || configured?.hasSharedKey?.(id) === true,
  }
}

/**
 * Reads the routes and the ids of the SharedKeys, without the tokens and without starting anything.
 */
async function readGatewayFile(file: string): Promise<Known> {
  const { ConfigurationError, readConfiguration } = await import('@tollgate/gateway')
  const { fileKeys } = await import('tollgate/keys')
  try {
    const { routes: all, forwardAuth, keys } = readConfiguration(file)
    // Only these webhooks are listed in an account.
    const routes = all.filter((route) => 'publicUrl' in route)
    const auth = forwardAuth !== undefined && 'publicUrl' in forwardAuth ? forwardAuth : undefined
    const publicUrls = [
      ...routes.flatMap((route) => [route.publicUrl].flat().map((url) => url.replace(/\/$/, '') + route.path)),
      ...[auth?.publicUrl ?? []].flat(),
    ]
    const files = new Set([keys, auth?.keys, ...routes.map((route) => route.keys)].flatMap((each) => each?.file ?? []))
    const opened = [...files].map((path) => fileKeys(path, { allowReadableByOthers: true }))
    return { publicUrls, hasSharedKey: (id) => opened.some(({ sharedKeys }) => sharedKeys(id) !== undefined) }
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof TypeError)
      throw new UsageError(`--config: ${error.message}`)
    throw error
  }
}

async function readBaseline(args: Args, io: Io): Promise<AuditDocument | undefined> {
  const file = args.text('baseline')
  if (file === undefined) return undefined
  const value = parseJson(await readText(io, file, '--baseline'), 'The baseline')
  if (!isAuditDocument(value)) throw new UsageError('--baseline: this is not the output of tollgate audit --json.')
  return value
}
