/**
 * Says where a text stops being JSON. Its message quotes nothing, unlike that of `JSON.parse`,
 * because the text holds secrets.
 */
export class JsonFault extends Error {}

const blank = /[ \t\r\n]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows no control character within a string
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const otherToken = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
// A key file has four levels. The limit protects the stack.
const maxDepth = 32

/**
 * Parses JSON in which no object has the same name twice. Two tokens for one account would leave
 * open which one counts.
 * @throws JsonFault with the line and the column.
 */
export function parseStrictJson(text: string): unknown {
  let position = 0

  function fail(what: string, at = position): never {
    const before = text.slice(0, at).split('\n')
    throw new JsonFault(`${what} at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`)
  }

  function read(token: RegExp): string | undefined {
    token.lastIndex = position
    const [found] = token.exec(text) ?? []
    position += found?.length ?? 0
    return found
  }

  function readMark(mark: string): boolean {
    read(blank)
    const found = text.startsWith(mark, position)
    if (found) position += mark.length
    return found
  }

  function readString(what: string): string {
    const found = read(stringToken)
    return found === undefined ? fail(`${what} is expected`) : JSON.parse(found)
  }

  function readList(end: string, depth: number, readItem: () => void): void {
    if (depth > maxDepth) fail('The nesting is too deep')
    if (readMark(end)) return
    do readItem()
    while (readMark(','))
    if (!readMark(end)) fail(`"," or "${end}" is expected`)
  }

  function readValue(depth: number): unknown {
    if (readMark('{')) {
      const object = new Map<string, unknown>()
      readList('}', depth, () => {
        read(blank)
        const start = position
        const name = readString('A name in double quotes')
        if (object.has(name)) fail('A repeated name', start)
        if (!readMark(':')) fail('":" is expected')
        object.set(name, readValue(depth + 1))
      })
      return Object.fromEntries(object)
    }
    if (readMark('[')) {
      const list: unknown[] = []
      readList(']', depth, () => list.push(readValue(depth + 1)))
      return list
    }
    const other = read(otherToken)
    return other === undefined ? readString('A value') : JSON.parse(other)
  }

  const value = readValue(0)
  read(blank)
  if (position < text.length) fail('The end is expected')
  return value
}
