import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type * as Bytes from '../src/bytes.ts'
import { decodeUtf8 } from '../src/bytes.ts'
import { isFormType, type Pairs, parseForm, parseLeniently, serializeForm } from '../src/form.ts'
import { testProperty } from './property.ts'

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const parseBytes = (form: Uint8Array): Pairs | undefined => {
  const text = decodeUtf8(form)
  return text === undefined ? undefined : parseForm(text)
}
const wellFormed = fc.string({ unit: 'binary', maxLength: 8 })
const piece = fc.constantFrom(
  'a',
  '=',
  '&',
  '+',
  '%',
  '2',
  'B',
  'C3',
  '%C3%A9',
  '%27',
  ';',
  '?',
  '[',
  ' ',
  'é',
  '\u{1f600}',
)
const formLike = fc.string({ unit: piece, maxLength: 20 })

const accepted: [string, [string, string][]][] = [
  ['', []],
  [
    'From=%2B14155550142&%2Ba=%2B&b=%2B1%2B%C3%A9&c=1%2B&d=%41',
    [
      ['From', '+14155550142'],
      ['+a', '+'],
      ['b', '+1+é'],
      ['c', '1+'],
      ['d', 'A'],
    ],
  ],
  [
    '__proto__=1&constructor=2',
    [
      ['__proto__', '1'],
      ['constructor', '2'],
    ],
  ],
  ['\ufeffa=1', [['\ufeffa', '1']]],
  ['?a=1', [['?a', '1']]],
]

const refused: [string, string | Uint8Array][] = [
  ['a single percent sign', '%'],
  ['a percent sign at the end', 'a=100%'],
  ['a percent sign with one digit', 'a=%4'],
  ['a percent sign without hex digits', 'a=%zz'],
  ['a percent sign without hex digits in a name', '%zz=1'],
  ['%u escapes', 'a=%u0041'],
  ['an incomplete character', 'a=%C3'],
  ['an incomplete character after an escaped +', 'a=%2B1%C3'],
  ['a percent sign without hex digits after an escaped +', 'a=%2B%zz'],
  ['a continuation byte alone', 'a=%A9'],
  ['an overlong slash', 'a=%C0%AF'],
  ['an encoded surrogate', 'a=%ED%A0%80'],
  ['a character beyond U+10FFFF', 'a=%F4%90%80%80'],
  ['a raw incomplete character', bytes(97, 61, 0xc3)],
  ['raw Latin-1', bytes(97, 61, 0xe9)],
  ['a raw overlong slash', bytes(97, 61, 0xc0, 0xaf)],
  ['a raw surrogate', bytes(97, 61, 0xed, 0xa0, 0x80)],
  ['raw UTF-16', bytes(0xff, 0xfe, 97, 0)],
]

describe('parseForm', () => {
  for (const [form, pairs] of accepted)
    test(`reads ${JSON.stringify(form)}`, () => {
      expect(parseForm(form)).toEqual(pairs)
      expect(parseBytes(utf8(form))).toEqual(pairs)
    })

  for (const [what, form] of refused)
    test(`refuses ${what}`, () => {
      expect(typeof form === 'string' ? parseForm(form) : parseBytes(form)).toBeUndefined()
    })

  testProperty(
    'reads like URLSearchParams or refuses, and accepts every well-formed form',
    5000,
    [fc.oneof(formLike, wellFormed)],
    (form) => {
      const pairs = parseForm(form)
      if (pairs !== undefined) expect(pairs).toEqual([...new URLSearchParams(`?${form}`)])
      expect(parseBytes(utf8(form))).toEqual(pairs)
      const stripped = form.replace(/%[0-9a-f]{2}/gi, '')
      if (!stripped.includes('%') && !/%[89a-f]/i.test(form)) expect(pairs).toBeDefined()
    },
  )

  testProperty(
    'never throws for any bytes, and refuses bytes that are not UTF-8',
    3000,
    [fc.uint8Array({ maxLength: 30 })],
    (raw) => {
      const pairs = parseBytes(raw)
      if (!Buffer.from(Buffer.from(raw).toString('utf8')).equals(Buffer.from(raw))) expect(pairs).toBeUndefined()
    },
  )

  testProperty(
    'reads the output of serializeForm',
    1000,
    [fc.array(fc.tuple(wellFormed, wellFormed), { maxLength: 8 })],
    (pairs) => {
      const form = serializeForm(pairs)
      expect(form).toMatch(/^[\w*.+%=&-]*$/)
      expect(parseForm(form)).toEqual(pairs)
    },
  )
})

describe('the classes for text', () => {
  /** Loads the module as if it were the first time, with other globals, and uses it. */
  async function useWith<T>(globals: Readonly<Record<string, unknown>>, use: (module: typeof Bytes) => T): Promise<T> {
    vi.resetModules()
    const module: typeof Bytes = await import('../src/bytes.ts')
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
    try {
      return use(module)
    } finally {
      vi.unstubAllGlobals()
    }
  }
  const bom = utf8('\ufeffa')
  const missing = { TextDecoder: undefined, TextEncoder: undefined }

  test('are those of node:util in an environment without them, such as the jsdom environment of Jest', async () => {
    expect(await useWith(missing, ({ encodeUtf8 }) => encodeUtf8('\ufeffa'))).toEqual(bom)
    expect(await useWith(missing, (module) => module.decodeLeniently(bom))).toBe('\ufeffa')
    const read = (module: typeof Bytes) => [bom, bytes(0x80)].map((one) => module.decodeUtf8(one))
    expect(await useWith(missing, read)).toEqual(['\ufeffa', undefined])
  })

  test('are the global ones if there are any', async () => {
    class Decoder {
      decode = () => 'global'
    }
    expect(await useWith({ TextDecoder: Decoder }, (module) => module.decodeUtf8(bom))).toBe('global')
  })

  test.each([undefined, {}])('are named by the error if there are none: process is %j', async (process) => {
    await expect(useWith({ ...missing, process }, (module) => module.decodeUtf8(bom))).rejects.toThrow(
      /TextDecoder is not a constructor/,
    )
  })
})

describe('isFormType', () => {
  const form = 'application/x-www-form-urlencoded'
  const types: [type: string, isForm: boolean][] = [
    [form, true],
    [form.toUpperCase(), true],
    [` ${form}\t`, true],
    [`${form};`, true],
    [`${form}  ;`, true],
    [`${form};charset=utf-8`, true],
    [`${form};charset=UTF-8;`, true],
    [`${form};charset="utf-8"`, true],
    [`${form}  ;  charset  =  utf-8  ;`, true],
    [`${form}  ;  charset  =  "utf-8"  ;`, true],
    ['', false],
    ['application/json', false],
    [`x${form}`, false],
    [`text/plain, ${form}`, false],
    [`${form}x`, false],
    [`${form}, text/plain`, false],
    [`${form};x`, false],
    [`${form};;`, false],
    [`${form}x;charset=utf-8`, false],
    [`${form};xcharset=utf-8`, false],
    [`${form};charsetx=utf-8`, false],
    [`${form};charset=xutf-8`, false],
    [`${form};charset=utf-8x`, false],
    [`${form};charset="utf-8`, false],
    [`${form};charset=utf-16`, false],
    [`${form};charset=utf-8;charset=utf-7`, false],
    [`${form};charset=`, false],
  ]
  for (const [type, isForm] of types)
    test(`${JSON.stringify(type)} is ${isForm ? 'a form' : 'not a form'}`, () => {
      expect(isFormType(type)).toBe(isForm)
    })
})

test('serializeForm writes a space as "+", and escapes all characters except letters, digits and *-._', () => {
  expect(
    serializeForm([
      ['a b', "1*-._~'"],
      ['a b', ''],
    ]),
  ).toBe('a+b=1*-._%7E%27&a+b=')
})

describe('parseLeniently', () => {
  // Only ASCII, as in a request. URLSearchParams in Node.js garbles other characters after a stray
  // `%`.
  const unit = fc.constantFrom(
    'a',
    '=',
    '&',
    '+',
    '2',
    ' ',
    '%',
    '%2',
    '%ff',
    '%C3',
    '%A9',
    '%3d',
    '%26',
    '%25',
    '%zz',
    '%EF%BB%BF',
  )
  const malformed = fc.string({ unit, maxLength: 24 })

  testProperty('reads ASCII like URLSearchParams', 5000, [malformed], (form) => {
    expect(parseLeniently(form)).toEqual([...new URLSearchParams(`?${form}`)])
  })

  test('keeps other characters after a stray %', () => {
    expect(parseLeniently('a=%\u{1f600}&%é=\ud800')).toEqual([
      ['a', '%\u{1f600}'],
      ['%é', '\ufffd'],
    ])
  })
})

describe('the limit of pairs', () => {
  test('counts separators, of empty pairs too', () => {
    expect(parseForm('&'.repeat(9_999))).toEqual([])
    expect(parseForm('&'.repeat(10_000))).toBeUndefined()
    expect(parseForm('a&'.repeat(10_000))).toBeUndefined()
    for (const parse of [parseForm, parseLeniently]) expect(parse('a&'.repeat(9_999))).toHaveLength(9_999)
    expect(parseLeniently('a&'.repeat(10_000))).toEqual([])
  })
})
