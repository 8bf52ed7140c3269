/**
 * Writes the command that starts a run of `tollgate dev` with an option, if a flag sets it.
 * @param command the command of this run, with the application's command behind ` -- `
 * @param setting the option, as a line of code
 */
export function writeRestart(command: string, setting: string): string | undefined {
  const [, name, value] = /^(publicUrl|trailingSlash): '([\w:/.[\]~%-]+)'$/.exec(setting) ?? []
  if (name === undefined) return undefined
  const flag = name === 'publicUrl' ? '--public-url' : '--trailing-slash'
  const [, run = command, started = ''] = /^(.*?)( -- .*)?$/s.exec(command) ?? []
  return `${run} ${flag} ${value}${started}`
}
