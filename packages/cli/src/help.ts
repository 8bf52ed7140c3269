import { type CommandTexts, type Flag, placeholderOf } from './commands/command.ts'
import { commands } from './commands/table.ts'
import type { Io } from './io.ts'

type Row = readonly [left: string, meaning: string]

export function formatCommandHelp(name: string, command: CommandTexts, io: Io): string {
  const words = command.words === '' ? '' : ` ${command.words}`
  const rest = command.rest === undefined ? '' : ` [${command.rest}]`
  // The groups stand in the order of their first flags, so that a command begins with what it needs.
  const groups = new Map<string, Row[]>()
  const help = { help: { type: 'switch', describe: 'Show this help' } } as const
  for (const [flag, row] of Object.entries<Flag>({ ...command.flags, ...help })) {
    const { group = 'Options:', describe } = row
    const placeholder = placeholderOf(row)
    const left = placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`
    groups.set(group, [...(groups.get(group) ?? []), [left, describe]])
  }
  return [
    `tollgate ${name}${words} [flags]${rest}`,
    `${commands[name]?.describe ?? ''}.`,
    ...[...groups].map(([heading, rows]) => formatRows(heading, rows, io)),
    formatExamples(command.examples),
    command.epilogue,
    exitCodes,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n')
}

export function formatHelp(io: Io): string {
  const rows = Object.entries(commands).map(([name, { describe }]): Row => [`tollgate ${name}`, describe])
  const help: Row = ['tollgate help', 'Show the help of a command: tollgate help <command>']
  const options: readonly Row[] = [
    ['-v, --version', 'Show the version'],
    ['    --help', 'Show this help, or the help of a command'],
  ]
  const examples = formatExamples([
    ['tollgate dev --upstream 3000', 'see the webhooks of your application on port 3000'],
    ['tollgate send sms --to localhost:3000/sms', 'send your server a signed message'],
    ['tollgate diagnose', 'paste a curl command to find out why it fails'],
  ])
  return [
    'tollgate <command> [flags]',
    'Proves that webhooks were sent by Twilio.',
    formatRows('Commands:', [...rows, help], io),
    formatRows('Options:', options, io),
    examples,
    'For more about a command: tollgate help <command>',
    exitCodes,
  ].join('\n\n')
}

const exitCodes = 'Exit codes: 0 genuine or done, 1 not genuine, 2 wrong usage, 3 unreachable.'

/** Prints each example on its own line, to be copied: columns would break the lines. */
function formatExamples(examples: CommandTexts['examples']): string {
  return ['Examples:', ...examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`])].join('\n')
}

/** Formats two columns. Words that do not fit continue in the right one. */
function formatRows(heading: string, rows: readonly Row[], io: Io): string {
  const indent = 4 + Math.max(...rows.map(([left]) => left.length))
  // A terminal of a few columns still gets some words on each line.
  const width = Math.max(Math.min(io.stdout.columns ?? 100, 100) - indent, 20)
  const fullLine = new RegExp(`(?=.{${width + 1}})(.{1,${width}}) `, 'g')
  const wrap = (text: string) => text.replace(fullLine, `$1\n${' '.repeat(indent)}`)
  return [heading, ...rows.map(([left, text]) => `  ${left}`.padEnd(indent) + wrap(text))].join('\n')
}
