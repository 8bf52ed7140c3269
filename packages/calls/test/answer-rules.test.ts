import { expect, test } from 'vitest'
import { type Answer, type AnswerUse, answerRules, checkAnswer } from '../src/answer-rules.ts'
import { messageElements, voiceElements } from '../src/twiml.ts'
import { readInstalledTwiml } from './installed-twiml.ts'

const answer = (body: string, type: string | undefined = 'text/xml', changed: Partial<Answer> = {}): Answer => ({
  status: 200,
  headers: type === undefined ? [] : [['Content-Type', type]],
  body,
  bytes: Buffer.byteLength(body),
  isCut: false,
  durationMs: 20,
  ...changed,
})

const good: readonly (readonly [name: string, given: Answer, use: AnswerUse])[] = [
  ['TwiML of a call', answer('<Response><Say>Hi</Say><Hangup/></Response>'), 'voice'],
  [
    'TwiML of a message',
    answer('<?xml version="1.0" encoding="UTF-8"?><Response><Message>Hi</Message></Response>'),
    'message',
  ],
  ['with parameters in the type', answer('<Response/>', 'Application/XML; charset=utf-8'), 'voice'],
  ['as text/html, which Express sends', answer('<Response/>', 'text/html; charset=utf-8'), 'voice'],
  ['plain text, which is read out', answer('Hello & welcome', 'text/plain'), 'voice'],
  ['plain text, which is sent', answer('Hello', 'text/plain'), 'message'],
  ['audio', answer('ID3', 'audio/mpeg', { body: undefined, bytes: 3_000 }), 'voice'],
  ['a redirect', answer('', undefined, { status: 302, headers: [['location', '/next']] }), 'voice'],
  ['nothing to do', answer('', undefined, { status: 204 }), 'message'],
  ['a callback', answer('', undefined), 'callback'],
  ['a callback with any text', answer('{"ok":true}', 'application/json'), 'callback'],
  ['15 seconds', answer('<Response/>', 'text/xml', { durationMs: 15_000 }), 'voice'],
  ['64 KB', answer(`<Response><!--${'x'.repeat(65_536 - 28)}--></Response>`), 'voice'],
  ['a body of which only the beginning was kept', answer('<Response><Say>', 'text/xml', { isCut: true }), 'voice'],
  [
    'speech with marks',
    answer('<Response><Say>A<break time="1s"/><say-as interpret-as="digits">1</say-as></Say></Response>'),
    'voice',
  ],
  [
    'a nested noun',
    answer(
      '<Response><Connect><Stream url="wss://a.example"><Parameter name="a" value="b"/></Stream></Connect></Response>',
    ),
    'voice',
  ],
  ['a prompt', answer('<Response><Gather><Say>A</Say><Pause/><Play>b</Play></Gather></Response>'), 'voice'],
]

test.each(good)('Twilio reports nothing: %s', (_, given, use) => {
  expect(checkAnswer(given, use)).toEqual([])
})

const bad: readonly (readonly [code: number, detail: string, given: Answer, use: AnswerUse])[] = [
  [
    11205,
    'the answer took 15.1 s, and Twilio waits 15 s',
    answer('<Response/>', 'text/xml', { durationMs: 15_100 }),
    'voice',
  ],
  [15003, 'the status of the answer to a callback is 500', answer('', undefined, { status: 500 }), 'callback'],
  [11200, 'the status is 404', answer('<html/>', 'text/html', { status: 404 }), 'message'],
  [
    11216,
    'the status is 308, and Twilio follows 301, 302, 303, 307',
    answer('', undefined, { status: 308, headers: [['location', '/x']] }),
    'voice',
  ],
  [11216, 'the redirect has no Location', answer('', undefined, { status: 302 }), 'voice'],
  [
    11206,
    'a cookie has no name, or a tab or a line end in it',
    answer('<Response/>', 'text/xml', { headers: [['Set-Cookie', '=1; Path=/']] }),
    'voice',
  ],
  [
    11750,
    'the body has 65,537 bytes, and Twilio reads 64 KB',
    answer('<Response/>', 'text/xml', { bytes: 65_537 }),
    'voice',
  ],
  [11770, 'the body is empty: answer with <Response/> if there is nothing to do', answer('', 'text/xml'), 'voice'],
  [12300, 'the content type is application/json', answer('{}', 'application/json'), 'voice'],
  [12300, 'there is no content type', { ...answer('<Response/>'), headers: [] }, 'voice'],
  [12300, 'the content type is audio/mpeg', answer('ID3', 'audio/mpeg'), 'message'],
  [12100, 'there is white space before the XML declaration', answer('\n<?xml version="1.0"?><Response/>'), 'voice'],
  [12100, 'the XML is malformed in line 2', answer('<Response>\n<Say>Hi</Response>'), 'voice'],
  [12100, 'the body is not XML', answer('{"a":1}', 'text/html'), 'voice'],
  [
    12100,
    'the body is not TwiML: it has a document type',
    answer('<!DOCTYPE html><html></html>', 'text/html'),
    'voice',
  ],
  [12101, 'the version of the XML is not 1.0', answer('<?xml version="2.0"?><Response/>'), 'voice'],
  [12102, 'the root is <html> and not <Response>', answer('<html><body>Error</body></html>', 'text/html'), 'voice'],
  [14110, '<Say> is for calls, and this is a message', answer('<Response><Say>Hi</Say></Response>'), 'message'],
  [12200, '<say> is not in TwiML: its name is <Say>', answer('<Response><say>Hi</say></Response>'), 'voice'],
  [12200, '<Speak> is not in TwiML', answer('<Response><Speak>Hi</Speak></Response>'), 'voice'],
  [13320, '<Dial> must not stand in <Gather>', answer('<Response><Gather><Dial>1</Dial></Gather></Response>'), 'voice'],
  [
    14109,
    'there are 11 replies, and Twilio sends 10',
    answer(`<Response>${'<Message>a</Message>'.repeat(11)}</Response>`),
    'message',
  ],
]

test.each(bad)('Twilio would report %i: %s', (code, detail, given, use) => {
  expect(checkAnswer(given, use)).toMatchObject([{ code, detail }])
})

test('every rule has a case', () => {
  expect(new Set(bad.map(([code]) => code))).toEqual(new Set(answerRules.map(({ code }) => code)))
})

test.each(['<', '<a>', '<Response>', '<!--', '<a b="', ' ', '&'])('a megabyte of %j is checked', (unit) => {
  const body = unit.repeat(1_000_000 / unit.length)
  expect(checkAnswer({ ...answer(body), bytes: 10 }, 'voice').length).toBeGreaterThan(0)
})

test.each([
  ['VoiceResponse', voiceElements, ['Assistant', 'Custom', 'HttpRequest', 'ReferSip', 'Response']],
  ['MessagingResponse', messageElements, ['Response']],
] as const)('the table has what %s of the installed package writes', (name, table, added) => {
  const installed = readInstalledTwiml(name)
  const own: readonly string[] = added
  const rows = Object.entries(table).filter(([element]) => !own.includes(element))
  const expected = [...installed].map(([element, attributes]) => [element, attributes.join(' ')])
  expect(installed.size).toBeGreaterThan(3)
  expect(rows.sort()).toEqual(expected.sort())
})
