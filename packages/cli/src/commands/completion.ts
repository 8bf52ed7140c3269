import { EXIT, UsageError } from '../exit.ts'
import { type Io, print } from '../io.ts'
import { createParser } from '../parser.ts'
import type { Command } from './command.ts'

const shells = ['bash', 'zsh'] as const

export const command: Command = {
  words: '[bash|zsh]',
  wordChoices: shells,
  flags: {},
  examples: [
    ['tollgate completion bash >> ~/.bashrc', 'complete commands, flags and kinds in bash'],
    ['tollgate completion zsh >> ~/.zshrc', 'the same in zsh'],
  ],
  epilogue: 'Without an argument, it uses the shell in SHELL.',
  async run(args, io) {
    const word = args.text('word') ?? (io.env.SHELL?.endsWith('zsh') ? 'zsh' : 'bash')
    const shell = shells.find((name) => name === word)
    if (shell === undefined) throw new UsageError('tollgate completion supports bash and zsh.')
    print(io, await formatScript(shell, io))
    return EXIT.ok
  },
}

/** yargs reads the shell from the environment only, so this sets the environment for the call. */
async function formatScript(shell: string, io: Io): Promise<string> {
  const { SHELL, ZSH_NAME } = process.env
  process.env.SHELL = `/bin/${shell}`
  delete process.env.ZSH_NAME
  try {
    return await new Promise((resolve) =>
      createParser([], io)
        .completion('completion', false)
        .parse(['completion'], {}, (_error, _argv, output) => resolve(output)),
    )
  } finally {
    restore('SHELL', SHELL)
    restore('ZSH_NAME', ZSH_NAME)
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
