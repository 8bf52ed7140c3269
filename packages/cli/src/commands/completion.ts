import { completionKey, listAllCandidates } from '../candidates.ts'
import { EXIT, UsageError } from '../exit.ts'
import { print } from '../io.ts'
import type { Command, Commands } from './command.ts'

const shells = ['bash', 'zsh', 'fish', 'powershell'] as const

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
      print(io, shell === 'powershell' ? await formatPowerShell(commands) : scripts[shell])
      return EXIT.ok
    },
  }
}

/** Each script asks `tollgate` itself, which reads the shell from SHELL. */
const scripts = {
  bash: `# tollgate completion bash >> ~/.bashrc
_tollgate_complete() {
    mapfile -t COMPREPLY < <(SHELL=bash tollgate ${completionKey} "\${COMP_WORDS[@]:0:COMP_CWORD+1}")
}
complete -o bashdefault -o default -F _tollgate_complete tollgate`,
  zsh: `#compdef tollgate
# tollgate completion zsh >> ~/.zshrc
_tollgate() {
  local -a offered
  offered=("\${(@f)$(SHELL=zsh tollgate ${completionKey} "\${(@)words[1,CURRENT]}")}")
  if [[ -n "\${offered[1]}" ]]; then _describe 'values' offered; else _default; fi
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then _tollgate "$@"; else compdef _tollgate tollgate; fi`,
  fish: `# tollgate completion fish > ~/.config/fish/completions/tollgate.fish
function __tollgate_complete
    set -l words (env SHELL=fish tollgate ${completionKey} (commandline -opc) (commandline -ct))
    if test (count $words) -gt 0
        string join \\n -- $words
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c tollgate -f -a '(__tollgate_complete)'`,
}

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
