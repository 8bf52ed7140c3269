import type { Args } from '../args.ts'
import type { Io } from '../io.ts'

export interface Flag {
  /** `list`: may be given several times. `switch`: takes no value. */
  /** The value of an `optional` flag may be left out. */
  readonly type: 'text' | 'optional' | 'list' | 'switch'
  readonly describe: string
  /** The placeholder for the value in the help. Default: the choices. */
  readonly value?: string
  readonly choices?: readonly string[]
  /** The heading in the help that lists this flag. */
  readonly group?: string
}

/** Returns the placeholder of the flag's value in the help, `undefined` for a switch. */
export function placeholderOf(flag: Flag): string | undefined {
  return flag.type === 'switch' ? undefined : (flag.value ?? flag.choices?.join('|') ?? 'VALUE')
}

export type Flags = Readonly<Record<string, Flag>>

export function takeText(value: string, describe: string): Flag {
  return { type: 'text', value, describe }
}

export function takeChoice(choices: readonly string[], describe: string): Flag {
  return { type: 'text', choices, describe }
}

export function takeList(value: string, describe: string): Flag {
  return { type: 'list', value, describe }
}

export function takeNothing(describe: string): Flag {
  return { type: 'switch', describe }
}

/** Lists the flags under this heading in the help. */
export function inGroup(group: string, flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, group }]))
}

/** What the help shows of a subcommand. It is data: the build writes it into a file. */
export interface CommandTexts {
  /** The argument besides the flags, such as `[kind]`; `<name>` if it is required. Empty: none. */
  readonly words: string
  readonly flags: Flags
  /** What to do instead of each flag that the command had once. */
  readonly removed?: Readonly<Record<string, string>>
  /** What may come after `--`, such as `-- COMMAND`. `Args` has it as the list `--`. Default: nothing. */
  readonly rest?: string
  readonly examples: readonly (readonly [command: string, meaning: string])[]
  readonly epilogue?: string
}

/** One subcommand. Each file in this directory exports one as `command`. */
export interface Command extends CommandTexts {
  run(args: Args, io: Io): Promise<number>
}

export type Commands = Readonly<
  Record<
    string,
    {
      readonly describe: string
      /** Imports the command when it is called, so that no command loads another's dependencies. */
      load(): Promise<{ readonly command: Command }>
    }
  >
>
