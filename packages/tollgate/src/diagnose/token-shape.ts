import { decodePercent } from './spelling.ts'

/** The form of an Auth Token. */
export const tokenShape: RegExp = /^[0-9a-f]{32}$/

/** Tokens inside a configured text. */
interface InnerTokens {
  readonly tokens: readonly string[]
  readonly cost: number
  readonly detail: string
  readonly fix: string
}

/** The tokens that a text holds: not the hex digits of an AccountSid or of an API key. */
function listInner(text: string): string[] {
  return (text.slice(0, 2000).match(/(?<![0-9a-zA-Z])[0-9a-f]{32}(?![0-9a-zA-Z])/g) ?? []).slice(0, 16)
}

type Change = readonly [detail: string, fix: string, change: (text: string) => string | undefined]

const changes: readonly Change[] = [
  [
    'The configured Auth Token is in capitals.',
    'Write the Auth Token in lower case, as the Twilio console shows it.',
    (text) => (/^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : undefined),
  ],
  [
    'The configured Auth Token is still encoded in Base64.',
    'Decode the Auth Token from Base64. In Kubernetes, encode it once under "data", or give it as it is under "stringData".',
    decodeBase64,
  ],
  [
    'The configured Auth Token is written twice.',
    'Write the Auth Token once, as the Twilio console shows it.',
    (text) => /^(.{32})\1$/.exec(text)?.[1],
  ],
  [
    'The configured Auth Token is percent-encoded.',
    'Give the Auth Token as the Twilio console shows it.',
    decodePercent,
  ],
]

/**
 * Finds the tokens inside a text that is not a token.
 * @param secret the configured text
 * @returns the tokens, with what was done to them
 */
export function findTokens(secret: string): InnerTokens[] {
  // A cause of its own.
  if (/^\W*(AC|SK)[0-9a-f]{32}/i.test(secret)) return []
  const found: InnerTokens[] = []
  const inner = listInner(secret)
  // White space, quotes and the name of a variable have causes of their own.
  const isAlone = /^\W*([A-Z_]+\s*[=:])?\W*$/i.test(secret.replace(inner[0] ?? '', ''))
  if (inner.length > 1 || (inner.length > 0 && !isAlone))
    found.push({
      tokens: inner,
      cost: inner.length > 1 ? 1 : 4,
      detail:
        inner.length > 1
          ? `The configured Auth Token is one text that holds ${inner.length} tokens.`
          : 'The configured Auth Token has other text around the token.',
      fix:
        inner.length > 1
          ? 'Give the tokens as a list: split the text, and pass authToken: […].'
          : 'Give the Auth Token alone, as the Twilio console shows it.',
    })
  for (const [detail, fix, change] of changes) {
    const changed = change(secret)
    const tokens = changed === undefined || changed === secret ? [] : listInner(changed)
    if (tokens.length > 0) found.push({ tokens, cost: 1, detail, fix })
  }
  return found
}

function decodeBase64(text: string): string | undefined {
  try {
    return /^[A-Za-z0-9+/]{40,80}={0,2}$/.test(text) ? atob(text) : undefined
  } catch {
    return undefined
  }
}

/**
 * Lists the tokens that differ from a text by one character at one of its ends.
 * @param secret the configured text
 * @returns the tokens, or none if the text does not have one character less or more than a token
 */
export function listNeighbours(secret: string): string[] {
  if (/^[0-9a-f]{31}$/.test(secret)) {
    const digits = [...'0123456789abcdef']
    return [...digits.map((digit) => secret + digit), ...digits.map((digit) => digit + secret)]
  }
  return secret.length === 33 ? [secret.slice(0, -1), secret.slice(1)].filter((one) => tokenShape.test(one)) : []
}
