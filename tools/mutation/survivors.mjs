/**
 * Why a surviving mutant is no missing test: it behaves as the code does. By file, the code, and what it was changed into, both on
 * one line; the reason is what docs/mutation.md says of it.
 * @type {readonly import('./report.mjs').Explanation[]}
 */
export const explained = [
  {
    file: 'scheme/body-hash.ts',
    because: 'Looking through a query without the parameter finds nothing either, only more slowly',
    changes: [['!query.includes(parameter)', 'false']],
  },
  {
    file: 'scheme/form.ts',
    because: 'A function that ends gives `undefined` too',
    changes: [
      ['{ return undefined }', '{}'],
      ['{ return undefined // decodeURIComponent refuses just what we refuse }', '{}'],
    ],
  },
  {
    file: 'scheme/form.ts',
    because: 'What is done with `undefined` next throws, and what throws is refused',
    changes: [['text === undefined', 'false']],
  },
  {
    file: 'scheme/form.ts',
    because: 'The module does not load with it, and StrykerJS does not count tests that could not begin',
    changes: [["'utf-8'", '""']],
  },
  {
    file: 'scheme/form.ts',
    because: 'One more turn at the end finds an empty field, which is skipped',
    changes: [['start < text.length', 'start <= text.length']],
  },
  {
    file: 'scheme/form.ts',
    because: 'The sign is looked for anew and found at the same place, only more slowly',
    changes: [
      ['equals < start', 'true'],
      ['equals < start', 'equals <= start'],
    ],
  },
  {
    file: 'scheme/form.ts',
    because: 'Decoding a field that holds no percent sign gives the same field, only more slowly',
    changes: [
      ['percent < start', 'true'],
      ['percent < start', 'false'],
      ['percent < start', 'percent <= start'],
      ['percent < start', 'percent >= start'],
      ["'%'", '""'],
      ['percent < nameEnd', 'true'],
      ['percent < nameEnd', 'percent <= nameEnd'],
      ['percent < end', 'true'],
      ['percent < end', 'percent <= end'],
    ],
  },
  {
    file: 'scheme/name-order.ts',
    because: 'What is remembered saves sorting, and counts only where it is right: the order is the same without',
    changes: [
      ['[]', '["Stryker was here"]'],
      ['last !== undefined && isAscending(names, last)', 'false'],
      ['names.length <= mostNames', 'true'],
      ['names.length <= mostNames', 'false'],
      ['names.length <= mostNames', 'names.length < mostNames'],
      ['names.length <= mostNames', 'names.length > mostNames'],
    ],
  },
  {
    file: 'scheme/name-order.ts',
    because: 'Equal names never come so far',
    changes: [['one < other', 'one <= other']],
  },
  {
    file: 'scheme/name-order.ts',
    because: 'Of equal names nothing comes, in whatever order',
    changes: [
      ['(names[one] as string) < (names[other] as string)', '(names[one] as string) <= (names[other] as string)'],
    ],
  },
  {
    file: 'scheme/signature.ts',
    because: 'Beyond the end of both, nothing differs',
    changes: [['index < one.length', 'index <= one.length']],
  },
  {
    file: 'scheme/signed-url.ts',
    because: 'The text is the same in one piece and in many',
    changes: [
      ['text.length < 10_000 && Number.isNaN(text.charCodeAt(0))', 'false'],
      ['text.length < 10_000', 'true'],
      ['text.length < 10_000', 'text.length <= 10_000'],
      ['text.length < 10_000', 'text.length >= 10_000'],
    ],
  },
  {
    file: 'scheme/signed-url.ts',
    because: 'There is no form of a rank beyond the last',
    changes: [
      ['userinfos.length + ports.length + tails.length - 2', 'userinfos.length + ports.length + tails.length + 2'],
      ['rank < ranks', 'rank <= ranks'],
    ],
  },
  {
    file: 'scheme/signed-url.ts',
    because: 'Without an apostrophe all three spellings are one, and it is listed once',
    changes: [["!/'|%27/.test(text)", 'false']],
  },
  {
    file: 'scheme/signing-string.ts',
    because: 'Sorting pairs by name and value gives the same text, only more slowly',
    changes: [
      ['(pair) => pair[0]', '() => undefined'],
      ['order === undefined', 'true'],
    ],
  },
  {
    file: 'scheme/signing-string.ts',
    because: 'A record that is read as pairs gives the same text, only more slowly',
    changes: [
      ["typeof params === 'object' && params !== null && !(Symbol.iterator in params)", 'false'],
      ["'object'", '""'],
    ],
  },
  {
    file: 'scheme/signing-string.ts',
    because: 'Of pairs that are equal the last is kept instead of the first',
    changes: [['rank - 1', 'rank + 1']],
  },
  {
    file: 'verifier.ts',
    because: 'A text and its pieces have the same signature',
    changes: [['pieces === undefined', 'true']],
  },
  {
    file: 'verifier.ts',
    because:
      'Never reached: whatever skipped the comparison has refused. It is there for the compiler, and fails closed',
    changes: [["'signature_mismatch'", '""']],
  },
  {
    file: 'verifier.ts',
    because: 'One element is no `undefined`, and `undefined` is no AccountSid: both are there for the compiler',
    changes: [
      ['accountSid !== undefined', 'true'],
      ['parentAccountSid !== undefined', 'true'],
    ],
  },
  {
    file: 'verifier.ts',
    because: 'To call what is not there throws, and what a listener throws goes unnoticed',
    changes: [
      ["settings.authTokens.kind !== 'lookup'", 'false'],
      ['lookup.verified?.(makeClaim())', 'lookup.verified(makeClaim())'],
      ['onVerdict !== undefined', 'true'],
      ['diagnose === undefined', 'false'],
    ],
  },
  {
    file: 'replay/memory-store.ts',
    because: 'Only the names of the known options count, not what stands beside them',
    changes: [['true', 'false']],
  },
  {
    file: 'replay/redis-store.ts',
    because: 'Only the names of the known options count, not what stands beside them',
    changes: [['true', 'false']],
  },
  {
    file: 'replay/replay-guard.ts',
    because: 'Only the names of the known options count, not what stands beside them',
    changes: [['true', 'false']],
  },
  {
    file: 'replay/memory-store.ts',
    because: 'What has expired may be forgotten before there is need',
    changes: [['entries.size >= maxEntries', 'true']],
  },
  {
    file: 'replay/delivery-kind.ts',
    because: 'What is not UTF-8 is not JSON either, and a function that ends gives `undefined` too',
    changes: [
      ['text === undefined', 'false'],
      ['{ return undefined }', '{}'],
    ],
  },
  {
    file: 'replay/time-limit.ts',
    because: 'A race with an object that is no promise gives the object',
    changes: [["typeof work.then === 'function'", 'true']],
  },
]
