import type { RejectionCode } from 'tollgate'
import {
  type Cause,
  type CauseInfo,
  causes,
  type DiagnoseOptions,
  type Diagnosis,
  diagnose,
  type Report,
  writeReport,
} from 'tollgate/diagnose'
import {
  type AnyScheme,
  findCaptureUse,
  findHeader,
  findSharedKeyId,
  isBodyLost,
  type RecordedRequest,
  splitUrl,
  toIncoming,
} from 'tollgate/internal'
import type { Args } from '../args.ts'
import { describeCut, formatCauses, guessFlags, listFixes, readGuesses, readTokensOfDotenv } from '../diagnosis.ts'
import { asUsageLater, EXIT, UsageError } from '../exit.ts'
import { fileFlags, findWholeUrl, readRequest, toArrived, writeSource } from '../inputs/index.ts'
import { type Colors, cleanText, colorsFor, hideQuery, type Io, print, printJson, tell } from '../io.ts'
import { findCaptured, toVerifierOptions } from '../public-url.ts'
import { findSigner, hasKey, oneKeyFlags, otherSchemes } from '../schemes/keys.ts'
import {
  askForLine,
  canAsk,
  readSecrets,
  readSecretsIfAny,
  requireSecrets,
  requireSharedKey,
  type Secrets,
  shortSecretFlags,
} from '../secrets.ts'
import { apiUrlFlag, isAccountSid } from '../twilio-api/credentials.ts'
import { publicUrlFlag } from '../verifier-options.ts'
import { type Command, inGroup, takeNothing } from './command.ts'

export const command: Command = {
  words: '[FILE|-]',
  flags: {
    ...fileFlags,
    ...inGroup('The server, and guesses to try:', { 'public-url': publicUrlFlag, ...guessFlags }),
    ...inGroup('Ask Twilio what it sent, and compare:', {
      alert: {
        type: 'optional',
        value: 'NO…|CA…',
        describe:
          'The webhook of this alert, or the last of this call that failed. Without an id: list the last that failed, and compare the one to the same path',
      },
      'api-url': apiUrlFlag,
    }),
    json: takeNothing('Print one JSON document'),
    ...inGroup('Keys (or TWILIO_AUTH_TOKEN and TOLLGATE_SHARED_KEY in the environment):', {
      ...shortSecretFlags,
      ...oneKeyFlags,
    }),
  },
  removed: {
    ...Object.fromEntries(
      ['raw', 'printed', 'capture', 'method'].map((name) => [
        name,
        'give the file as the argument, whose form is found: tollgate diagnose FILE',
      ]),
    ),
    ...Object.fromEntries(
      ['prefix', 'other-host'].map((name) => [name, 'use --other-url URL, with the whole URL that is set at Twilio']),
    ),
    ...Object.fromEntries(
      ['trailing-slash', 'allowed-account', 'max-tries'].map((name) => [name, 'leave it out, diagnose needs no value']),
    ),
    ...Object.fromEntries(['call', 'event'].map((name) => [name, 'use --alert CA…, for the last that failed'])),
    timestamp: "use --header 'NAME: SECONDS'",
    'other-token-file': 'use --other-key-file FILE',
    'show-values': 'values may be messages, so only their lengths are shown; the console has the values',
    'credentials-file': 'use --dotenv FILE',
    'auth-token-stdin': 'use --auth-token-file -',
    'shared-key-file': 'set TOLLGATE_SHARED_KEY, or use --dotenv FILE',
    ...Object.fromEntries(
      otherSchemes
        .filter(({ keys }) => !keys.isSecret)
        .map(({ keys }) => [`${keys.flag}-file`, `use --${keys.flag} "$(cat FILE)"`]),
    ),
  },
  examples: [
    ['tollgate diagnose', 'paste a curl command, then Enter'],
    ['tollgate diagnose failing.txt --public-url https://example.com', 'from a file, as the server saw it'],
    ['tollgate diagnose --last', 'the last request that was refused here'],
    ['tollgate diagnose --alert', 'the last failed webhooks of the account'],
    ['tollgate diagnose failing.txt --alert NO…', 'what Twilio sent, and what the server saw'],
    ['tollgate diagnose --alert NO… --public-url https://example.com', 'what Twilio sent, and the configuration'],
  ],
  async run(args, io) {
    if (args.has('alert')) return await (await import('../twilio-api/explain.ts')).explainSent(args, io)
    if (args.has('api-url') && !args.has('last')) throw new UsageError('--api-url needs --alert or --last.')
    // Read first, because it names the key to ask for. No other request can be read before a secret:
    // both may come from standard input.
    const kept = args.has('last') ? await readRequest(args, io) : undefined
    const keyId = kept && findSharedKeyId(kept.headers)
    const isOther = kept !== undefined && findSigner(kept, args) !== undefined
    const secrets =
      isOther || hasKey(args, io)
        ? await readSecretsIfAny(args, io, keyId)
        : await readSecrets(args, io, keyId, kept && nameOwner(kept))
    const ofDotenv = kept === undefined || isOther ? {} : await readTokensOfDotenv(args, io, secrets.authTokens)
    const read = await readGuesses(args, io)
    const guesses = { ...read, otherTokens: { ...ofDotenv, ...read.otherTokens } }
    const given = kept ?? (await readRequest(args, io))
    const scheme = findSigner(given, args)
    const first: Shown =
      scheme === undefined
        ? await explainTwilio(given, args, io, { secrets, guesses })
        : await (await import('../schemes/check.ts')).explainOther(scheme, given, args, io)
    const isOpen = scheme === undefined && !first.verdict.ok && first.proven === undefined
    const asTwilio = isOpen
      ? await (await import('../twilio-api/explain.ts')).explainUnasked(given, args, io)
      : undefined
    if (asTwilio !== undefined) {
      if (args.has('json')) printJson(io, { ...toJson(first), twilio: asTwilio.json })
      else print(io, asTwilio.text)
      return EXIT.notGenuine
    }
    const explained = isOpen ? await askForUrl(first, given, args, io, { secrets, guesses }) : first
    const found = args.has('last') ? explained : addFixesOfCopy(explained)
    const lost = args.has('last') ? undefined : describeLoss(given, found)
    const diagnosis =
      lost === undefined ? found : leaveOutBody(found, lost + (scheme === undefined ? askTwilio : ''), io)
    if (args.has('json')) printJson(io, toJson(diagnosis))
    else
      print(
        io,
        formatDiagnosis(
          diagnosis,
          {
            request: writeSource(args, given),
            scheme,
            pitfalls: given.pitfalls,
            given,
            hasPublicUrl: args.has('public-url'),
          },
          colorsFor(io.stdout, io.env),
        ),
      )
    return diagnosis.verdict.ok ? EXIT.ok : EXIT.notGenuine
  },
}

interface Known {
  readonly secrets: Secrets
  readonly guesses: DiagnoseOptions
}

/** Asks for the URL at Twilio if nothing else can settle it, and a person can answer. */
async function askForUrl(explained: Shown, given: RecordedRequest, args: Args, io: Io, known: Known): Promise<Shown> {
  if (
    explained.question === undefined ||
    ('isUrlKnown' in explained.question && explained.question.isUrlKnown) ||
    args.has('other-url') ||
    !canAsk(args, io) ||
    findWholeUrl(args, given) !== undefined
  )
    return explained
  const url = await askForLine(io, `${nameUrl(given)} (Enter if you do not have it):`)
  if (url === '') return explained
  const otherUrls = [/^\w+:\/\//.test(url) ? url : `${toIncoming(given).handshake ? 'wss' : 'https'}://${url}`]
  return await explainTwilio(given, args, io, { ...known, guesses: { ...known.guesses, otherUrls } })
}

function nameUrl(given: RecordedRequest): string {
  return toIncoming(given).handshake
    ? 'The URL of <Stream> or <ConversationRelay> in your TwiML'
    : 'The URL of this webhook in the Twilio console'
}

async function explainTwilio(
  given: RecordedRequest,
  args: Args,
  io: Io,
  { secrets, guesses }: Known,
): Promise<Diagnosis> {
  const keyId = findSharedKeyId(given.headers)
  const ofSite = findCaptured(args, given)
  if (ofSite !== undefined) tell(io, `Not using ${ofSite} as the public URL: it ${findCaptureUse(ofSite)}.`)
  const whole = findWholeUrl(args, given)
  const instead = ofSite !== undefined ? anyServer : whole && splitUrl(given.url)?.origin
  const { options } = toVerifierOptions(args, io, given, requireSecrets(secrets, keyId), instead)
  // The site is named, and its signature still shows if the key is right.
  const otherUrls = [
    ...(guesses.otherUrls ?? []),
    ...(whole === undefined ? [] : [whole]),
    ...(ofSite === undefined ? [] : [given.url]),
  ]
  const hints = {
    ...options,
    ...guesses,
    otherUrls,
    keyVerified: given.keyVerified,
    ownAccount: io.env.TWILIO_ACCOUNT_SID,
  }
  const diagnosis = await asUsageLater(() =>
    diagnose(toArrived(args, ofSite === undefined ? given : addHost(given, ofSite)), hints),
  )
  const { verdict, proven } = diagnosis
  if (!verdict.ok && verdict.code === 'key_unknown' && proven === undefined) requireSharedKey(keyId, secrets)
  if (args.has('last')) return diagnosis
  const isAssumed = instead === undefined && !args.has('public-url')
  return leaveOutStrangers(isAssumed ? leaveOutScheme(diagnosis, given) : diagnosis, given)
}

/** The scheme of a copied URL is often not the one that the server checks. A proxy that names another shows that it is. */
function leaveOutScheme({ proven, ...diagnosis }: Diagnosis, { headers }: RecordedRequest): Diagnosis {
  const isNamed = ['x-forwarded-proto', 'forwarded'].some((name) => findHeader(headers, name) !== undefined)
  const others = proven?.causes.filter(({ id }) => isNamed || id !== 'scheme') ?? []
  return { ...diagnosis, ...(proven && { proven: { ...proven, causes: others.length > 0 ? others : proven.causes } }) }
}

/** Names the account whose Auth Token signed a request: the one that it names, if it names one. */
function nameOwner({ url, headers, body }: RecordedRequest): string {
  const isForm = /^application\/x-www-form-urlencoded/i.test(findHeader(headers, 'content-type') ?? '')
  const texts = [/\?([^#]*)/.exec(url)?.[1] ?? '', isForm ? new TextDecoder().decode(body) : '']
  const named = texts.flatMap((text) => {
    const params = new URLSearchParams(text)
    return ['AccountSid', 'account_sid', 'interactionAccountSid'].flatMap((name) => params.getAll(name))
  })
  const [account = '', ...others] = new Set(named)
  const region = findHeader(headers, 'x-home-region') ?? ''
  const where = /^[a-z]{2}\d$/.test(region) && region !== 'us1' ? ` in the Region ${region}` : ''
  const isOne = others.length === 0 && isAccountSid(account)
  return (isOne ? `the account ${account}` : 'the account that owns the number or the resource') + where
}

/** Takes the place of a URL that belongs to no server of the user's. */
const anyServer = 'https://your-server.invalid'

/** A copy may have the host in its URL alone. */
function addHost(given: RecordedRequest, host: string): RecordedRequest {
  return findHeader(given.headers, 'host') === undefined
    ? { ...given, headers: [...given.headers, ['host', host]] }
    : given
}

/** Says what a copy lacks of its body, as the start of a sentence. `undefined` if nothing is known to be missing. */
function describeLoss(given: RecordedRequest, { verdict, proven }: Shown): string | undefined {
  if (given.parsedBody !== undefined) return undefined
  if (isBodyLost(given) || isLeftOut(given))
    return 'No body was found in the copy, and a signature covers the body: add it'
  if (verdict.ok || proven !== undefined) return undefined
  if (given.hasUnread) return 'The text behind the headers was not read. If it is the body, write it as Name=value&…'
  const cut = describeCut(given)
  return cut && `${cut} Give the whole body, which the signature covers`
}

const askTwilio = ', or ask Twilio what it sent, with --alert and then --alert NO…'

// A cause that several schemes have has one id.
const infos: Readonly<Record<string, CauseInfo>> = causes

/** A POST that says what its body is had one. A copy without its length may have left it out. */
function isLeftOut({ method, headers, body }: RecordedRequest): boolean {
  const [type, length] = ['content-type', 'content-length'].map((name) => findHeader(headers, name))
  return method === 'POST' && body === undefined && type !== undefined && length === undefined
}

/**
 * Leaves out what follows from the body that a copy does not have. If signatures were compared
 * without it in vain, nothing else is known either.
 * @param lost says what is missing and how to mend it, without its full stop
 * @throws UsageError if nothing is left
 */
function leaveOutBody({ question: _, ...diagnosis }: Shown, lost: string, io: Io): Shown {
  const { verdict, proven, suspected, tried } = diagnosis
  const isKnown = ({ id }: Cause<string>): boolean => infos[id]?.isOfLostBody !== true
  const [certain, likely] = [proven?.causes.filter(isKnown) ?? [], tried === 0 ? suspected.filter(isKnown) : []]
  if (!verdict.ok && certain.length + likely.length === 0) throw new UsageError(`${lost}.`)
  tell(io, `${lost}.`)
  return { ...diagnosis, suspected: likely, ...(proven && { proven: { ...proven, causes: certain } }) }
}

/** A copy often has few headers, so that missing ones are no sign of a stranger. */
function leaveOutStrangers(diagnosis: Diagnosis, { headers }: RecordedRequest): Diagnosis {
  const isPartial =
    findHeader(headers, 'user-agent') === undefined && findHeader(headers, 'x-twilio-signature') !== undefined
  const others = diagnosis.suspected.filter(({ id }) => !causes[id].isStranger)
  return isPartial && others.length > 0 ? { ...diagnosis, suspected: others } : diagnosis
}

/** A person may have written the copy, of any scheme. */
function addFixesOfCopy(diagnosis: Shown): Shown {
  const addFix = (cause: Cause<string>): Cause<string> => {
    const fixOfCopy = infos[cause.id]?.fixOfCopy
    return fixOfCopy === undefined ? cause : { ...cause, fix: `${fixOfCopy}\n${cause.fix}` }
  }
  const { proven, suspected } = diagnosis
  return {
    ...diagnosis,
    suspected: suspected.map(addFix),
    ...(proven && { proven: { ...proven, causes: proven.causes.map(addFix) } }),
  }
}

/** The part of a diagnosis that is shown, of any scheme. */
type Shown = Pick<Report, 'question'> & {
  readonly tried: number
  readonly verdict:
    | { readonly ok: true; readonly matched?: { readonly url?: string } }
    | { readonly ok: false; readonly code: RejectionCode; readonly message: string }
  readonly proven?: {
    readonly causes: readonly Cause<string>[]
    readonly signedUrl?: string
    readonly setting?: string | undefined
  }
  readonly suspected: readonly Cause<string>[]
}

/** Leaves out most of the verdict: unlike a diagnosis, it does not mask message texts. */
function toJson({ verdict, proven, ...rest }: Shown): object {
  const code = verdict.ok ? null : verdict.code
  return { genuine: verdict.ok, code, proven: proven ?? null, ...rest }
}

interface Context {
  readonly request: string
  readonly scheme: AnyScheme | undefined
  readonly pitfalls: readonly string[] | undefined
  readonly given: RecordedRequest
  /** The public URL of the server was given. */
  readonly hasPublicUrl: boolean
}

/**
 * What to do comes first, and what was ruled out comes last.
 * @param asked the flags that name the request again, and its scheme, if it is not the first
 */
function formatDiagnosis(
  diagnosis: Shown,
  { request, scheme, pitfalls = [], given, hasPublicUrl }: Context,
  colors: Colors,
): string {
  const { verdict, proven, suspected, question, tried } = diagnosis
  if (verdict.ok) {
    const { url } = verdict.matched ?? {}
    const isLast = request.startsWith('--last')
    let genuine = ': nothing to fix.'
    if (isLast)
      genuine = ` with this key${scheme === undefined ? ' and public URL' : ''}. Your server refused it, so that its key or ${scheme === undefined ? 'its "publicUrl"' : 'another of its options'} is another one.`
    else if (given.copyNote !== undefined)
      genuine = `, as a copy ${given.copyNote}. If your server refused it, its body was changed on the way too: verify the bytes as they arrive.`
    const notes = pitfalls.map((note) => `If other code refuses it: ${cleanText(note)}`)
    // A copy has the URL that Twilio called, which is not always the one that the server checked.
    if (url !== undefined && !hasPublicUrl && !isLast) notes.unshift(askForPublicUrl(url))
    return [
      colors.green('genuine') + genuine,
      ...(url === undefined ? [] : [`Signed URL: ${hideQuery(url)}`]),
      ...notes,
    ].join('\n')
  }
  const refused = `${colors.red('not genuine')}: ${verdict.code}`
  if (proven !== undefined && proven.causes.length > 0) {
    const { causes, signedUrl, setting } = proven
    const what = causes.length === 1 ? 'this' : `these ${causes.length}`
    const lines = formatToDo('Fix', causes)
    if (setting !== undefined) lines.push(`Option:     ${colors.bold(cleanText(setting))}`)
    lines.push(refused, `Proven: undoing ${what} makes the signature match (${tried} tried).`)
    lines.push(...formatCauses(causes, colors))
    if (signedUrl !== undefined) lines.push(`Signed URL: ${cleanText(signedUrl)}`)
    return lines.join('\n')
  }
  if (question !== undefined) {
    const report = { suspected, question: { ...question, commands: repeatInput(question, request) } }
    return [refused, ...writeReport(given, verdict, report as Report)].map(cleanText).join('\n')
  }
  if (suspected.length === 0)
    return [refused, verdict.message, `Nothing is proven (${tried} tried), and nothing is suspected.`].join('\n')
  const lines = [...formatToDo('Try', suspected), refused]
  lines.push(`Nothing is proven (${tried} tried). Seen:`, ...formatCauses(suspected, colors))
  return lines.join('\n')
}

/** Writes the commands of a question so that they read the same request. */
function repeatInput({ commands }: NonNullable<Report['question']>, request: string): readonly string[] {
  return commands.map((command) => command.replace(/(?<=^npx @tollgate\/cli diagnose)( --last)?/, ` ${request}`))
}

function askForPublicUrl(url: string): string {
  const [, scheme, host = '…'] = /^(\w+):\/\/([^/?#]*)/.exec(url) ?? []
  const perhaps = `${scheme === 'http' ? 'https' : 'http'}://${cleanText(host)}`
  return `If your server refused it, it checked another URL or another key: add --public-url with its publicUrl (perhaps ${perhaps}).`
}

/** Several fixes are numbered. */
function formatToDo(label: string, causes: readonly Cause<string>[]): string[] {
  const fixes = listFixes(causes)
  return fixes.map(
    (fix, index) => `${label}${fixes.length === 1 ? '' : ` ${index + 1}`}: ${fix.replaceAll('\n', '\n  ')}`,
  )
}
