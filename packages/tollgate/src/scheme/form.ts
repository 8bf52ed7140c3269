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

// With another charset, what we parse and what the application's parser makes of it could differ.
const formType = /^application\/x-www-form-urlencoded\s*(;\s*charset\s*=\s*("utf-8"|utf-8)\s*)?;?\s*$/i

/** Whether a Content-Type is a form's, in UTF-8 as Twilio sends it. */
export function isFormType(contentType: string): boolean {
  return formType.test(contentType.trim())
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
    for (const field of text.replaceAll('+', ' ').split('&')) {
      if (field === '') continue
      const equals = field.indexOf('=')
      const name = equals === -1 ? field : field.slice(0, equals)
      const value = equals === -1 ? '' : field.slice(equals + 1)
      pairs.push([decode(name), decode(value)])
    }
  } catch {
    return undefined // decodeURIComponent refuses just what we refuse
  }
  return pairs
}

function decode(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text
}

/** Writes a form body as Twilio's messaging webhooks do: a space is `+`, and only letters, digits and `*-._` stay as they are. */
export function serializeForm(pairs: Pairs): string {
  return new URLSearchParams(pairs as [string, string][]).toString()
}
