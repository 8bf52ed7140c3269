const encode = (/** @type {string} */ text) => new TextEncoder().encode(text)

/** @param {Uint8Array} bytes @param {unknown} [charset] The author of the mail chose its name. */
function decode(bytes, charset = 'utf-8') {
  try {
    return new TextDecoder(String(charset)).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

/** @param {Uint8Array} bytes @param {Uint8Array} wanted @param {number} [from] */
function find(bytes, wanted, from = 0) {
  for (let at = bytes.indexOf(wanted[0] ?? 0, from); at !== -1; at = bytes.indexOf(wanted[0] ?? 0, at + 1))
    if (wanted.every((byte, index) => byte === bytes[at + index])) return at
  return -1
}

/** @param {Uint8Array} body @param {string} contentType */
export function parseMail(body, contentType) {
  const delimiter = encode(`--${/boundary="?([^";]+)/i.exec(contentType)?.[1]}`)
  const texts = /** @type {Map<string, Uint8Array>} */ (new Map())
  const files = []
  for (let start = find(body, delimiter), next = 0; start !== -1; start = next) {
    next = find(body, delimiter, start + delimiter.length)
    // Each part has a line end before and behind it.
    const part = body.subarray(start + delimiter.length + 2, next === -1 ? start : next - 2)
    const end = find(part, encode('\r\n\r\n'))
    const head = decode(part.subarray(0, Math.max(end, 0)))
    const [name, filename] = ['name', 'filename'].map((key) => new RegExp(`[; ]${key}="([^"]*)"`, 'i').exec(head)?.[1])
    if (filename !== undefined) files.push({ name, filename, content: part.subarray(end + 4) })
    else if (name !== undefined) texts.set(name, part.subarray(end + 4))
  }
  const charsets = new Map(Object.entries(JSON.parse(decode(texts.get('charsets') ?? encode('{}')))))
  const fields = new Map([...texts].map(([name, bytes]) => [name, decode(bytes, charsets.get(name))]))
  return { fields, files }
}
