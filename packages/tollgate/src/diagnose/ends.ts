// Regular expressions such as /\s+$/ take the square of the length of a run that does not reach the end: engines try them at
// each of its characters. `trimEnd` and these take its length.

/** Without the slashes at its end. */
export function stripSlashes(path: string): string {
  return path.slice(
    0,
    findEnd(path, (one) => one === '/'),
  )
}

/** Without the digits at its end. */
export function stripDigits(name: string): string {
  return name.slice(
    0,
    findEnd(name, (one) => one >= '0' && one <= '9'),
  )
}

/** Without white space and NULs at its end. */
export function stripBlanks(text: string): string {
  return text.slice(
    0,
    findEnd(text, (one) => one === '\0' || one.trim() === ''),
  )
}

/** Where the run of such characters starts that a text ends in. */
function findEnd(text: string, isOfRun: (character: string) => boolean): number {
  let end = text.length
  while (end > 0 && isOfRun(text.charAt(end - 1))) end--
  return end
}
