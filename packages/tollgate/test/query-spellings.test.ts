import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { respellQuery } from '../src/adapters/shared/query-spellings.ts'
import { testProperty } from './property.ts'

const read = (query: string): [string, string][] => [...new URLSearchParams(query)]
const asForm = (pairs: readonly [string, string][]): string => `?${new URLSearchParams([...pairs])}`
const asComponents = (pairs: readonly [string, string][]): string =>
  `?${pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`

describe('respellQuery', () => {
  test.each([
    ['an unescaped comma and similar characters', '?tags=a,b&to=sip:x@y/z;k=1'],
    ['brackets and similar characters, escaped as in a form', '?q=%21%27%28%29%7E'],
    ['unescaped brackets and similar characters', "?q=!'()~"],
    ['spaces as +', '?q=a+b%21'],
    ['spaces as %20', '?q=a%20b!'],
    ['names without a value', '?debug&a=1'],
    ['values without a name', '?=x&a='],
    ["the customer's part before Twilio's own", "?q=it's%20,here&From=%2B1415&Body=Hi%21+It%27s+me&ToCity="],
    ['| and similar characters, unescaped', '?q=a|b{c}'],
    ['unescaped brackets in a name', '?ids[]=1&ids[]=2'],
    ['unescaped brackets beside spaces', '?ids[]=a%20b&x=it'],
    ['a & at the end', '?a=1&'],
    ["Twilio's own part with %20", '?tag=a&Body=Hi%21%20there'],
    ["Twilio's own part with unescaped : and @", '?Caller=sip:a@b.example'],
  ])('%s', (_what, signed) => {
    const pairs = read(signed)
    for (const arrived of [asForm(pairs), asComponents(pairs)])
      expect([arrived, ...respellQuery(arrived)].slice(0, 12), arrived).toContain(signed)
  })

  const text = fc.string({
    unit: fc.constantFrom('a', 'B', ' ', '+', '&', '=', '%', "'", '!', '~', ',', '/', '?', '#', 'ü', '😀'),
  })
  testProperty(
    'every spelling has the same names and values',
    100,
    [fc.array(fc.tuple(text, text), { minLength: 1 })],
    (pairs) => {
      for (const query of [asForm(pairs), asComponents(pairs)])
        for (const spelling of respellQuery(query)) {
          expect(read(spelling)).toEqual(read(query))
          expect(spelling).not.toContain('#')
        }
    },
  )

  test('returns nothing for a malformed or empty query', () => {
    for (const query of ['', '?', '?q=100%', '?q=%zz+a', '?q=%FF', '?q=\ud800']) expect(respellQuery(query)).toEqual([])
  })
})
