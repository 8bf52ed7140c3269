import { basename } from 'node:path'
import type { AnyAccepted } from 'tollgate'
import { type AnyScheme, type RecordedRequest, type SchemeDiagnosis, toIncoming } from 'tollgate/internal'
import type { Args } from '../args.ts'
import { asUsage, asUsageLater, UsageError } from '../exit.ts'
import { toArrived } from '../inputs/index.ts'
import type { Io } from '../io.ts'
import { readText } from '../read-text.ts'
import { reportVerdict } from '../report-verdict.ts'
import { requireKeys } from './keys.ts'

const maxBodyBytes = 16 * 1024 * 1024

/** Runs `tollgate verify` for a request of another scheme than the first. */
export async function verifyOther(scheme: AnyScheme, given: RecordedRequest, args: Args, io: Io): Promise<number> {
  const keys = await requireKeys(scheme, args, io)
  const options = { [scheme.keys.option]: keys, maxBodyBytes }
  const verdict = await asUsage(() => scheme.createVerifier(options as never)).verify(toIncoming(given))
  return reportVerdict<AnyAccepted>(verdict, (accepted) => describeAccepted(scheme, accepted), args, io)
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

function describeAccepted(scheme: AnyScheme, accepted: AnyAccepted) {
  const { covers, matched } = accepted
  const own = scheme.describe(accepted)
  const rows: [string, string][] = [
    ['covers', scheme.describeCoverage(accepted)],
    ['key', scheme.nameKey(matched.key)],
    ...Object.entries(own).map(([name, value]): [string, string] => [toWords(name), String(value)]),
  ]
  return { json: { covers, key: matched.key, ...own }, rows }
}

/** Writes `signedAt` as `signed at`. */
function toWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
