import type { Cause, DiagnoseOptions } from 'tollgate/diagnose'
import type { Args } from './args.ts'
import { inGroup } from './commands/command.ts'
import { type Colors, cleanText, type Io } from './io.ts'
import { readOtherTokens } from './secrets.ts'

export const guessFlags = inGroup('Guesses to try:', {
  'other-token-file': {
    type: 'list',
    value: 'FILE',
    describe: 'Auth Tokens that may have signed, one per line, as TOKEN or NAME=TOKEN; repeatable',
  },
  'other-url': {
    type: 'list',
    value: 'URL',
    describe: 'The URL that is configured at Twilio, whole; repeatable',
  },
  'other-host': { type: 'list', value: 'HOST', describe: 'A host that Twilio may have called; repeatable' },
  prefix: {
    type: 'list',
    value: '/PATH',
    describe: 'A path prefix that a proxy may have stripped or added; repeatable',
  },
  'max-tries': { type: 'text', value: 'N', describe: 'Compute at most N signatures; default 20,000' },
})

export async function readGuesses(args: Args, io: Io): Promise<DiagnoseOptions> {
  return {
    otherTokens: await readOtherTokens(args.list('other-token-file'), io),
    otherUrls: args.list('other-url'),
    otherHosts: args.list('other-host'),
    prefixes: args.list('prefix'),
    maxTries: args.integer('max-tries', 1, 1_000_000),
  }
}

export function formatCauses(causes: readonly Cause<string>[], colors: Colors): string[] {
  const width = Math.max(...causes.map(({ id }) => id.length))
  return causes.map(({ id, detail }) => `  ${colors.bold(id.padEnd(width))}  ${toLine(detail)}`)
}

export function formatFixes(causes: readonly Cause<string>[]): string[] {
  return listFixes(causes).map((fix, index) => `  ${index + 1}. ${fix}`)
}

/** Lists the fixes in one line each, without those with which another begins. */
export function listFixes(causes: readonly Cause<string>[]): string[] {
  const fixes = [...new Set(causes.map(({ fix }) => toLine(fix)))]
  return fixes.filter((fix) => !fixes.some((other) => other !== fix && other.startsWith(fix)))
}

function toLine(text: string): string {
  return cleanText(text).replace(/\s*\n\s*/g, ' ')
}
