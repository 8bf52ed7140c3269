import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as publicFace from '../src/twiml.ts'
import { twiml } from '../src/twiml.ts'
import { testProperty } from './property.ts'

/** Reads `<Say a="…" b='…'>…</Say>` back without any code of the tag. */
function readBack(xml: string): string[] {
  const match = /^<Say a="([^"<]*)" b='([^'<]*)'>([^<]*)<\/Say>$/.exec(xml)
  if (match === null) throw new Error(`not the expected markup: ${xml}`)
  return match.slice(1).map((raw, index) => {
    // An XML parser first normalises line ends, then white space in attributes, then resolves
    // entities.
    const lines = raw.replace(/\r\n?/g, '\n')
    return decodeEntities(index < 2 ? lines.replace(/[\t\n]/g, ' ') : lines)
  })
}

function decodeEntities(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text
    .split('&')
    .map((part, index) => {
      if (index === 0) return part
      const end = part.indexOf(';')
      if (end === -1) throw new Error('an ampersand that is no entity')
      const name = part.slice(0, end)
      const character = name.startsWith('#') ? String.fromCharCode(Number(name.slice(1))) : named[name]
      if (character === undefined) throw new Error(`unknown entity ${name}`)
      return character + part.slice(end + 1)
    })
    .join('')
}

/** https://www.w3.org/TR/xml/#charsets, by code point. */
function keepXmlCharacters(text: string): string {
  return [...text]
    .filter((character) => {
      const code = character.codePointAt(0) ?? 0
      return (
        code === 9 ||
        code === 10 ||
        code === 13 ||
        (code >= 0x20 && code <= 0xd7ff) ||
        (code >= 0xe000 && code <= 0xfffd) ||
        code >= 0x10000
      )
    })
    .join('')
}

const markup = fc.constantFrom(
  '<',
  '>',
  '&',
  '"',
  "'",
  '\r',
  '\n',
  '\t',
  '\0',
  ']]>',
  '-->',
  '<!--',
  '&amp;',
  '\ud83d',
  '\ufffe',
)
const codeUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes))
const hostileText = fc
  .array(fc.oneof(markup, fc.string(), fc.string({ unit: 'binary' }), codeUnits))
  .map((parts) => parts.join(''))

describe('twiml', () => {
  testProperty('a parser reads any value back as the same text', 2_000, [hostileText], (text) => {
    const kept = keepXmlCharacters(text)
    expect(readBack(twiml`<Say a="${text}" b='${text}'>${text}</Say>`)).toEqual([kept, kept, kept])
  })

  test('markup in a message stays text', () => {
    const body = `</Message><Redirect>https://evil.example</Redirect>`
    expect(twiml`<Response><Message>${body}</Message></Response>`).toBe(
      '<Response><Message>&lt;/Message&gt;&lt;Redirect&gt;https://evil.example&lt;/Redirect&gt;</Message></Response>',
    )
    expect(twiml`<Say voice="${'" onerror=\''}">x</Say>`).toBe('<Say voice="&quot; onerror=&#39;">x</Say>')
  })

  test('values other than text', () => {
    expect(twiml`<a>${null}${undefined}${0}${-1.5}${10n}${false}${['b', ['&'], null]}</a>`).toBe(
      '<a>0-1.510falseb&amp;</a>',
    )
  })

  test('the result is a plain string, and another template escapes it', () => {
    const inner = twiml`<Say>hi</Say>`
    expect(typeof inner).toBe('string')
    expect(twiml`<Response>${inner}</Response>`).toBe('<Response>&lt;Say&gt;hi&lt;/Say&gt;</Response>')
  })

  test('fragments are inserted as markup, alone and in arrays', () => {
    const say = (text: string) => twiml.fragment`<Say>${text}</Say>`
    expect(twiml`<Response>${say('a & b')}</Response>`).toBe('<Response><Say>a &amp; b</Say></Response>')
    expect(twiml`<Response>${['1', '2'].map(say)}</Response>`).toBe('<Response><Say>1</Say><Say>2</Say></Response>')
  })

  test('no value of a request can count as a fragment', () => {
    const forged = { toString: () => '<Hangup/>', markup: '<Hangup/>' }
    expect(() => twiml`<Response>${forged as never}</Response>`).toThrow(TypeError)
    expect(() => twiml`<Response>${Object.create(null)}</Response>`).toThrow(TypeError)
    expect(() => twiml`<Response>${(() => 1) as never}${Symbol('x') as never}</Response>`).toThrow(TypeError)
  })

  test('a template may have comments, CDATA, declarations and quotes in text', () => {
    expect(twiml`<?xml version="1.0"?><!-- it's "<a" --><a><![CDATA[<b c="]]>don't ${'&'}</a>`).toBe(
      '<?xml version="1.0"?><!-- it\'s "<a" --><a><![CDATA[<b c="]]>don\'t &amp;</a>',
    )
    expect(twiml`<a b="it's > ${'"'} <" c='${"'"}"'/>${'<'}`).toBe(`<a b="it's > &quot; <" c='&#39;"'/>&lt;`)
  })

  const x = 'x'
  const refused: Record<string, () => unknown> = {
    'a tag name': () => twiml`<${x}>a</a>`,
    'a closing tag': () => twiml`<a></${x}>`,
    'an attribute name': () => twiml`<a ${x}="1"/>`,
    'an unquoted attribute': () => twiml`<a b=${x}/>`,
    'after a quoted attribute': () => twiml`<a b="1"${x}/>`,
    'a comment': () => twiml`<a><!-- "${x}" --></a>`,
    CDATA: () => twiml`<a><![CDATA[${x}]]></a>`,
    'a processing instruction': () => twiml`<?xml version="${x}"?><a/>`,
    'a template that ends in a tag': () => twiml`<a b="${x}"`,
    'a template that ends in an attribute': () => twiml`<a b="${x}`,
    'a template that ends in a comment': () => twiml`<a/><!-- `,
    'a fragment in an attribute': () => twiml`<a b="${twiml.fragment`<c/>`}"/>`,
    'an escape that JavaScript cannot read': () => twiml`<a>\u{zz}${x}</a>`,
    'a call without a template': () => (twiml as (text: unknown) => string)('<a/>'),
  }
  for (const [title, write] of Object.entries(refused))
    test(`refuses ${title}, each time`, () => {
      expect(write).toThrow(TypeError)
      expect(write).toThrow(TypeError)
    })

  test('the only export is twiml', () => {
    expect(Object.keys(publicFace)).toEqual(['twiml'])
  })
})
