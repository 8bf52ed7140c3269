/**
 * Lists the spellings of a query that Twilio may have signed, for platforms that decode a query or
 * write it in another spelling. All have the same names and values in the same order.
 *
 * Twilio form-encodes the parameters that it adds to a GET. Their names begin with a capital
 * letter. The rest of a query has the spelling that the customer configured. Three are tried for
 * the whole query. They escape what `encodeURIComponent` escapes, what a form escapes, or only what
 * a query cannot hold (RFC 3986 section 3.4). A name without a value may have no `=`. After these
 * comes the query with characters that a URL should escape but senders do not, such as `|` and
 * `[]`, and the one with a `&` at its end. The list has no other mixtures, no escapes in lower case
 * and no escapes of letters, because the decoded query does not show them.
 * @param query The query as it arrived, with its `?`.
 * @returns at most 32 spellings with their `?`, the most probable first; none for a malformed query
 */
export function respellQuery(query: string): readonly string[] {
  const fields = readFields(query.slice(1))
  if (fields === undefined || fields.length === 0) return []
  const spellings = new Set<string>()
  for (const rules of spellingRules) spellings.add(`?${fields.map((field) => spellField(field, rules)).join('&')}`)
  const [first] = spellings
  const unescaped = writeRaw(fields, true)
  for (const one of [unescaped, writeRaw(fields, false), `${first}&`, `${unescaped}&`]) spellings.add(one)
  return [...spellings]
}

const raw = { twilio: 'form', customer: 'raw', space: undefined } as const

function writeRaw(fields: readonly Field[], isEqualsKept: boolean): string {
  return `?${fields.map((field) => spellField(field, { ...raw, isEqualsKept })).join('&')}`
}

/** The rules of one spelling. */
interface SpellingRules {
  readonly twilio: Alphabet
  readonly customer: Alphabet
  /**
   * How a space is written. `undefined`: as `+` in the alphabet of forms, and as `%20` otherwise.
   */
  readonly space: '+' | '%20' | undefined
  readonly isEqualsKept: boolean
}

type Alphabet = 'form' | 'component' | 'bare' | 'raw'

// Sorted by how many rules are unusual, so that a limit does not cut off all spellings of one kind.
const spellingRules: readonly SpellingRules[] = rankRules([
  [
    { twilio: 'form', customer: 'component' },
    { twilio: 'form', customer: 'form' },
    { twilio: 'form', customer: 'bare' },
    { twilio: 'bare', customer: 'bare' },
  ],
  [{ space: undefined }, { space: '+' }, { space: '%20' }],
  [{ isEqualsKept: true }, { isEqualsKept: false }],
])

function rankRules([alphabets, spaces, equals]: readonly [
  readonly Pick<SpellingRules, 'twilio' | 'customer'>[],
  readonly Pick<SpellingRules, 'space'>[],
  readonly Pick<SpellingRules, 'isEqualsKept'>[],
]): readonly SpellingRules[] {
  const ranked = alphabets.flatMap((alphabet, one) =>
    spaces.flatMap((space, two) =>
      equals.map((kept, three) => ({ rank: one + two + three, rules: { ...alphabet, ...space, ...kept } })),
    ),
  )
  return ranked.sort((one, other) => one.rank - other.rank).map(({ rules }) => rules)
}

/** One field of a query. */
interface Field {
  /** True for a parameter that Twilio added. */
  readonly isTwilios: boolean
  /** True for a name without a value, whose `=` the customer may have left out. */
  readonly mayLackEquals: boolean
  /** Name, `=` and value in each alphabet, with `%20` for a space. */
  readonly texts: Readonly<Record<Alphabet, string>>
}

function readFields(text: string): readonly Field[] | undefined {
  try {
    return text
      .split('&')
      .filter((field) => field !== '')
      .map(readField)
  } catch {
    return undefined // Invalid percent-encoding, or half of a surrogate pair.
  }
}

function readField(field: string): Field {
  const end = field.indexOf('=')
  const [name, value] = (end === -1 ? [field, ''] : [field.slice(0, end), field.slice(end + 1)]).map((part) =>
    decodeURIComponent(part.replaceAll('+', ' ')),
  ) as [string, string]
  const [escapedName, escapedValue] = [encodeURIComponent(name), encodeURIComponent(value)]
  const component = `${escapedName}=${escapedValue}`
  const isTwilios = /^[A-Z]/.test(name)
  const bare = `${escapedName.replace(bareInNames, decodeURIComponent)}=${escapedValue.replace(bareInValues, decodeURIComponent)}`
  return {
    isTwilios,
    mayLackEquals: !isTwilios && name !== '' && value === '',
    texts: {
      component,
      form: component.replace(/[!'()~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`),
      bare,
      raw: bare.replace(rawCharacters, decodeURIComponent),
    },
  }
}

// The escapes of $ , / : ; ? @, and in a value also of =.
const bareInNames = /%(?:24|2C|2F|3A|3B|3F|40)/g
const bareInValues = /%(?:24|2C|2F|3A|3B|3D|3F|40)/g

// The escapes of " < > [ \ ] ^ ` { | }
export const rawCharacters: RegExp = /%(?:22|3C|3E|5B|5C|5D|5E|60|7B|7C|7D)/gi

function spellField({ isTwilios, mayLackEquals, texts }: Field, rules: SpellingRules): string {
  const alphabet = isTwilios ? rules.twilio : rules.customer
  const space = rules.space ?? (alphabet === 'form' ? '+' : '%20')
  const text = space === '+' ? texts[alphabet].replaceAll('%20', '+') : texts[alphabet]
  return mayLackEquals && !rules.isEqualsKept ? text.slice(0, -1) : text
}
