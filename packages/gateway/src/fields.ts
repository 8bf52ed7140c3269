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
  const rest: string[] = []
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] as string
    const lower = name.toLowerCase()
    if (kept.has(lower) || !nominated.has(lower)) rest.push(name, list[index + 1] as string)
  }
  return rest
}

/** Returns a part of a text without the white space around it. */
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

/** A field name in lower case, and the kind that a reader of heads gives it. */
interface FieldName<Kind> {
  readonly lower: string
  readonly kind: Kind
}

const maxNames = 500

/**
 * Caches the kind of each field name. The cache stops growing at 500 names, since senders choose
 * names.
 */
export class FieldNames<Kind> {
  readonly #known = new Map<string, FieldName<Kind>>()
  readonly #classify: (lower: string) => Kind

  constructor(classify: (lower: string) => Kind) {
    this.#classify = classify
  }

  find(name: string): FieldName<Kind> {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const lower = name.toLowerCase()
    const found = { lower, kind: this.#classify(lower) }
    if (this.#known.size < maxNames) this.#known.set(name, found)
    return found
  }
}
