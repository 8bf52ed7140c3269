/** Header fields are lists of names and values, alternating, in the spelling and order of their sender, as Node.js gives them. */
export function formatFields(list: readonly string[]): string {
  let lines = ''
  for (let index = 0; index < list.length; index += 2) lines += `${list[index]}: ${list[index + 1]}\r\n`
  return lines
}

/**
 * Leaves out the fields that Connection nominates (RFC 9110 section 7.6.1).
 * @param kept names in lower case that cannot be nominated
 */
export function dropNominated(
  list: readonly string[],
  connection: string,
  kept: { has(name: string): boolean },
): string[] {
  const nominated = new Set(connection.split(',').map((option) => option.trim().toLowerCase()))
  const rest: string[] = []
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] as string
    const lower = name.toLowerCase()
    if (kept.has(lower) || !nominated.has(lower)) rest.push(name, list[index + 1] as string)
  }
  return rest
}

/** Without the white space that may surround a value. */
export function trim(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9
}
