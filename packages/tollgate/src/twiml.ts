/** What may stand in a template: null and undefined give nothing, arrays are joined, the rest is written as text. */
export type TwimlValue = string | number | bigint | boolean | null | undefined | TwimlFragment | readonly TwimlValue[]

/** Markup made by `twiml.fragment`: a class of its own, so that no text can pass for markup. */
class TwimlFragment {
  readonly #markup: string
  constructor(strings: TemplateStringsArray, values: readonly TwimlValue[]) {
    this.#markup = render(strings, values)
  }
  toString(): string {
    return this.#markup
  }
}

export type { TwimlFragment }

export interface Twiml {
  (strings: TemplateStringsArray, ...values: readonly TwimlValue[]): string
  /** The same for a part, which another template inserts raw where it stands as text, alone or in an array. */
  fragment(strings: TemplateStringsArray, ...values: readonly TwimlValue[]): TwimlFragment
}

/**
 * Writes TwiML: `` twiml`<Response><Message>${text}</Message></Response>` `` is a plain string, to send as `text/xml`.
 * Values are escaped for text and quoted attributes; characters that XML 1.0 forbids are dropped. The string is text to
 * another template: build parts with `twiml.fragment`. Adds no XML declaration, for Twilio needs none. A value
 * elsewhere (tag name, unquoted attribute, comment, CDATA), an object, and an unfinished tag are a `TypeError`.
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
      `A TwiML ${place} cannot hold ${value instanceof TwimlFragment ? 'a fragment' : `a ${typeof value}`}`,
    )
  return String(value)
    .replace(forbidden, '')
    .replace(place === 'text' ? inText : inAttribute, escapeCharacter)
}

// https://www.w3.org/TR/xml/#charsets; with the flag u, a surrogate that stands alone is outside these ranges.
const forbidden = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
// Parsers turn a raw CR into LF, and in attributes a tab or line break into a space.
const inText = /[&<>"'\r]/g
const inAttribute = /[&<>"'\r\n\t]/g
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeCharacter(character: string): string {
  return entities[character] ?? `&#${character.charCodeAt(0)};`
}

const placesOf = new WeakMap<TemplateStringsArray, readonly Place[]>()
// What closes each opening: the states between which a template's markup moves.
const closings: Readonly<Record<string, string>> = { '<!--': '-->', '<![CDATA[': ']]>', '<?': '?>', '<': '>' }

/** Finds, once per template, where each value stands; it throws where a value could not be escaped. */
function findPlaces(strings: TemplateStringsArray): readonly Place[] {
  if (!Array.isArray(strings) || !Array.isArray(strings.raw)) throw new TypeError('twiml is a template tag: twiml`…`')
  const places: Place[] = []
  let open = ''
  let quote = ''
  for (const [index, part] of strings.entries()) {
    // An escape that JavaScript cannot read leaves undefined here.
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
