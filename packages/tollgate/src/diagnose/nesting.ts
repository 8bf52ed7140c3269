/**
 * Whether a value has at most so many parts and levels. It iterates, since what is nested 100,000 levels deep overflows the
 * stack, and ends for values that contain themselves.
 */
export function isBounded(value: unknown, mostParts: number, mostLevels: number): boolean {
  let level: readonly unknown[] = [value]
  let parts = 1
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostLevels) return false
    const next: unknown[] = []
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue
      for (const part of Object.values(one)) {
        if (++parts > mostParts) return false
        if (typeof part === 'object' && part !== null) next.push(part)
      }
    }
    level = next
  }
  return true
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b])
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d])

/** The same for the value that a JSON text stands for, before it is parsed. */
export function isBoundedJson(text: string, mostParts: number, mostLevels: number): boolean {
  let depth = 0
  let parts = 0
  let isQuoted = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isQuoted) {
      if (code === backslash) index++
      else if (code === quote) isQuoted = false
    } else if (code === quote) isQuoted = true
    else if (code === comma) parts++
    else if (opening.has(code)) {
      depth++
      parts++
    } else if (closing.has(code)) depth--
    if (depth > mostLevels || parts > mostParts) return false
  }
  return true
}
