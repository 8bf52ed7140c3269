import { decodeUtf8 } from '../../packages/tollgate/src/bytes.ts'
import { parseForm, serializeForm } from '../../packages/tollgate/src/form.ts'
import { check } from './check.ts'

/**
 * Compares the form parser to the platform's: the same pairs, or a rejection instead of a guess.
 */
export function fuzz(data: Uint8Array): void {
  const text = decodeUtf8(data)
  if (text === undefined) return
  const pairs = parseForm(text)
  if (pairs === undefined) {
    check(hasBadEscape(text), 'a form without a bad escape was refused')
    return
  }
  // The platform drops one leading question mark. This one protects the form's own.
  const expected = [...new URLSearchParams(`?${text}`)]
  check(JSON.stringify(pairs) === JSON.stringify(expected.map(([name, value]) => [name, value])), 'another parse')
  const again = parseForm(serializeForm(pairs))
  check(JSON.stringify(again) === JSON.stringify(pairs), 'another result after serializing and parsing')
}

function hasBadEscape(text: string): boolean {
  try {
    decodeURIComponent(text)
    return false
  } catch {
    return true
  }
}
