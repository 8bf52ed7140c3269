import type { Args } from '../args.ts'
import type { Io } from '../io.ts'

export interface Flag {
  /** `list`: may be given several times. `switch`: takes no value. */
  readonly type: 'text' | 'list' | 'switch'
  readonly describe: string
  /** What stands for the value in the help. */
  readonly value?: string
  readonly choices?: readonly string[]
  /** Headline in the help under which it stands. */
  readonly group?: string
}

export type Flags = Readonly<Record<string, Flag>>

/** What a file in this directory exports as `command`. */
export interface Command {
  /** Words besides the flags, as `[kind]`; `<name>` where one is required. Empty: none. */
  readonly words: string
  /** What the first word may be, for completion. */
  readonly wordChoices?: readonly string[]
  readonly flags: Flags
  readonly examples: readonly (readonly [command: string, meaning: string])[]
  /** Shown at the end of the help. */
  readonly epilogue?: string
  run(args: Args, io: Io): Promise<number>
}
