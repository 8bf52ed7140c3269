/**
 * Spells a query in the ways in which Twilio may have signed it, for platforms that pass it on decoded or spelled anew. Likeliest first,
 * each with its `?`, and all of them of the same names and values in the same order; none where it is malformed.
 *
 * Twilio form-encodes the parameters that it adds to a GET. Their names begin with a capital letter. The rest of a query is spelled as
 * the customer configured it. Of that three spellings are tried for the whole query: each character escaped that `encodeURIComponent`
 * escapes, or that a form does, or only those that a query cannot hold (RFC 3986 section 3.4). A name without a value may lack its
 * `=`. Other mixtures, escapes in lower case and escapes of letters cannot be told from these any more.
 */
export function respellQuery(query: string): readonly string[] {
  const fields = readFields(query.slice(1))
  if (fields === undefined || fields.length === 0) return []
  const spellings = new Set<string>()
  for (const manner of manners) spellings.add(`?${fields.map((field) => spellField(field, manner)).join('&')}`)
  return [...spellings]
}

/** How one query is spelled. */
interface Manner {
  readonly twilio: Alphabet
  readonly customer: Alphabet
  /** What stands for a space. Default: `+` where a form is spelled, and `%20` elsewhere. */
  readonly space: '+' | '%20' | undefined
  readonly isEqualsKept: boolean
}

type Alphabet = 'form' | 'component' | 'bare'

// By the number of things that are unusual about a manner, so that a limit cuts off no whole kind of them.
const manners: readonly Manner[] = rank([
  [
    { twilio: 'form', customer: 'component' },
    { twilio: 'form', customer: 'form' },
    { twilio: 'form', customer: 'bare' },
    { twilio: 'bare', customer: 'bare' },
  ],
  [{ space: undefined }, { space: '+' }, { space: '%20' }],
  [{ isEqualsKept: true }, { isEqualsKept: false }],
])

function rank([alphabets, spaces, equals]: readonly [
  readonly Pick<Manner, 'twilio' | 'customer'>[],
  readonly Pick<Manner, 'space'>[],
  readonly Pick<Manner, 'isEqualsKept'>[],
]): readonly Manner[] {
  const ranked = alphabets.flatMap((alphabet, one) =>
    spaces.flatMap((space, two) =>
      equals.map((kept, three) => ({ rank: one + two + three, manner: { ...alphabet, ...space, ...kept } })),
    ),
  )
  return ranked.sort((one, other) => one.rank - other.rank).map(({ manner }) => manner)
}

interface Field {
  readonly isTwilios: boolean
  /** A customer may have left out the `=` of a name without a value. */
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
    return undefined // invalid percent-encoding, or half of a surrogate pair
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
  return {
    isTwilios,
    mayLackEquals: !isTwilios && name !== '' && value === '',
    texts: {
      component,
      form: component.replace(/[!'()~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`),
      bare: `${escapedName.replace(bareInNames, decodeURIComponent)}=${escapedValue.replace(bareInValues, decodeURIComponent)}`,
    },
  }
}

// $ , / : ; ? @, and in a value also =
const bareInNames = /%(?:24|2C|2F|3A|3B|3F|40)/g
const bareInValues = /%(?:24|2C|2F|3A|3B|3D|3F|40)/g

function spellField({ isTwilios, mayLackEquals, texts }: Field, manner: Manner): string {
  const alphabet = isTwilios ? manner.twilio : manner.customer
  const space = manner.space ?? (alphabet === 'form' ? '+' : '%20')
  const text = space === '+' ? texts[alphabet].replaceAll('%20', '+') : texts[alphabet]
  return mayLackEquals && !manner.isEqualsKept ? text.slice(0, -1) : text
}
