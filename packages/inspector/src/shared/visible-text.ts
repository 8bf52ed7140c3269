/** A piece of visible text, or the name of one invisible character. */
type TextPiece = { readonly text: string } | { readonly hidden: string }

// Control characters except line feed and tab, and format characters that reverse, join or hide
// text, such as bidi controls.
const hidden =
  /(?![\n\t])[\p{Cc}\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\u{e0000}-\u{e007f}]/gu

/** Splits a text into visible pieces and the code points of invisible characters. */
export function splitHidden(text: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let start = 0
  for (const match of text.matchAll(hidden)) {
    if (match.index > start) pieces.push({ text: text.slice(start, match.index) })
    pieces.push({ hidden: nameCodePoint(match[0]) })
    start = match.index + match[0].length
  }
  if (start < text.length) pieces.push({ text: text.slice(start) })
  return pieces
}

/** Replaces invisible characters with their code points. */
export function showHidden(text: string): string {
  return text.replace(hidden, (character) => `[${nameCodePoint(character)}]`)
}

function nameCodePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Returns the beginning of a text. It never cuts a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}
