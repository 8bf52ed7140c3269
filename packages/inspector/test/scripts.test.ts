import { expect, test } from 'vitest'
import { showHidden } from '../src/shared/visible-text.ts'

const [zwnj, zwj] = ['\u200c', '\u200d']
const tags = (text: string) => String.fromCodePoint(...[...text].map((one) => 0xe0000 + (one.codePointAt(0) ?? 0)))

/** Texts that people send. They are shown as they were sent. */
test.each([
  ['Latin with combining marks', 'Cafe\u0301 Zu\u0308rich'],
  ['Vietnamese', 'Xin chào, đơn hàng của bạn'],
  ['Greek', 'Καλημέρα'],
  ['Cyrillic', 'Добрый день'],
  ['Hebrew', 'שלום, ההזמנה שלך מוכנה'],
  ['Arabic', 'مرحبا، طلبك جاهز'],
  ['Persian with a non-joiner', `می${zwnj}خواهم کتاب${zwnj}ها را`],
  ['Urdu', `آپ کا آرڈر${zwnj} تیار ہے`.replace(`${zwnj} `, ' ')],
  ['Kurdish (Sorani)', `نامە${zwnj}کان`],
  ['Syriac', 'ܫܠܡܐ'],
  ['Hindi with a half form', `क्${zwj}ष और क्${zwnj}ष`],
  ['Marathi eyelash', `दर्${zwj}या`],
  ['Bengali', `র্${zwj}যাব`],
  ['Nepali', `गर्${zwj}नु`],
  ['Gujarati', `ક્${zwj}ષ`],
  ['Tamil', 'வணக்கம்'],
  ['Telugu', `క్${zwnj}ష`],
  ['Kannada', `ರ್${zwj}ಯ`],
  ['Malayalam chillu at the end of a word', `അവന്${zwj} വന്നു`],
  ['Sinhala', `ශ්${zwj}රී ලංකා`],
  ['Thai', 'สวัสดีครับ'],
  ['Khmer', 'សួស្តី'],
  ['Burmese', 'မင်္ဂလာပါ'],
  ['Tibetan', 'བཀྲ་ཤིས'],
  ['Chinese', '您好，您的订单'],
  ['Japanese', 'こんにちは、ご注文'],
  ['Korean', '안녕하세요'],
  ['Amharic', 'ሰላም'],
  ['a family', `👨${zwj}👩${zwj}👧${zwj}👦`],
  ['a job with a skin tone', `👩🏽${zwj}🚒`],
  ['a heart with a presentation', `❤️${zwj}🔥 🏳️${zwj}🌈`],
  ['a keycap and a flag', '1️⃣ 🇩🇪'],
  ['the flag of England', `🏴${tags('gbeng')}\u{e007f}`],
])('%s', (_, text) => {
  expect(showHidden(text)).toBe(text)
})

/** The same characters where they hide something. */
test.each([
  ['a joiner in a Latin word', `pay${zwj}pal`, 'pay[U+200D]pal'],
  ['a non-joiner in a number', `12${zwnj}34`, '12[U+200C]34'],
  ['a joiner at the end of an emoji', `👨${zwj}`, '👨[U+200D]'],
  ['a joiner at the end of an Arabic word', `سلام${zwj} `, 'سلام[U+200D] '],
  ['two joiners', `👨${zwj}${zwj}👩`, '👨[U+200D][U+200D]👩'],
  ['a joiner between scripts', `a${zwnj}م`, 'a[U+200C]م'],
  ['tags without a flag', `hi${tags('x')}`, 'hi[U+E0078]'],
  ['tags without an end', `🏴${tags('gbeng')}`, '🏴[U+E0067][U+E0062][U+E0065][U+E006E][U+E0067]'],
  ['a text in tags behind a flag', `🏴${tags('ignore all')}\u{e007f}`, /^🏴\[U\+E0069\]/],
  ['a direction between Arabic letters', 'س\u202eل', 'س[U+202E]ل'],
  ['a direction between emoji', '👨\u2066👩', '👨[U+2066]👩'],
] as const)('%s', (_, text, shown) => {
  if (typeof shown === 'string') expect(showHidden(text)).toBe(shown)
  else expect(showHidden(text)).toMatch(shown)
})

test.each([`क्${zwj}`, `👨${zwj}`, `م${zwnj}`, `🏴${tags('gbeng')}`, '\ufe0f', `\u0300${zwj}`])(
  'a megabyte of %j is read in linear time',
  (unit) => {
    const text = unit.repeat(Math.floor(1_000_000 / unit.length))
    const start = performance.now()
    showHidden(text)
    expect(performance.now() - start).toBeLessThan(10_000)
  },
)
