/** Reports a finding unless the condition holds. The fuzzer saves the input. */
export function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`finding: ${what}`)
}

/** Splits the input at zero bytes, so that the fuzzer changes one field at a time. */
export function splitInput(data: Uint8Array, fields: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (let field = 1; field < fields; field++) {
    const end = data.indexOf(0, start)
    if (end === -1) break
    parts.push(data.subarray(start, end))
    start = end + 1
  }
  parts.push(data.subarray(start))
  while (parts.length < fields) parts.push(new Uint8Array())
  return parts
}

export function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
