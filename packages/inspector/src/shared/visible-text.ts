/** A piece of visible text, or the name of one invisible character. */
type TextPiece = { readonly text: string } | { readonly hidden: string }

// Control characters except line feed and tab, format characters that reverse, join or hide text, such
// as bidi controls, and letters without a shape. A test compares them with those of a terminal.
const hidden =
  /(?![\n\t])[\p{Cc}\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\u{e0000}-\u{e007f}]/gu

// Joiners are a part of some writing. They stay where Unicode's rules for identifiers (UAX #31)
// expect them: between letters of joining scripts, and after a virama, which they shape.
const joining =
  '\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}\\p{Script=Mandaic}\\p{Script=Manichaean}\\p{Script=Adlam}\\p{Script=Phags_Pa}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}'
const letter = `(?=[\\p{L}\\p{M}])[${joining}]`
const virama = '[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]'
// A skin tone and the emoji presentation can stand between an emoji and its joiner.
const emoji = '\\p{Extended_Pictographic}[\\p{Emoji_Modifier}\\ufe0f]*'
/** A flag of a part of a country: a black flag, the letters as tags, and the tag that ends them. */
const flag = '\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}'

/** The places where characters that are otherwise hidden belong to the text. */
const kept = new RegExp(
  [
    flag,
    `(?<=${emoji})\u200d(?=\\p{Extended_Pictographic})`,
    `(?<=${letter}|${letter}\\p{M}{1,3})[\u200c\u200d](?=${letter})`,
    `(?<=${virama})[\u200c\u200d]`,
  ].join('|'),
  'gu',
)

/** Splits a text into visible pieces and the code points of invisible characters. */
export function splitHidden(text: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let start = 0
  for (const match of findHidden(text)) {
    if (match.index > start) pieces.push({ text: text.slice(start, match.index) })
    pieces.push({ hidden: nameCodePoint(match[0]) })
    start = match.index + match[0].length
  }
  if (start < text.length) pieces.push({ text: text.slice(start) })
  return pieces
}

function findHidden(text: string): RegExpExecArray[] {
  const found = [...text.matchAll(hidden)]
  // Few texts have joiners or tags.
  if (!/\u200c|\u200d|\u{e007f}/u.test(text)) return found
  const spans = [...text.matchAll(kept)].map((match) => [match.index, match.index + match[0].length] as const)
  let at = 0
  return found.filter(({ index }) => {
    while ((spans[at]?.[1] ?? Number.POSITIVE_INFINITY) <= index) at++
    return index < (spans[at]?.[0] ?? Number.POSITIVE_INFINITY)
  })
}

/** Replaces invisible characters with their code points. */
export function showHidden(text: string): string {
  return splitHidden(text)
    .map((piece) => ('text' in piece ? piece.text : `[${piece.hidden}]`))
    .join('')
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
