import { describe, expect, test } from 'vitest'
import { readTwiml } from '../src/index.ts'

describe('TwiML', () => {
  test('is read as elements, attributes and text', () => {
    const text = `<?xml version="1.0"?>\n<!-- hi --><Response>\n  <Gather input='dtmf speech' numDigits="1"><Say>Press 1 &amp; wait</Say></Gather><Hangup/></Response>`
    expect(readTwiml(text)).toEqual({
      name: 'Response',
      attributes: [],
      children: [
        {
          name: 'Gather',
          attributes: [
            ['input', 'dtmf speech'],
            ['numDigits', '1'],
          ],
          children: [{ name: 'Say', attributes: [], children: ['Press 1 & wait'] }],
        },
        { name: 'Hangup', attributes: [], children: [] },
      ],
    })
  })

  test.each([
    '',
    'plain text',
    '<Response>',
    '<Response></Say>',
    '<A/><B/>',
    '<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>',
    '<Response a=">',
    '<Response a="1"b="2"/>',
    '<Response a/>',
    '</Response>',
    '<Response><![CDATA[</Response>',
    `<Response>${'<Say/>'.repeat(3_000)}</Response>`,
  ])('is not parsed if it is malformed: %s', (text) => {
    expect(readTwiml(text)).toBeUndefined()
  })

  test("decodes only XML's entities, and only once", () => {
    expect(readTwiml('<Say>&amp;lt;&#65;&#x42;&#x110000;&nbsp;</Say>')?.children).toEqual(['&lt;AB&#x110000;&nbsp;'])
    expect(readTwiml('<Say><![CDATA[<b>&amp;</b>]]></Say>')?.children).toEqual(['<b>&amp;</b>'])
  })

  // A parser with quadratic time would not finish within the test's time limit.
  test.each(['<a b="', '<a "', '<!--', '&#', '<a>', '<a \'"', '< ', '<a b=c ', 'a', ' ', 'a '])(
    'handles a megabyte of hostile text: %s',
    (unit) => {
      const text = unit.repeat(1_000_000 / unit.length)
      expect(readTwiml(text)).toBeUndefined()
      expect(readTwiml(`<Response ${text}x></Response>`)).toBeUndefined()
    },
  )
})
