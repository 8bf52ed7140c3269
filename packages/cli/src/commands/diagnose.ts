import { type Diagnosis, diagnose } from 'tollgate/diagnose'
import { formatCauses, formatFixes, guessFlags, readGuesses } from '../diagnosis.ts'
import { asUsageLater, EXIT, UsageError } from '../exit.ts'
import { inputFlags, readRequest } from '../inputs/index.ts'
import { toIncoming } from '../inputs/request.ts'
import { type Colors, cleanText, colorsFor, print, printJson } from '../io.ts'
import { readSecrets, secretFlags } from '../secrets.ts'
import { apiFlags } from '../twilio-api/credentials.ts'
import { toVerifierOptions, verifierFlags } from '../verifier-options.ts'
import { type Command, inGroup } from './command.ts'

export const command: Command = {
  words: '[-]',
  flags: {
    ...inputFlags,
    ...verifierFlags,
    ...guessFlags,
    ...inGroup('Ask Twilio what it sent, and compare:', {
      alert: {
        type: 'text',
        value: 'NO…',
        describe: 'The webhook of this alert, with the request above or --public-url',
      },
      call: { type: 'text', value: 'CA…', describe: 'A webhook of this call: the last that failed' },
      event: { type: 'text', value: 'N', describe: 'With --call: the number of the webhook, from 1' },
      recent: { type: 'switch', describe: 'List the last failed webhooks, to choose an alert' },
      'show-values': { type: 'switch', describe: 'Print the values of parameters and queries, which may be messages' },
    }),
    ...apiFlags,
    json: { type: 'switch', describe: 'Print one JSON document' },
    ...secretFlags,
  },
  examples: [
    ['tollgate diagnose', 'paste a curl command, then Enter'],
    ['tollgate diagnose --curl failing.txt --prefix /api', 'from a file, with a prefix to try'],
    ['tollgate diagnose --raw request.txt --public-url https://example.com', 'as the server saw it'],
    ['tollgate diagnose --capture request.json --other-token-file tokens.txt --json', 'for a script'],
    ['tollgate diagnose --recent', 'the last failed webhooks of the account'],
    ['tollgate diagnose --alert NO… --curl failing.txt', 'what Twilio sent, and what the server saw'],
    ['tollgate diagnose --alert NO… --public-url https://example.com', 'what Twilio sent, and the configuration'],
  ],
  async run(args, io) {
    const asked = args.only(['alert', 'call', 'recent'])
    if (asked !== undefined) return await (await import('../twilio-api/explain.ts')).explainSent(args, io)
    for (const name of ['event', 'show-values', 'credentials-file', 'api-url'])
      if (args.has(name)) throw new UsageError(`--${name} needs --alert, --call or --recent.`)
    const secrets = await readSecrets(args, io)
    const guesses = await readGuesses(args, io)
    const given = await readRequest(args, io)
    const { options } = toVerifierOptions(args, io, given, secrets)
    const diagnosis = await asUsageLater(() => diagnose(toIncoming(given), { ...options, ...guesses }))
    if (args.flag('json')) printJson(io, toJson(diagnosis))
    else print(io, formatDiagnosis(diagnosis, colorsFor(io.stdout, io.env)))
    return diagnosis.verdict.ok ? EXIT.ok : EXIT.notGenuine
  },
}

/** Leaves out most of the verdict: unlike a diagnosis, it does not mask message texts. */
function toJson({ verdict, proven, ...rest }: Diagnosis): object {
  const code = verdict.ok ? null : verdict.code
  return { genuine: verdict.ok, code, proven: proven ?? null, ...rest }
}

function formatDiagnosis(diagnosis: Diagnosis, colors: Colors): string {
  const { verdict, proven, suspected, ruledOut, tried } = diagnosis
  if (verdict.ok) return `${colors.green('genuine')}: nothing to fix.`
  const lines = [`${colors.red('not genuine')}: ${verdict.code}`]
  if (proven !== undefined && proven.causes.length > 0) {
    const { causes, signedUrl, setting } = proven
    const what = causes.length === 1 ? 'this' : `these ${causes.length}`
    lines.push(`Proven: undoing ${what} makes the signature match (${tried} tried).`, ...formatCauses(causes, colors))
    lines.push(`Signed URL: ${cleanText(signedUrl)}`)
    if (setting !== undefined) lines.push(`Option:     ${colors.bold(cleanText(setting))}`)
    lines.push('Fix:', ...formatFixes(causes))
  } else if (suspected.length > 0) {
    lines.push(`Nothing is proven (${tried} tried). Suspected, most likely first:`, ...formatCauses(suspected, colors))
    if (ruledOut !== undefined) lines.push(cleanText(ruledOut))
    lines.push('To try:', ...formatFixes(suspected))
    if (ruledOut !== undefined)
      lines.push('To settle it, add what may be right: --other-token-file FILE, --other-url URL, --prefix /PATH.')
  } else lines.push(verdict.message, `Nothing is proven (${tried} tried), and nothing is suspected.`)
  return lines.join('\n')
}
