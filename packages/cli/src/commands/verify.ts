import type { Accepted, Rejected, Verdict } from 'tollgate'
import { splitUrl, toIncoming } from 'tollgate/internal'
import { asUsage, EXIT } from '../exit.ts'
import { inputFlags, readRequest } from '../inputs/index.ts'
import { colorsFor, hideQuery, type Io, print, printJson, tell } from '../io.ts'
import { toVerifierOptions } from '../public-url.ts'
import { findSigner, hasKey, keyFlags, otherSchemes } from '../schemes/keys.ts'
import { readSecrets, readSecretsIfAny, requireSecrets, secretFlags } from '../secrets.ts'
import { verifierFlags } from '../verifier-options.ts'
import { type Command, takeNothing } from './command.ts'

export const command: Command = {
  words: '[FILE|-]',
  flags: {
    ...inputFlags,
    ...verifierFlags,
    ...keyFlags,
    json: takeNothing('Print one JSON document'),
    ...secretFlags,
  },
  examples: [
    ['tollgate verify --url https://example.com/sms --param From=+15551230001 --signature …', 'from flags'],
    ['pbpaste | tollgate verify', 'a copied curl command, raw request, HAR file or JSON'],
    ['tollgate verify --har session.har --entry 3', 'one entry of a HAR file'],
    ['tollgate verify --raw request.txt --public-url https://example.com', 'as the server saw it'],
    ...otherSchemes.map(({ title, keys }): [string, string] => [
      `tollgate verify --raw request.txt --${keys.flag}-file key.pem`,
      `a webhook of ${title}`,
    ]),
  ],
  async run(args, io) {
    const secrets = hasKey(args, io) ? await readSecretsIfAny(args, io) : await readSecrets(args, io)
    const given = await readRequest(args, io)
    const scheme = findSigner(given, args)
    if (scheme !== undefined) return await (await import('../schemes/check.ts')).verifyOther(scheme, given, args, io)
    const { options, publicUrl } = toVerifierOptions(args, io, given, requireSecrets(secrets))
    const request = toIncoming(given)
    const { createVerifier } = await import('tollgate')
    const verdict = await asUsage(() => createVerifier(options), secrets.names).verify(request)
    const asGiven = `${publicUrl}${request.url}`
    if (args.has('json')) printJson(io, toJson(verdict, asGiven))
    else print(io, formatVerdict(verdict, asGiven, io))
    if (!verdict.ok && !args.has('json')) tell(io, 'To find out why, give the same request to tollgate diagnose.')
    return verdict.ok ? EXIT.ok : EXIT.notGenuine
  },
}

function toJson(verdict: Verdict, asGiven: string): object {
  if (!verdict.ok) {
    const { code, status, message, tried } = verdict
    return { genuine: false, code, status, message, tried }
  }
  const { handshake, covers, accountSid, matched } = verdict
  return {
    genuine: true,
    handshake,
    covers,
    accountSid: accountSid ?? null,
    key: matched.key,
    algorithm: matched.algorithm,
    url: hideQuery(matched.url),
    urlForm: describeForm(matched.url, asGiven),
  }
}

export function formatVerdict(verdict: Verdict, asGiven: string, io: Io): string {
  return verdict.ok ? formatAccepted(verdict, asGiven, io) : formatRejected(verdict, io)
}

const coverage: Readonly<Record<Accepted['covers'], string>> = {
  params: 'the URL and every form parameter',
  body: 'the URL and every byte of the body (bodySHA256)',
  url: 'the URL only',
}

function formatAccepted({ covers, accountSid, matched }: Accepted, asGiven: string, io: Io): string {
  const colors = colorsFor(io.stdout, io.env)
  const { key } = matched
  const rows: [string, string][] = [
    ['covers', coverage[covers]],
    ['account', accountSid ?? 'none is proven'],
    ['key', key.kind === 'shared_key' ? `SharedKey ${key.id}` : `Auth Token ${key.index + 1}`],
    ['algorithm', matched.algorithm],
    ['signed URL', hideQuery(matched.url)],
    ['URL form', describeForm(matched.url, asGiven)],
  ]
  return [colors.green('genuine'), ...rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`)].join('\n')
}

function formatRejected({ code, message, tried }: Rejected, io: Io): string {
  const colors = colorsFor(io.stdout, io.env)
  const urls = tried.length === 0 ? [] : ['  URL forms tried:', ...tried.map((url) => `    ${hideQuery(url)}`)]
  return [`${colors.red('not genuine')}: ${code}`, `  ${message}`, ...urls].join('\n')
}

/** Describes how the signed URL differs from the given one. */
function describeForm(signed: string, asGiven: string): string {
  if (signed === asGiven) return 'as given'
  const [one, other] = [splitUrl(signed), splitUrl(asGiven)]
  const differs: [string, boolean][] = [
    [`with the scheme ${one?.scheme}`, one?.scheme !== other?.scheme],
    [/:\d+$/.test(one?.authority ?? '') ? 'with the port' : 'without the port', one?.authority !== other?.authority],
    ['with a different last slash or query encoding', one?.target !== other?.target],
  ]
  return differs.flatMap(([what, is]) => (is ? [what] : [])).join(', ')
}
