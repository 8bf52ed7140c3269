/**
 * A value in a template. null and undefined are left out, arrays are joined, all other values are
 * written as text.
 */
export type TwimlValue = string | number | bigint | boolean | null | undefined | TwimlFragment | readonly TwimlValue[]

/** Markup made by `twiml.fragment`. It is a class, so that a string can never count as markup. */
class TwimlFragment {
  readonly #markup: string
  /**
   * @param strings The text of a template, inserted as it is.
   * @param values The values between the texts, which are escaped.
   * @throws TypeError as `twiml` does.
   */
  constructor(strings: TemplateStringsArray, values: readonly TwimlValue[]) {
    this.#markup = render(strings, values)
  }
  toString(): string {
    return this.#markup
  }
}

export type { TwimlFragment }

/** The template tag `twiml`. */
export interface Twiml {
  /**
   * Writes a document.
   * @param strings The text of the template, inserted as it is.
   * @param values The values between the texts, which are escaped.
   */
  (strings: TemplateStringsArray, ...values: readonly TwimlValue[]): string
  /**
   * Writes a part of a document. Another template inserts it as markup between tags, alone or in an
   * array.
   * @param strings The text of the template, inserted as it is.
   * @param values The values between the texts, which are escaped.
   */
  fragment(strings: TemplateStringsArray, ...values: readonly TwimlValue[]): TwimlFragment
}

/**
 * Writes TwiML: `` twiml`<Response><Message>${text}</Message></Response>` `` gives a string to send
 * as `text/xml`.
 *
 * Values are escaped, in text and in quoted attributes. Characters that XML 1.0 forbids are
 * dropped. Another template escapes the string like any text: build parts with `twiml.fragment`.
 * There is no XML declaration, because Twilio needs none.
 * @throws TypeError if a value stands in a tag name, an unquoted attribute, a comment or CDATA, if
 *   a value is an object, or if the template ends inside a tag.
 */
export const twiml: Twiml = Object.assign(
  (strings: TemplateStringsArray, ...values: readonly TwimlValue[]): string => render(strings, values),
  {
    fragment: (strings: TemplateStringsArray, ...values: readonly TwimlValue[]): TwimlFragment =>
      new TwimlFragment(strings, values),
  },
)

type Place = 'text' | 'attribute'

function render(strings: TemplateStringsArray, values: readonly TwimlValue[]): string {
  const places = placesOf.get(strings) ?? findPlaces(strings)
  return strings.reduce((xml, part, index) => xml + write(values[index - 1], places[index - 1] ?? 'text') + part)
}

function write(value: TwimlValue, place: Place): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map((one: TwimlValue) => write(one, place)).join('')
  if (value instanceof TwimlFragment && place === 'text') return value.toString()
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(
      `A TwiML ${place} cannot have ${value instanceof TwimlFragment ? 'a fragment' : `a value of type ${typeof value}`}`,
    )
  return String(value)
    .replace(forbidden, '')
    .replace(place === 'text' ? inText : inAttribute, escapeCharacter)
}

// https://www.w3.org/TR/xml/#charsets. With the flag u, a lone surrogate is outside these ranges.
const forbidden = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
// XML parsers turn a raw CR into LF, and a raw tab or line break in an attribute into a space.
const inText = /[&<>"'\r]/g
const inAttribute = /[&<>"'\r\n\t]/g
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeCharacter(character: string): string {
  return entities[character] ?? `&#${character.charCodeAt(0)};`
}

const placesOf = new WeakMap<TemplateStringsArray, readonly Place[]>()
// The token that ends each kind of markup.
const closings: Readonly<Record<string, string>> = { '<!--': '-->', '<![CDATA[': ']]>', '<?': '?>', '<': '>' }

/**
 * Finds the place of each value, once per template.
 * @throws TypeError if a value stands where it cannot be escaped.
 */
function findPlaces(strings: TemplateStringsArray): readonly Place[] {
  if (!Array.isArray(strings) || !Array.isArray(strings.raw)) throw new TypeError('twiml is a template tag: twiml`…`')
  const places: Place[] = []
  let open = ''
  let quote = ''
  for (const [index, part] of strings.entries()) {
    // For an escape sequence that JavaScript cannot read, the part is undefined.
    if (typeof part !== 'string') throw new TypeError('The TwiML template has an invalid escape sequence')
    for (const [token] of part.matchAll(/<!--|-->|<!\[CDATA\[|\]\]>|<\?|\?>|[<>"']/g)) {
      if (quote !== '') quote = token === quote ? '' : quote
      else if (open === '') open = token in closings ? token : ''
      else if (open === '<' && /["']/.test(token)) quote = token
      else if (token === closings[open] || (open === '<' && token.endsWith('>'))) open = ''
    }
    if (index === strings.length - 1) break
    if (open !== '' && quote === '')
      throw new TypeError(
        `The TwiML template has value ${index + 1} where only text and quoted attributes can be escaped`,
      )
    places.push(open === '' ? 'text' : 'attribute')
  }
  if (open !== '') throw new TypeError('The TwiML template ends inside a tag, a comment or CDATA')
  placesOf.set(strings, places)
  return places
}
