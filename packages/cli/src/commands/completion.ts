import { completionKey, listAllCandidates } from '../candidates.ts'
import { EXIT, UsageError } from '../exit.ts'
import { type Io, print } from '../io.ts'
import { createParser } from '../parser.ts'
import type { Command, Commands } from './command.ts'

const shells = ['bash', 'zsh', 'fish', 'powershell'] as const

type Shell = (typeof shells)[number]

/** Creates the command. It gets the table of commands, which has this command too. */
export function createCommand(commands: Commands): Command {
  return {
    words: `[${shells.join('|')}]`,
    wordChoices: shells,
    flags: {},
    examples: [
      ['tollgate completion bash >> ~/.bashrc', 'complete commands, flags and kinds in bash'],
      ['tollgate completion zsh >> ~/.zshrc', 'the same in zsh'],
      ['tollgate completion fish > ~/.config/fish/completions/tollgate.fish', 'the same in fish'],
      ['tollgate completion powershell >> $PROFILE', 'the same in PowerShell'],
    ],
    epilogue: 'Without an argument, it uses the shell in SHELL.',
    async run(args, io) {
      const word = args.text('word') ?? shells.find((name) => io.env.SHELL?.endsWith(`/${name}`)) ?? 'bash'
      const shell = shells.find((name) => name === word)
      if (shell === undefined) throw new UsageError('tollgate completion supports bash, zsh, fish and powershell.')
      print(io, await formatScript(shell, commands, io))
      return EXIT.ok
    },
  }
}

async function formatScript(shell: Shell, commands: Commands, io: Io): Promise<string> {
  if (shell === 'fish') return fishScript
  return shell === 'powershell' ? await formatPowerShell(commands) : await formatYargsScript(shell, io)
}

const fishScript = `# tollgate completion fish > ~/.config/fish/completions/tollgate.fish
function __tollgate_complete
    set -l words (env SHELL=fish tollgate ${completionKey} (commandline -opc) (commandline -ct))
    if test (count $words) -gt 0
        string join \\n -- $words
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c tollgate -f -a '(__tollgate_complete)'`

/**
 * Formats a table of every word. Older versions of PowerShell do not pass an empty argument to a
 * program, so they could not ask it what follows a space.
 */
async function formatPowerShell(commands: Commands): Promise<string> {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
  const rows = [...(await listAllCandidates(commands))].map(
    ([before, words]) => `    ${quote(before)} = @(${words.map(quote).join(', ')})`,
  )
  return `# tollgate completion powershell >> $PROFILE
Register-ArgumentCompleter -Native -CommandName tollgate -ScriptBlock {
  param($word, $line, $cursor)
  $table = @{
${rows.join('\n')}
  }
  $typed = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { "$_" })
  $key = ''
  if ($typed.Count -gt 1) {
    $key = "$($typed[1]) $($typed[-1])"
    if (-not $table.ContainsKey($key)) { $key = if ($word -like '-*') { "$($typed[1]) -" } else { $typed[1] } }
  }
  $table[$key] | Where-Object { $_ -and $_.StartsWith("$word") } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`
}

/**
 * yargs reads the shell from the environment only, so this sets the environment for the call. The
 * script names its own shell: SHELL is the login shell, which is often another one.
 */
async function formatYargsScript(shell: Shell, io: Io): Promise<string> {
  const { SHELL, ZSH_NAME } = process.env
  process.env.SHELL = `/bin/${shell}`
  delete process.env.ZSH_NAME
  try {
    return await new Promise((resolve) =>
      createParser([], io)
        .completion('completion', false)
        .parse(['completion'], {}, (_error, _argv, output) =>
          resolve(output.replace(`tollgate ${completionKey}`, `SHELL=${shell} $&`)),
        ),
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
