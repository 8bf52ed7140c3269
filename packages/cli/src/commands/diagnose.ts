import { type Cause, type Diagnosis, diagnose } from 'tollgate/diagnose'
import type { Args } from '../args.ts'
import { asUsageLater, EXIT } from '../exit.ts'
import { inputFlags, readRequest } from '../inputs/index.ts'
import { splitUrl, toIncoming } from '../inputs/request.ts'
import { type Colors, cleanText, colorsFor, type Io, print, printJson } from '../io.ts'
import { readOtherTokens, readSecrets, secretFlags } from '../secrets.ts'
import { toVerifierOptions, verifierFlags } from '../verifier-options.ts'
import { type Command, inGroup } from './command.ts'

export const command: Command = {
  words: '[-]',
  flags: {
    ...inputFlags,
    ...verifierFlags,
    ...inGroup('Guesses to try:', {
      'other-token-file': {
        type: 'list',
        value: 'FILE',
        describe: 'Auth Tokens that may have signed, one per line, as TOKEN or NAME=TOKEN; repeatable',
      },
      'other-host': { type: 'list', value: 'HOST', describe: 'A host that Twilio may have called; repeatable' },
      prefix: {
        type: 'list',
        value: '/PATH',
        describe: 'A path prefix that a proxy may have stripped or added; repeatable',
      },
      'max-tries': { type: 'text', value: 'N', describe: 'Compute at most N signatures; default 20,000' },
    }),
    json: { type: 'switch', describe: 'Print one JSON document' },
    ...secretFlags,
  },
  examples: [
    ['tollgate diagnose', 'paste a curl command, then Enter'],
    ['tollgate diagnose --curl failing.txt --prefix /api', 'from a file, with a prefix to try'],
    ['tollgate diagnose --raw request.txt --public-url https://example.com', 'as the server saw it'],
    ['tollgate diagnose --capture request.json --other-token-file tokens.txt --json', 'for a script'],
  ],
  async run(args, io) {
    const secrets = await readSecrets(args, io)
    const guesses = await readGuesses(args, io)
    const given = await readRequest(args, io)
    const { options } = toVerifierOptions(args, io, given, secrets)
    const diagnosis = await asUsageLater(() => diagnose(toIncoming(given), { ...options, ...guesses }))
    if (args.flag('json')) printJson(io, toJson(diagnosis))
    else print(io, formatDiagnosis(diagnosis, given.url, colorsFor(io.stdout, io.env)))
    return diagnosis.verdict.ok ? EXIT.ok : EXIT.notGenuine
  },
}

async function readGuesses(args: Args, io: Io): Promise<object> {
  const otherTokens = await readOtherTokens(args.list('other-token-file'), io)
  const maxTries = args.integer('max-tries', 1, 1_000_000)
  return {
    ...(Object.keys(otherTokens).length > 0 && { otherTokens }),
    ...(args.has('other-host') && { otherHosts: args.list('other-host') }),
    ...(args.has('prefix') && { prefixes: args.list('prefix') }),
    ...(maxTries !== undefined && { maxTries }),
  }
}

/** Leaves out most of the verdict: unlike a diagnosis, it does not mask message texts. */
function toJson({ verdict, proven, suspected, urlForms, signingString, tried }: Diagnosis): object {
  const code = verdict.ok ? null : verdict.code
  return { genuine: verdict.ok, code, proven: proven ?? null, suspected, urlForms, signingString, tried }
}

/**
 * If the signed path ends with the path that the server saw, the rest in front of it is the right
 * public URL.
 */
function formatPublicUrl(signedUrl: string, url: string): string[] {
  const [signed, seen] = [splitUrl(signedUrl), splitUrl(url)]
  const [signedPath, seenPath] = [signed, seen].map((parts) => parts?.target.replace(/\?.*$/s, '') ?? '')
  if (!signed || !seen || !signedPath || !seenPath || !signedPath.endsWith(seenPath)) return []
  const publicUrl = signed.origin + signedPath.slice(0, -seenPath.length)
  return publicUrl === seen.origin ? [] : [`publicUrl:  ${cleanText(publicUrl)}`]
}

function formatDiagnosis({ verdict, proven, suspected, tried }: Diagnosis, url: string, colors: Colors): string {
  if (verdict.ok) return `${colors.green('genuine')}: nothing to fix.`
  const lines = [`${colors.red('not genuine')}: ${verdict.code}`]
  if (proven !== undefined && proven.causes.length > 0) {
    const { causes, signedUrl } = proven
    const what = causes.length === 1 ? 'this' : `these ${causes.length}`
    lines.push(`Proven: undoing ${what} makes the signature match (${tried} tried).`, ...listCauses(causes, colors))
    lines.push(`Signed URL: ${cleanText(signedUrl)}`, ...formatPublicUrl(signedUrl, url))
    lines.push('Fix:', ...listFixes(causes))
  } else if (suspected.length > 0) {
    lines.push(`Nothing is proven (${tried} tried). Suspected, most likely first:`, ...listCauses(suspected, colors))
    lines.push('To try:', ...listFixes(suspected))
  } else lines.push(verdict.message, `Nothing is proven (${tried} tried), and nothing is suspected.`)
  return lines.join('\n')
}

function listCauses(causes: readonly Cause[], colors: Colors): string[] {
  const width = Math.max(...causes.map(({ id }) => id.length))
  return causes.map(({ id, detail }) => `  ${colors.bold(id.padEnd(width))}  ${toLine(detail)}`)
}

function listFixes(causes: readonly Cause[]): string[] {
  return causes.map(({ fix }, index) => `  ${index + 1}. ${toLine(fix)}`)
}

function toLine(text: string): string {
  return cleanText(text).replace(/\s*\n\s*/g, ' ')
}
