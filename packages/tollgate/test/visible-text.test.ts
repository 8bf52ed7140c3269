import { expect, test } from 'vitest'
import { escapeHidden, showHidden } from '../src/schemes/index.ts'

test.each([
  ['Latin, with umlauts', 'Grüße, naïve façade'],
  ['Persian, with a zero-width non-joiner', 'می\u200cخواهم'],
  ['Hindi, with a zero-width joiner', 'क\u094d\u200dष'],
  ['Hebrew', 'שלום'],
  ['a family', '👨\u200d👩\u200d👧'],
  ['a profession, with a skin tone', '👩🏽\u200d💻'],
  ['a rainbow flag, with a variation selector', '🏳\ufe0f\u200d🌈'],
  ['the flag of England', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
  ['lines and tabs', 'one\n\ttwo'],
  ['a combining accent', 'e\u0301'],
])('%s stays readable', (_name, text) => {
  expect(showHidden(text)).toBe(text)
})

test.each([
  ['an escape sequence', '\x1b[31mred', '[U+001B][31mred'],
  ['a C1 control', '\x9b31mred', '[U+009B]31mred'],
  ['DEL', 'a\x7fb', 'a[U+007F]b'],
  ['a carriage return', 'safe\rother', 'safe[U+000D]other'],
  ['a host that reads backwards', 'https://\u202emoc.elpmaxe\u202c', 'https://[U+202E]moc.elpmaxe[U+202C]'],
  ['isolates', '\u2066a\u2069', '[U+2066]a[U+2069]'],
  ['a joiner in a host', 'exam\u200dple.com', 'exam[U+200D]ple.com'],
  ['a non-joiner between a letter of Arabic and one of Latin', 'م\u200ca', 'م[U+200C]a'],
  ['a zero-width space', 'exam\u200bple', 'exam[U+200B]ple'],
  ['tags without a flag', 'a\u{e0041}', 'a[U+E0041]'],
  ['half a surrogate pair', 'a\ud800b', 'a[U+D800]b'],
  ['a filler that shows nothing', 'a\u3164', 'a[U+3164]'],
])('%s is shown', (_name, text, shown) => {
  expect(showHidden(text)).toBe(shown)
})

test('JSON stays the same document', () => {
  const value = { 'a\u202e': ['\x1b\x9b\x7f', '👩🏽\u200d💻', '\u{e0041}\ud800', '\u2028'] }
  const json = escapeHidden(JSON.stringify(value))
  expect(JSON.parse(json)).toEqual(value)
  expect(json).not.toMatch(/[\x7f-\x9f\u200b-\u200f\u2028-\u202e]|\u{e0041}/u)
})

test('a text of a million joiners or tags takes a moment', () => {
  const started = performance.now()
  for (const one of ['\u200d', '\u{e0041}', 'م\u200c', '🏴\u{e0041}', '\x1b']) showHidden(one.repeat(300_000))
  expect(performance.now() - started).toBeLessThan(5000)
})
