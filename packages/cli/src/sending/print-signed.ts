import type { Args } from '../args.ts'
import { EXIT } from '../exit.ts'
import { type Io, print, printJson } from '../io.ts'

/** A signed request of any scheme. Other properties are printed with `--json` only. */
interface Signed {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly curl: string
}

/** Prints what `tollgate sign` has signed, or the part that `--only` names. */
export function printSigned(signed: Signed, args: Args, io: Io): number {
  const only = args.choice('only', ['headers', 'curl'])
  const { method, url, headers, curl } = signed
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  if (args.has('json')) printJson(io, signed)
  else if (only === 'headers') print(io, lines.join('\n'))
  else print(io, only === 'curl' ? curl : [`${method} ${url}`, ...lines, '', curl].join('\n'))
  return EXIT.ok
}
