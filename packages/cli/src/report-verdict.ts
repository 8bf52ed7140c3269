import type { Rejected } from 'tollgate'
import { schemes } from 'tollgate/internal'
import type { Args } from './args.ts'
import { EXIT } from './exit.ts'
import { colorsFor, hideQuery, type Io, print, printJson, tell } from './io.ts'

interface Accepted {
  readonly json: object
  readonly rows: readonly (readonly [name: string, value: string])[]
}

/** Prints the verdict about a request of any scheme, and returns the exit code. */
export function reportVerdict<T extends { readonly ok: true }>(
  verdict: T | Rejected,
  describe: (verdict: T) => Accepted,
  args: Args,
  io: Io,
): number {
  const colors = colorsFor(io.stdout, io.env)
  if (verdict.ok) {
    const { json, rows } = describe(verdict)
    if (args.has('json')) printJson(io, { genuine: true, ...json })
    else print(io, [colors.green('genuine'), ...rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`)].join('\n'))
    return EXIT.ok
  }
  const { code, status, message, tried, scheme } = verdict
  // The other schemes sign no URL.
  if (args.has('json'))
    printJson(io, { genuine: false, code, status, message, ...(scheme === schemes[0].name && { tried }) })
  else {
    const urls = tried.length === 0 ? [] : ['  URL forms tried:', ...tried.map((url) => `    ${hideQuery(url)}`)]
    print(io, [`${colors.red('not genuine')}: ${code}`, `  ${message}`, ...urls].join('\n'))
    tell(io, 'To find out why, give the same request to tollgate diagnose.')
  }
  return EXIT.notGenuine
}
