import { decodeUtf8 } from '../../bytes.ts'
import { type Pairs, serializeForm } from '../../form.ts'
import { isByHand } from '../evidence.ts'
import { isBounded } from '../limits.ts'
import { freeText, isTwilioName, showName, showNames, spellTwilioName } from '../mask.ts'
import { listEntries, mostEntries, type Subject, toText } from '../reading.ts'
import { decodePercent } from '../spelling.ts'
import { changes, isAdded, isLost } from './differences.ts'
import { type CauseRow, type ChangeValue, type Edit, editValues, type Fixes, type Row } from './row.ts'

const changesForm = 'a proxy before this server changes the form.'
/** The end of the fixes for forms that changed before this server. */
export const ifVerifier: string = `If the verifier gets it, ${changesForm}`

/** Writes the fix for middleware that changes values. */
export const verifyBefore = (does: string): string =>
  `Verify before any middleware that ${does}, on the raw body. ${ifVerifier}`

/** The fix for Nest, also for applications that have `rawBody: true`. */
export const keepNestBytes: string =
  'Create the app with rawBody: true, and set up parsers with app.useBodyParser(…): one of your own, such as json(), keeps no bytes.'

/** The fix for parsers and middleware that change parameters: the guard comes first. */
export const guardFirst: Fixes = {
  express: `Put the guard before middleware that changes the body or sets req.rawBody. Otherwise ${changesForm}`,
  fastify: `Register the plugin in the scope, before hooks that change the body. If there are none, ${changesForm}`,
  koa: `Put the guard before the body parser and other code that changes the body. Otherwise ${changesForm}`,
  nest: keepNestBytes,
}

/** Changes that parsers and middleware make to the values and names of parameters. */
export const paramsCauses = {
  params_trimmed: {
    title: 'Values were trimmed',
    fix: verifyBefore('trims values'),
    fixes: guardFirst,
    part: 'params',
    edits: listTrims,
    changesParams: true,
    differences: [
      {
        detail: 'The values of these parameters lost white space',
        applies: changes(
          (value) => value.trim(),
          (value) => value.trimStart(),
          (value) => value.trimEnd(),
          (value) => value.trim().replace(/\s+/g, ' '),
        ),
      },
    ],
  } satisfies CauseRow as Row,
  params_plus_as_space: {
    title: 'The form was decoded twice, or not at all',
    fix: `Decode the form exactly once: pass the raw body. ${ifVerifier}`,
    fixOfCopy: 'If you wrote this copy yourself, write + as %2B (curl does it with --data-urlencode).',
    fixes: {
      ...guardFirst,
      lambda: 'Pass the event unchanged. Decode the body from Base64 only if isBase64Encoded is true.',
    },
    part: 'params',
    edits: listDecodings,
    changesParams: true,
    suspect({ subject: { state } }) {
      const names = new Set(state.pairs.map(([name]) => name))
      return state.covers === 'params' && names.size >= 3 && state.pairs.some(([, value]) => /^ \d{7,15}$/.test(value))
        ? {
            detail: 'A phone number starts with a space: its "+" was decoded once too often.',
          }
        : undefined
    },
    rejections: {
      body_malformed({ body, isForm }) {
        const text = isForm && body !== undefined ? decodeUtf8(body) : undefined
        return text !== undefined && /%(?![0-9a-f]{2})/i.test(text)
          ? { detail: 'The form has a "%" that begins no escape: something decoded it once too often.' }
          : undefined
      },
    },
    differences: [
      {
        detail: 'The form was decoded twice, or not at all, which changed these parameters',
        applies: changes(
          (value) => value.replaceAll('+', ' '),
          decodeField,
          decodePercent,
          (value) => serializeForm([['', value]]).slice(1),
          encodeValue,
        ),
      },
    ],
  } satisfies CauseRow as Row,
  params_null: {
    title: 'Blank values became null',
    fix: verifyBefore('turns blank values into null'),
    fixes: guardFirst,
    part: 'params',
    edits: listNulls,
    changesParams: true,
    differences: [
      {
        detail: 'Blank values of these parameters became null or undefined',
        applies: changes(
          ...['null', 'undefined', 'None', 'nil'].map((word) => (value: string) => (value === '' ? word : undefined)),
        ),
      },
    ],
  } satisfies CauseRow as Row,
  params_converted: {
    title: 'Values were converted',
    fix: verifyBefore('converts values'),
    fixes: guardFirst,
    part: 'params',
    *edits(subject) {
      yield* listCasts(subject)
      yield* listPlainTexts(subject)
    },
    changesParams: true,
    differences: [
      {
        detail: 'Something made numbers of these parameters',
        applies: changes((value) => (/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(value) ? `${Number(value)}` : undefined)),
      },
      {
        detail: 'The letters of these parameters changed between upper and lower case',
        applies: changes(
          (value) => value.toLowerCase(),
          (value) => value.toUpperCase(),
        ),
      },
      { detail: 'Something made the quotes and dashes of these parameters plain', applies: changes(makePlain) },
    ],
  } satisfies CauseRow as Row,
  params_nested: {
    title: 'Parameter names became objects',
    fix: 'Verify the raw body, or parse it without nesting: express.urlencoded({ extended: false }).',
    fixes: {
      ...guardFirst,
      express: 'Put the guard before express.urlencoded, or use extended: false with verify: captureRawBody.',
    },
    part: 'params',
    edits: listNestingEdits,
    changesParams: true,
    suspect({ subject: { formPairs, given } }) {
      return given === undefined && formPairs.some(([, value]) => /^\[object \w+\]$/.test(value))
        ? {
            // A parser of brackets leaves it, and so does a program that sends the request on.
            detail: 'A value is "[object Object]": some code wrote an object as text, which Twilio does not send.',
            fix: nothingWritten,
          }
        : undefined
    },
    differences: [
      {
        detail: 'A parser made objects of these names, or wrote them in another way',
        relates: areRelated,
        applies: (one, all) =>
          (isLost(one) && all.some((other) => isAdded(other) && areRelated(one.name, other.name))) ||
          (isAdded(one) && all.some((other) => isLost(other) && areRelated(other.name, one.name))) ||
          one.seen.some((value) => /^\[object \w+\]$/.test(value)),
      },
    ],
  } satisfies CauseRow as Row,
  params_escaped: {
    title: 'Values were escaped for HTML',
    fix: verifyBefore('escapes or sanitises values'),
    fixes: guardFirst,
    part: 'params',
    edits: listEscaped,
    changesParams: true,
    differences: [
      {
        detail: 'The values of these parameters were escaped for HTML',
        applies: ({ what, sent, seen }) =>
          what === 'parameter' &&
          sent.length === seen.length &&
          seen.every((value, at) => unescapeHtml(value) === sent[at]),
      },
    ],
  } satisfies CauseRow as Row,
}

/** Returns true for names that a parser makes of each other, such as `a[b]`, `a.b`, `a_b` and `a`. */
function areRelated(sent = '', seen = ''): boolean {
  const isNested = /[.[]/.test(sent) || /[.[]/.test(seen)
  const [one, other] = [sent, seen].map((name) => name.replace(/[^A-Za-z0-9]/g, ''))
  const [stem, otherStem] = [sent, seen].map((name) => name.replace(/[.[].*$/s, ''))
  return isNested && (one === other || stem === otherStem)
}

/** Spells a name as Twilio does. */
function capitalise(name: string): string {
  return spellTwilioName(name) ?? name.replace(/(?:^|_)([a-z\d])/g, (_, first: string) => first.toUpperCase())
}

const nothingWritten: string =
  'Let every program in front of this server pass the form on as it arrived, and verify the raw body, not a form that was made again.'

/** As addslashes and escapers for SQL write. */
const backslashed = /\\(['"`\\])/g

// Each pair of texts: how escaping functions write the character, and the character.
const entities: readonly (readonly [written: RegExp, character: string])[] = [
  [/&lt;/g, '<'],
  [/&gt;/g, '>'],
  [/&(?:quot|#34|#x22);/gi, '"'],
  [/&(?:apos|#0?39|#x27);/gi, "'"],
  [/&#(?:x2f|47);/gi, '/'],
  [/&#(?:x5c|92);/gi, '\\'],
  [/&#(?:x60|96);/gi, '`'],
  [/&#(?:x3d|61);/gi, '='],
  // The last one, or else it would make others.
  [/&(?:amp|#38|#x26);/gi, '&'],
]

function* listEscaped({ formPairs }: Subject): Generator<Edit> {
  if (formPairs.some(([, value]) => value.search(backslashed) !== -1))
    yield {
      dimension: 'markup',
      cost: 2,
      apply: editValues((value) => value.replace(backslashed, '$1')),
      detail: 'Quotes and backslashes were escaped with a backslash on the way.',
    }
  const isEscaped = formPairs.some(([, value]) => entities.some(([written]) => value.search(written) !== -1))
  if (!isEscaped) return
  yield {
    dimension: 'markup',
    cost: 1,
    apply: editValues(unescapeHtml),
    detail: 'Values were escaped for HTML on the way, such as & to &amp;.',
  }
}

/** Undoes the escapes of HTML, once. */
export function unescapeHtml(value: string): string {
  return entities.reduce((text, [written, character]) => text.replace(written, character), value)
}

const spaces = ['', ' ', '  ', '   ', '\n', '\r\n', '\t', '\u00a0', '\n\n', ' \n']
const allEnds = spaces.flatMap((before) => spaces.map((after) => [before, after] as const)).slice(1)
function* listTrims({ formPairs: pairs }: Subject): Generator<Edit> {
  if (pairs.length === 0) return
  const offer = (cost: number, change: ChangeValue, name: string): Edit => ({
    dimension: 'trim',
    cost,
    apply: editValues((value, one) => (one === name ? change(value, one) : value)),
    detail: `The value of "${showName(name)}" lost white space at its ends.`,
  })
  const text = listTextNames(pairs)
  for (const name of text) {
    const isLikely = name === 'Body' || name === 'SpeechResult' || text.length === 1
    for (const [before, after] of allEnds) {
      const isRare = before.length + after.length > 2 || /[^ ]/.test(before + after)
      if (isRare && !isLikely) continue
      yield offer((isLikely ? 1 : 3) + (isRare ? 2 : 0), (value) => before + value + after, name)
    }
  }
  const others = new Set(pairs.map(([name]) => name).filter((name) => !text.includes(name)))
  for (const name of [...others].slice(0, 60)) yield offer(4, (value) => `${value} `, name)
}

/** Lists parameters that hold free text, and others whose values have spaces. */
function listTextNames(pairs: Pairs): string[] {
  const names = [...new Set(pairs.map(([name]) => name))]
  const free = names.filter((name) => freeText.test(name))
  const spaced = names.filter(
    (name) => !free.includes(name) && pairs.some(([one, value]) => one === name && / /.test(value)),
  )
  return [...free, ...spaced].slice(0, 12)
}

const twice = 'A "+" became a space: the form was decoded twice, or written without encoding.'
const none = 'A space arrived as "+": the form was not decoded.'

function* listDecodings({ formPairs: pairs, evidence: { userAgent } }: Subject): Generator<Edit> {
  if (pairs.length === 0) return
  const isOfPerson = userAgent !== undefined && isByHand(userAgent)
  const offer = (cost: number, change: ChangeValue, detail: string, changeName?: (name: string) => string): Edit => ({
    dimension: 'plus',
    cost,
    apply: editValues(change, changeName),
    detail,
    ...(isOfPerson && detail === twice && { fix: writePlus }),
  })
  yield offer(1, restorePlus, twice)
  yield offer(2, (value) => restorePlus(value).replace(/ {3}/g, ' + '), twice)
  // A parameter that holds encoded JSON, such as CallToken, became plain JSON.
  yield offer(2, (value) => (/^[{[]/.test(value) ? encodeValue(value) : restorePlus(value)), twice)
  yield offer(1, (value) => value.replaceAll(' ', '+'), twice)
  // Code that reads values as numbers drops the plus of phone numbers.
  yield {
    ...offer(
      1,
      (value, name) => (ofNumber.test(name) ? value.replace(/^(\w+:)?(?=[1-9]\d{7,14}$)/, '$1+') : value),
      'The "+" of phone numbers is gone: something read them as numbers, or it became a space that was trimmed.',
    ),
    fix: rawNumbers,
    also: [
      {
        id: 'params_trimmed' satisfies keyof typeof paramsCauses,
        detail: 'If the form was decoded twice, the space in place of the "+" was trimmed.',
        fix: rawNumbers,
      },
    ],
  }
  yield offer(1, (value) => value.replaceAll('+', ' '), none)
  // A plus that was encoded stays: that of phone numbers.
  yield offer(1, (value) => (/^(\w+:)?\+\d+$/.test(value) ? value : value.replaceAll('+', ' ')), none)
  yield offer(1, decodeField, 'Values arrived percent-encoded: the form was not decoded.', decodeField)
  yield offer(1, decodePercent, 'Values arrived percent-encoded: the form was encoded twice.', decodePercent)
  const lost = 'Values were decoded twice: text that looked like an escape is lost.'
  yield offer(2, encodeValue, lost)
  yield offer(3, (value) => value.replaceAll('%', '%25'), lost)
}

const writePlus =
  'Write + as %2B in the form that you send (curl: --data-urlencode), or send the body as it was logged.'
const rawNumbers: string = verifyBefore('changes phone numbers')

/** Parameters that hold phone numbers. */
export const ofNumber: RegExp = /^(From|To|Called|Caller|ForwardedFrom|OutgoingFrom|.*Address|Author)$/

/**
 * Restores the plus of phone numbers, of addresses such as `whatsapp:+1415…`, and of time zones.
 */
function restorePlus(value: string): string {
  return value
    .replace(/^ (?=\d)/, '+')
    .replace(/: (?=\d)/, ':+')
    .replace(/ {2}(?=\d{4}$)/, ' +')
    .replace(/(?<=T\d\d:\d\d:\d\d(?:\.\d{1,9})?) (?=\d\d:?\d\d$)/, '+')
}

function decodeField(text: string): string {
  return decodePercent(text.replaceAll('+', ' '))
}

function encodeValue(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}

function* listNulls({ formPairs: pairs }: Subject): Generator<Edit> {
  const isNull = /^(null|undefined|none|nil|nan|\(null\)|<null>)$/i
  const names = pairs.filter(([, value]) => isNull.test(value)).map(([name]) => name)
  if (names.length > 0)
    yield {
      dimension: 'null',
      cost: 1,
      apply: editValues((value) => (isNull.test(value) ? '' : value)),
      detail: `${showNames(names)} arrived as "null" or a similar word. Twilio signed a blank value.`,
    }
}

const mostCasts = 8

/** Puts back the zeros that a value of digits loses if a parser makes a number of it. */
function* listCasts({ formPairs: pairs }: Subject): Generator<Edit> {
  const restore: ChangeValue = (value, name) => {
    if (name === 'Confidence' && /^[01]$/.test(value)) return `${value}.0`
    return /Zip$/.test(name) && /^[1-9]\d{0,3}$/.test(value) ? value.padStart(5, '0') : value
  }
  const offer = (cost: number, change: ChangeValue): Edit[] => {
    const changed = pairs.filter(([name, value]) => change(value, name) !== value).map(([name]) => name)
    const detail = `${showNames([...new Set(changed)])} lost zeros: something on the way made numbers of values.`
    return changed.length === 0 ? [] : [{ dimension: 'trim', cost, apply: editValues(change), detail }]
  }
  yield* offer(1, restore)
  const typed = pairs
    .filter(([name, value]) => /^\d{1,12}$/.test(value) && /Digits|Body|Code|Pin|Payload|Speech/.test(name))
    .map(([name]) => name)
  for (const name of [...new Set(typed)].slice(0, mostCasts))
    for (const zeros of ['0', '00', '000'])
      yield* offer(zeros.length, (value, one) => (one === name ? zeros + value : restore(value, one)))
}

/** Typographic characters and the plain ones that programs write instead. */
const plain: readonly (readonly [typographic: RegExp, plain: string])[] = [
  [/[‘’]/g, "'"],
  [/[“”]/g, '"'],
  [/…/g, '...'],
  [/[–—]/g, '-'],
]

function makePlain(text: string): string {
  return plain.reduce((all, [from, to]) => all.replace(from, to), text)
}

/** Writes quotes as phones do: an opening one is at the start, or after a space or a bracket. */
function curl(text: string): string {
  return text
    .replace(/(^|[\s([])"/g, '$1“')
    .replaceAll('"', '”')
    .replace(/(^|[\s([“])'/g, '$1‘')
    .replaceAll("'", '’')
}

const typographic: readonly ((text: string) => string)[] = [
  curl,
  (text) => text.replaceAll("'", '’'),
  (text) => curl(text.replaceAll('...', '…')),
  (text) => curl(text.replaceAll('...', '…').replaceAll('--', '—').replaceAll(' - ', ' – ')),
]
const capitalised: readonly ((text: string) => string)[] = [
  (text) => text.charAt(0).toUpperCase() + text.slice(1),
  (text) => text.toUpperCase(),
  (text) => text.replace(/(^|[.!?]\s)[a-z]|\bi\b/g, (one) => one.toUpperCase()),
  (text) => text.replace(/(^|\s)[a-z]/g, (one) => one.toUpperCase()),
]

/** Undoes what makes texts plain: typographic characters, and capitals. */
function* listPlainTexts({ formPairs: pairs }: Subject): Generator<Edit> {
  const isText = (name: string): boolean => freeText.test(name) && !ofPlace.test(name)
  const texts = pairs.filter(([name, value]) => isText(name) && value !== '').slice(0, mostTexts)
  const offer = (detail: string, change: ChangeValue): Edit => ({
    dimension: 'markup',
    cost: 2,
    apply: editValues(change),
    detail,
  })
  if (texts.some(([, text]) => /['"-]|\.{3}/.test(text)))
    for (const change of typographic)
      yield offer('Typographic quotes or dashes in a text were made plain on the way.', (value, name) =>
        isText(name) ? change(value) : value,
      )
  for (const [text, old] of texts)
    for (const change of old === old.toLowerCase() && /[a-z]/.test(old) ? capitalised : [])
      yield offer(
        `The letters of "${showName(text)}" were changed between upper and lower case on the way.`,
        (value, name) => (name === text ? change(value) : value),
      )
}

const ofPlace = /(City|State|Zip|Country)$/
const mostTexts = 4

function* listNestingEdits({ parsed, state, formPairs }: Subject): Generator<Edit> {
  if (state.covers === 'params')
    for (const [index, { pairs, what }] of listNestings(parsed).entries())
      yield {
        dimension: 'source',
        cost: index < 2 ? 1 : 2,
        apply: (state) => ({ ...state, pairs }),
        detail: `A parser turned parameter names into objects or arrays. Twilio signed them ${what}.`,
      }
  const indexed = formPairs.some(([name]) => /\[\d*\]$/.test(name))
  for (const [what, spell] of indexed ? respellings : [])
    yield {
      dimension: 'names',
      cost: 1,
      apply: editNames(spell),
      detail: `Something wrote the form again, with brackets after repeated names. Twilio signed them ${what}.`,
      fix: nothingWritten,
    }
  if (formPairs.some(([name]) => !isTwilioName(name) && capitalise(name) !== name))
    yield {
      dimension: 'names',
      cost: 1,
      apply: editNames(capitalise),
      detail: 'Something wrote the parameter names in another style, such as messageSid or message_sid for MessageSid.',
      fix: nothingWritten,
    }
  // https://www.php.net/manual/en/language.variables.external.php
  if (formPairs.some(([name]) => /^MessagingBinding_/.test(name)))
    yield {
      dimension: 'source',
      cost: 1,
      apply: editNames((name) => name.replace(/^MessagingBinding_/, 'MessagingBinding.')),
      detail: 'PHP changed the dots in parameter names to underscores.',
      fix: "PHP does this to $_POST. Let the program that sends the form on pass its bytes: file_get_contents('php://input').",
    }
}

function editNames(change: (name: string) => string): Edit['apply'] {
  return editValues((value) => value, change)
}

const respellings: readonly (readonly [what: string, spell: (name: string) => string])[] = [
  ['without them', (name) => name.replace(/\[\d*\]$/, '')],
  ['with "[]"', (name) => name.replace(/\[\d+\]$/, '[]')],
]

type Join = (path: readonly (string | number)[]) => string

const joins: readonly (readonly [what: string, join: Join])[] = [
  ['with brackets, such as "a[b]"', bracket((key) => `[${key}]`)],
  ['with dots, such as "a.b"', (path) => path.join('.')],
  ['with empty brackets for lists, such as "a[]"', bracket((key) => (typeof key === 'number' ? '[]' : `[${key}]`))],
  ['with dots and the name repeated for lists', (path) => path.filter((key) => typeof key !== 'number').join('.')],
]

function bracket(spell: (key: string | number) => string): Join {
  return ([first, ...rest]) => `${first}${rest.map(spell).join('')}`
}

interface Nesting {
  readonly pairs: Pairs
  readonly what: string
}

/** Lists the flat forms that nested parameters may have had in the body. */
function listNestings(parsed: unknown): Nesting[] {
  if (typeof parsed !== 'object' || parsed === null) return []
  const entries = listEntries(parsed)
  if (!entries.some(([, value]) => typeof value === 'object' && value !== null)) return []
  if (!isModest(entries)) return []
  const nestings = joins.map(([what, join]) => ({ what, pairs: flatten(entries, join) }))
  nestings.push({ what: 'as JSON text', pairs: entries.map(([name, value]) => [name, toJson(value)] as const) })
  return nestings
}

const mostLevels = 8

/** Checks the size of parsed parameters. An object that contains itself is too large. */
function isModest(entries: readonly (readonly [string, unknown])[]): boolean {
  try {
    return isBounded(entries, 4 * mostEntries, 2 + mostLevels)
  } catch {
    return false // a getter threw
  }
}

function toJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return toText(value)
  try {
    return JSON.stringify(value)
  } catch {
    return '' // a BigInt has no JSON
  }
}

function flatten(entries: readonly (readonly [string, unknown])[], join: Join): Pairs {
  const pairs: [string, string][] = []
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (pairs.length >= mostEntries) return
    if (typeof value !== 'object' || value === null) pairs.push([join(path), toText(value)])
    else if (Array.isArray(value))
      for (const [index, one] of value.slice(0, mostEntries).entries()) walk(one, [...path, index])
    else for (const [name, one] of Object.entries(value)) walk(one, [...path, name])
  }
  for (const [name, value] of entries) walk(value, [name])
  return pairs
}
