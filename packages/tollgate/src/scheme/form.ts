import type { Pairs } from './signing-string.ts'

// A byte order mark is a character like any other here: Twilio signed it if it sent it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes bytes as UTF-8; `undefined` when they are not. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Parses `application/x-www-form-urlencoded`, keeping order and repeats. `undefined` for invalid percent-encoding or invalid
 * UTF-8: guessing what the sender meant would let this parse differ from what was signed.
 */
export function parseForm(form: string | Uint8Array): Pairs | undefined {
  const text = typeof form === 'string' ? form : decodeUtf8(form)
  if (text === undefined) return undefined
  const pairs: [string, string][] = []
  try {
    for (const field of text.split('&')) {
      if (field === '') continue
      const equals = field.indexOf('=')
      if (equals === -1) pairs.push([decodeField(field), ''])
      else pairs.push([decodeField(field.slice(0, equals)), decodeField(field.slice(equals + 1))])
    }
  } catch {
    return undefined // decodeURIComponent refuses just what we refuse
  }
  return pairs
}

function decodeField(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  return spaced.includes('%') ? decodeURIComponent(spaced) : spaced
}

/** Writes a form body as Twilio's messaging webhooks do: a space is `+`, and only letters, digits and `*-._` stay as they are. */
export function serializeForm(pairs: Pairs): string {
  return new URLSearchParams(pairs as [string, string][]).toString()
}
