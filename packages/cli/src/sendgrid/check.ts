import { basename } from 'node:path'
import { diagnoseSendGrid, type SendGridDiagnosis } from 'tollgate/diagnose'
import { type RecordedRequest, toIncoming } from 'tollgate/requests'
import { createSendGridVerifier, type SendGridVerdict } from 'tollgate/sendgrid'
import type { Args } from '../args.ts'
import { asUsage, asUsageLater, EXIT } from '../exit.ts'
import { colorsFor, type Io, print, printJson, tell } from '../io.ts'
import { readText } from '../read-text.ts'
import { requirePublicKeys } from './keys.ts'

const maxBodyBytes = 16 * 1024 * 1024

/** Runs `tollgate verify` for a request of SendGrid. */
export async function verifySendGrid(given: RecordedRequest, args: Args, io: Io): Promise<number> {
  const publicKey = await requirePublicKeys(args, io)
  const verifier = asUsage(() => createSendGridVerifier({ publicKey, maxBodyBytes }))
  const verdict = await verifier.verify(toIncoming(given))
  if (args.has('json')) printJson(io, toJson(verdict))
  else print(io, formatVerdict(verdict, io))
  if (!verdict.ok && !args.has('json')) tell(io, 'To find out why, run tollgate diagnose with the same flags.')
  return verdict.ok ? EXIT.ok : EXIT.notGenuine
}

/** Explains a request of SendGrid with the keys and limits of the flags. */
export async function explainSendGrid(given: RecordedRequest, args: Args, io: Io): Promise<SendGridDiagnosis> {
  const publicKey = await requirePublicKeys(args, io)
  const otherKeys: Record<string, string> = {}
  for (const path of args.list('other-key-file'))
    otherKeys[basename(path)] = await readText(io, path, '--other-key-file')
  const maxTries = args.integer('max-tries', 1, 10_000)
  return await asUsageLater(() => diagnoseSendGrid(toIncoming(given), { publicKey, otherKeys, maxTries, maxBodyBytes }))
}

function toJson(verdict: SendGridVerdict): object {
  if (!verdict.ok) {
    const { code, status, message } = verdict
    return { genuine: false, code, status, message }
  }
  const { signedAt, stale, matched, events } = verdict
  return { genuine: true, covers: 'timestamp-and-body', key: matched.key, signedAt, stale, events: events.length }
}

function formatVerdict(verdict: SendGridVerdict, io: Io): string {
  const { green, red } = colorsFor(io.stdout, io.env)
  if (!verdict.ok) return `${red('not genuine')}: ${verdict.code}\n  ${verdict.message}`
  const { signedAt, stale, matched, events } = verdict
  const { key } = matched
  const rows: [string, string][] = [
    ['covers', 'the timestamp and every byte of the body, not the URL'],
    ['key', `public key ${'name' in key ? key.name : key.index + 1}`],
    ['signed at', `${signedAt.toISOString()}${stale ? ', more than 300 seconds ago' : ''}`],
    ['events', String(events.length)],
  ]
  return [green('genuine'), ...rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`)].join('\n')
}
