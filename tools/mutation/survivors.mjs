/**
 * The reasons why a surviving mutant behaves like the original code, so that no test is missing.
 * Each change is the original code and the changed code, both on one line. docs/mutation.md shows
 * the reason.
 * @type {readonly import('./report.mjs').Explanation[]}
 */
export const explained = [
  {
    file: 'schemes/twilio/sign/signature-settings.ts',
    because: 'The id of a key is not empty, and has no space: both texts are malformed',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'schemes/twilio/webhook.ts',
    because: 'A list that was found is found again, only more slowly',
    changes: [["typeof known === 'string'", 'true']],
  },
  {
    file: 'schemes/twilio/sign/signature.ts',
    because: 'A search through a query without the parameter finds nothing either, only more slowly',
    changes: [['!query.includes(parameter)', 'false']],
  },
  {
    file: 'bytes.ts',
    because: 'A function without `return` returns `undefined` too',
    changes: [['{ return undefined }', '{}']],
  },
  {
    file: 'form.ts',
    because: 'A function without `return` returns `undefined` too',
    changes: [['{ return undefined // decodeURIComponent throws for exactly what we refuse }', '{}']],
  },
  {
    file: 'bytes.ts',
    because: 'Neither text is JSON',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'form.ts',
    because: 'A shorter form has fewer separators, so counting them gives the same answer',
    changes: [['form.length >= mostPairs', 'true']],
  },
  {
    file: 'form.ts',
    because: 'A set of one text gives the same list, only more slowly',
    changes: [['texts.length < 2', 'false']],
  },
  {
    file: 'form.ts',
    because: 'Only hex digits are read, and the character 64 (@) is not one of them',
    changes: [['digit > 64', 'digit >= 64']],
  },
  {
    file: 'hmac/algorithms.ts',
    because: 'The module does not load with this change, and StrykerJS does not count tests that cannot start',
    changes: [['([name, row]) => ({ ...row, name: name as AlgorithmName, })', '() => undefined']],
  },
  {
    file: 'form.ts',
    because: 'One more round at the end finds an empty field, which is skipped',
    changes: [['start < text.length', 'start <= text.length']],
  },
  {
    file: 'form.ts',
    because: 'The search for the equals sign runs again and finds the same position, only more slowly',
    changes: [
      ['equals < start', 'true'],
      ['equals < start', 'equals <= start'],
    ],
  },
  {
    file: 'form.ts',
    because: 'Both ways replace every occurrence, one of them more slowly',
    changes: [
      ['text.length >= mostPairs', 'true'],
      ['text.length >= mostPairs', 'false'],
      ['text.length >= mostPairs', 'text.length > mostPairs'],
      ['text.length >= mostPairs', 'text.length < mostPairs'],
    ],
  },
  {
    file: 'form.ts',
    because: "The pattern accepts Twilio's own spelling too, only more slowly",
    changes: [["contentType === 'application/x-www-form-urlencoded; charset=UTF-8'", 'false']],
  },
  {
    file: 'form.ts',
    because: 'A field without a space or an escape, and a phone number, are decoded to the same text, only more slowly',
    changes: [
      ['!hasPercent', 'false'],
      ['plus < start', 'true'],
      ['plus < start', 'false'],
      ['plus < start', 'plus <= start'],
      ['plus < start', 'plus >= start'],
      ["'+'", '""'],
      ['plus < nameEnd', 'true'],
      ['plus < nameEnd', 'plus <= nameEnd'],
      ['plus < end', 'true'],
      ['plus < end', 'plus <= end'],
      ["text.startsWith('%2B') && !text.includes('%', 1)", 'false'],
      ["text.startsWith('%2B')", "text.endsWith('%2B')"],
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
    file: 'schemes/twilio/sign/signing-string.ts',
    because:
      'The remembered order only saves sorting. It is used only if it is right, so the order is the same without it',
    changes: [
      ['[]', '["Stryker was here"]'],
      ['names.length > mostNames', 'false'],
      ['names.length > mostNames', 'names.length >= mostNames'],
      ['last !== undefined && isAscending(names, last)', 'false'],
    ],
  },
  {
    file: 'schemes/twilio/sign/signing-string.ts',
    because: 'The order of equal names changes nothing',
    changes: [
      ['(names[one] as string) < (names[other] as string)', '(names[one] as string) <= (names[other] as string)'],
    ],
  },
  {
    file: 'schemes/twilio/sign/signature.ts',
    because: 'Beyond the end, both texts have nothing to compare',
    changes: [['index < one.length', 'index <= one.length']],
  },
  {
    file: 'schemes/twilio/sign/signed-url.ts',
    because: 'The text is the same in one piece and in several pieces',
    changes: [
      ['text.length < 10_000 && Number.isNaN(text.charCodeAt(0))', 'false'],
      ['text.length < 10_000', 'true'],
      ['text.length < 10_000', 'text.length <= 10_000'],
      ['text.length < 10_000', 'text.length >= 10_000'],
    ],
  },
  {
    file: 'schemes/twilio/sign/signed-url.ts',
    because: 'No form has a rank beyond the last one',
    changes: [
      ['userinfos.length + ports.length + tails.length - 2', 'userinfos.length + ports.length + tails.length + 2'],
      ['rank < ranks', 'rank <= ranks'],
    ],
  },
  {
    file: 'schemes/twilio/sign/signed-url.ts',
    because: 'Without an apostrophe all three spellings are equal, and the list has no duplicates',
    changes: [["!respelled && !/'|%27/.test(asGiven)", 'false']],
  },
  {
    file: 'schemes/twilio/sign/signing-string.ts',
    because: 'Pairs sorted by name and value give the same text, only more slowly',
    changes: [
      ['(pair) => pair[0]', '() => undefined'],
      ['order === undefined', 'true'],
    ],
  },
  {
    file: 'schemes/twilio/sign/signing-string.ts',
    because: 'A record read as pairs gives the same text, only more slowly',
    changes: [
      ["typeof params === 'object' && params !== null && !(Symbol.iterator in params)", 'false'],
      ["{ return typeof params === 'object' && params !== null && !(Symbol.iterator in params) }", '{}'],
      ["'object'", '""'],
      ['text !== undefined', 'false'],
      ['value === undefined', 'true'],
      [
        "{ const names = Object.keys(record) const order = orderNames(names) if (order === undefined) return undefined let text = '' for (const index of order) { const name = names[index] as string const value = toText(record[name]) if (value === undefined) return undefined text += name + value } return text }",
        '{}',
      ],
    ],
  },
  {
    file: 'schemes/twilio/verifier.ts',
    because: 'Without newer keys no form matches, so the verdict is the same, only more slowly',
    changes: [
      ['!isRejected(newer) && newer.length === 0', 'false'],
      ['!isRejected(newer)', 'isRejected(newer)'],
    ],
  },
  {
    file: 'schemes/twilio/verifier.ts',
    because: 'A function without `return` returns `undefined`, which refuses as `false` does',
    changes: [['{ return false }', '{}']],
  },
  {
    file: 'schemes/twilio/webhook.ts',
    because: 'A search of the pairs and the index find the same value, one of them more slowly',
    changes: [
      ['this.#pairs.length <= 64', 'true'],
      ['this.#pairs.length <= 64', 'false'],
      ['this.#pairs.length <= 64', 'this.#pairs.length < 64'],
      ['this.#pairs.length <= 64', 'this.#pairs.length > 64'],
    ],
  },
  {
    file: 'verify/verifier.ts',
    because: 'A call of `undefined` throws, and an exception in a listener is ignored',
    changes: [
      ['onVerdict !== undefined', 'true'],
      ["typeof listener === 'function'", 'true'],
      ['diagnose === undefined', 'false'],
      ['diagnose.remember?.(verified)', 'diagnose.remember(verified)'],
    ],
  },
  {
    file: 'verify/verifier.ts',
    because: 'Only Twilio has the observe mode, and it has this step. The check is for the types',
    changes: [['steps.toObserved === undefined', 'false']],
  },
  {
    file: 'verify/verifier.ts',
    because: 'Node.js searches the line that throws for this text. The function does not read it',
    changes: [["'node-do-not-add-exception-line'", '""']],
  },
  {
    file: 'replay/replay-guard.ts',
    because: 'An answer that is there is the same after a wait for it, only more slowly',
    changes: [
      ["attempt.outcome === 'reserved'", 'false'],
      ["'reserved'", '""'],
    ],
  },
  {
    file: 'replay/replay-guard.ts',
    because: 'The first attempt replaces this text',
    changes: [["''", '"Stryker was here!"']],
  },
  {
    file: 'replay/memory-store.ts',
    because: 'Expired entries may be deleted before there is need',
    changes: [['entries.size >= maxEntries', 'true']],
  },
]
