/**
 * Formats header fields. All lists of fields here are like `rawHeaders` in Node.js: names and
 * values alternate, in the sender's order and spelling.
 */
export function formatFields(list: readonly string[]): string {
  let lines = ''
  for (let index = 0; index < list.length; index += 2) lines += `${list[index]}: ${list[index + 1]}\r\n`
  return lines
}

/**
 * Removes the fields that `Connection` nominates (RFC 9110 section 7.6.1).
 * @param kept names in lower case that are never removed
 */
export function dropNominated(
  list: readonly string[],
  connection: string,
  kept: { has(name: string): boolean },
): string[] {
  const nominated = new Set(connection.split(',').map((option) => option.trim().toLowerCase()))
  return list.filter((_, index) => {
    const lower = list[index - (index % 2)]?.toLowerCase() ?? ''
    return kept.has(lower) || !nominated.has(lower)
  })
}

/** Returns the values of a field. */
export function listValues(list: readonly string[], name: string): string[] {
  return list.filter((_, index) => index % 2 === 1 && list[index - 1]?.toLowerCase() === name)
}

/** Returns true for a value of `Connection` that nominates no field. */
export function isPlainConnection(connection: string): boolean {
  return connection.split(',').every((option) => /^(keep-alive|close|upgrade|)$/i.test(option.trim()))
}

/** Fields for one connection only (RFC 9110 section 7.6.1). They are dropped. */
export const hopFields = ['keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer']

/** Keeps the results of a function for the first `most` texts, because strangers choose these. */
export function remember<T extends NonNullable<unknown>>(
  most: number,
  compute: (text: string) => T,
): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const kept = known.get(text)
    if (kept !== undefined) return kept
    const result = compute(text)
    if (known.size < most) known.set(text, result)
    return result
  }
}
