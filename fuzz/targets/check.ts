/** A finding: the fuzzer keeps the input that led here. */
export function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`finding: ${what}`)
}

/** Takes the input apart at zero bytes, so that what the fuzzer splices stays in its field. */
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
