import { basename } from 'node:path'
import type { AnyAccepted, Rejected } from 'tollgate'
import { type AnyScheme, type RecordedRequest, type SchemeDiagnosis, toIncoming } from 'tollgate/internal'
import type { Args } from '../args.ts'
import { asUsage, asUsageLater, EXIT, UsageError } from '../exit.ts'
import { toArrived } from '../inputs/index.ts'
import { colorsFor, type Io, print, printJson, tell } from '../io.ts'
import { readText } from '../read-text.ts'
import { requireKeys } from './keys.ts'

const maxBodyBytes = 16 * 1024 * 1024

/** Runs `tollgate verify` for a request of another scheme than the first. */
export async function verifyOther(scheme: AnyScheme, given: RecordedRequest, args: Args, io: Io): Promise<number> {
  const keys = await requireKeys(scheme, args, io)
  const options = { [scheme.keys.option]: keys, maxBodyBytes }
  const verdict = await asUsage(() => scheme.createVerifier(options as never)).verify(toIncoming(given))
  if (args.has('json')) printJson(io, toJson(scheme, verdict))
  else print(io, formatVerdict(scheme, verdict, io))
  if (!verdict.ok && !args.has('json')) tell(io, 'To find out why, give the same request to tollgate diagnose.')
  return verdict.ok ? EXIT.ok : EXIT.notGenuine
}

/** Explains a request of such a scheme with the keys and limits of the flags. */
export async function explainOther(
  scheme: AnyScheme,
  given: RecordedRequest,
  args: Args,
  io: Io,
): Promise<SchemeDiagnosis> {
  const { diagnose, title } = scheme
  if (diagnose === undefined)
    throw new UsageError(`There is no diagnosis for ${title}: tollgate verify names the code.`)
  const keys = await requireKeys(scheme, args, io)
  const otherKeys: Record<string, string> = {}
  for (const path of args.list('other-key-file')) {
    const name = Object.hasOwn(otherKeys, basename(path)) ? path : basename(path)
    otherKeys[name] = await readText(io, path, '--other-key-file', { secret: scheme.keys.isSecret })
  }
  const options = { [scheme.keys.option]: keys, otherKeys, maxBodyBytes }
  return await asUsageLater(() => diagnose(toArrived(args, given), options as never))
}

function toJson(scheme: AnyScheme, verdict: AnyAccepted | Rejected): object {
  if (!verdict.ok) {
    const { code, status, message } = verdict
    return { genuine: false, code, status, message }
  }
  return { genuine: true, covers: verdict.covers, key: verdict.matched.key, ...scheme.describe(verdict) }
}

function formatVerdict(scheme: AnyScheme, verdict: AnyAccepted | Rejected, io: Io): string {
  const { green, red } = colorsFor(io.stdout, io.env)
  if (!verdict.ok) return `${red('not genuine')}: ${verdict.code}\n  ${verdict.message}`
  const rows: [string, string][] = [
    ['covers', scheme.describeCoverage(verdict)],
    ['key', scheme.nameKey(verdict.matched.key)],
    ...Object.entries(scheme.describe(verdict)).map(([name, value]): [string, string] => [
      toWords(name),
      String(value),
    ]),
  ]
  return [green('genuine'), ...rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`)].join('\n')
}

/** Writes `signedAt` as `signed at`. */
function toWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
