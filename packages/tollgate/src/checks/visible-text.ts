// Control characters, marks that reverse the direction of text or stay unseen, and halves of surrogate
// pairs. A joiner stays where a script or an emoji needs it: between the letters of Arabic
// and Indic words, and between pictures. So do the tags of the flags of England, Scotland and Wales.
// Its classes of Unicode take a quarter of a millisecond, so it is made for the first text.
function makeHidden(): RegExp {
  const letter = '[\\u0600-\\u08ff\\u0900-\\u0dff\\u1000-\\u109f\\u1780-\\u18af\\ufb50-\\ufdff\\ufe70-\\ufefc]'
  const joined = `(?<=${letter})[\\u200c\\u200d](?=${letter})`
  const picture = '\\p{Extended_Pictographic}'
  const joinedPictures = `(?<=[${picture}\\ufe0f\\u{1f3fb}-\\u{1f3ff}])\\u200d(?=${picture})`
  const marks =
    '\\xad\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb'
  return new RegExp(
    `(?![\\n\\t])[\\p{Cc}${marks}]|(?!${joined}|${joinedPictures})[\\u200c\\u200d]|` +
      '\\p{Cs}|(?<!\\u{1f3f4}[\\u{e0020}-\\u{e007e}]{0,8})[\\u{e0000}-\\u{e007f}]',
    'gu',
  )
}
let hidden: RegExp | undefined

/**
 * Makes a text of strangers safe for a terminal: characters that would control it, reverse the
 * direction of the text, or stay unseen are written as their code points, such as `[U+202E]`. Line
 * feeds and tabs stay, and so do the joiners of words and emoji.
 * @param text The text, of any length.
 */
export function showHidden(text: string): string {
  hidden ??= makeHidden()
  return text.replace(hidden, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
    return `[U+${code.padStart(4, '0')}]`
  })
}

/** The characters that JSON may hold, but a terminal should not get. All are in strings. */
const hiddenInJson =
  /[\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g

/**
 * Writes the same characters of a JSON document as escapes. It stays the same document.
 * @param json The text of the document.
 */
export function escapeHidden(json: string): string {
  return json.replace(hiddenInJson, (characters) =>
    Array.from({ length: characters.length }, (_, at) => writeEscape(characters.charCodeAt(at))).join(''),
  )
}

/** Writes a UTF-16 code unit as an escape of JSON. */
export function writeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
