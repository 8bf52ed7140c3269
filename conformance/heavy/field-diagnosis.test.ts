import type { Diagnoser, VerifierOptions } from 'tollgate'
import { type CauseId, withHints } from 'tollgate/diagnose'
import { beforeAll, describe, expect, test } from 'vitest'
import { explainRefused } from '../diagnosis/explained.ts'
import { families, runSetUp } from '../field/run.ts'
import { type BrokenSetUp, defaults, type SetUp } from '../field/set-up.ts'
import { token } from '../kit/draft.ts'

/** The causes that the library names for the cause of a set-up. */
const causes: Readonly<Record<string, readonly CauseId[]>> = {
  'account-not-in-map': ['token_of_other_account'],
  'account-not-in-option': ['account_not_listed'],
  'account-sid-as-token': ['token_is_account_sid'],
  'api-key-secret-as-token': ['token_is_api_key'],
  'api-key-sid-as-token': ['token_is_api_key'],
  'api-mapping-stripped': ['path_prefix'],
  'base-path-stripped': ['path_prefix'],
  'base64-decoded-twice': ['body_base64'],
  'base64-flag-lost': ['body_base64'],
  'body-compressed': ['body_compressed'],
  'body-dropped-by-proxy': ['body_missing'],
  'body-limit-too-small': ['body_limit'],
  'body-not-passed': ['body_already_parsed'],
  'body-parser-before-guard': ['body_already_parsed'],
  'body-read-by-middleware': ['body_already_parsed'],
  'body-trimmed': ['body_whitespace'],
  'charset-changed': ['body_charset'],
  'console-has-http': ['scheme'],
  'content-type-changed': ['form_taken_as_json'],
  'content-type-lost': ['form_taken_as_json'],
  'empty-parameters-removed': ['params_blank_dropped'],
  'form-decoded-twice': ['params_plus_as_space'],
  'form-serialised-again-with-nested-names': ['params_nested'],
  'form-turned-into-json': ['form_taken_as_json'],
  'form-turned-into-multipart': ['form_taken_as_json'],
  'forwarded-header-has-several-values': ['forwarding_headers'],
  'forwarding-headers-of-other-family': ['scheme'],
  'function-name-stripped': ['path_prefix'],
  'host-lower-cased': ['host_case'],
  'host-not-listed': ['host'],
  'host-replaced-by-proxy': ['host'],
  'host-spelled-differently': ['host_case'],
  'host-with-trailing-dot': ['host'],
  'index-file-added-to-path': ['trailing_slash'],
  'json-serialised-again': ['body_reserialized'],
  'line-breaks-converted': ['body_whitespace'],
  'method-changed': ['method'],
  'method-not-listed': ['method'],
  'mount-path-stripped': ['path_prefix'],
  'names-with-brackets-nested': ['params_nested'],
  'parameter-added': ['params_missing'],
  'parameters-removed-by-sanitizer': ['params_missing'],
  'path-decoded-by-proxy': ['path_encoding'],
  'path-joined-without-slash': ['path_prefix'],
  'path-lower-cased': ['path_encoding'],
  'path-replaced-by-front-controller': ['path_prefix'],
  'path-replaced-by-proxy': ['path_prefix'],
  'percent-escapes-respelled': ['query_encoding'],
  'port-added-by-proxy': ['port'],
  'port-lost-by-proxy': ['port'],
  'prefix-added-by-proxy': ['path_prefix'],
  'prefix-doubled': ['path_prefix'],
  'prefix-spelled-differently': ['path_encoding'],
  'prefix-stripped-and-slash-doubled': ['path_prefix'],
  'prefix-stripped-by-application': ['path_prefix'],
  'prefix-stripped-by-platform': ['path_prefix'],
  'prefix-stripped-by-proxy': ['path_prefix'],
  'proxy-not-trusted': ['forwarding_headers'],
  'public-url-has-internal-scheme-and-port': ['scheme'],
  'public-url-has-other-host': ['host'],
  'public-url-has-path-of-webhook': ['path_prefix'],
  'public-url-is-local': ['scheme', 'host'],
  'public-url-is-local-and-mount-path-stripped': ['scheme', 'host', 'path_prefix'],
  'public-url-lacks-port': ['port'],
  'public-url-lacks-port-and-prefix-stripped': ['port', 'path_prefix'],
  'public-url-scheme-http': ['scheme'],
  'public-url-scheme-http-and-prefix-stripped': ['scheme', 'path_prefix'],
  'query-decoded-by-proxy': ['query_encoding'],
  'query-doubled-by-proxy': ['query_extra'],
  'query-dropped-by-application': ['query_missing'],
  'query-dropped-by-proxy': ['query_missing'],
  'query-lower-cased': ['query_encoding'],
  'query-parameter-added-by-proxy': ['query_extra'],
  'query-replaced-by-proxy': ['query_missing'],
  'query-respelled-by-framework': ['query_encoding'],
  'query-sorted': ['query_order'],
  'query-spaces-respelled': ['query_encoding'],
  'repeated-parameters-indexed': ['params_nested'],
  'repeated-parameters-reduced': ['params_repeats_dropped'],
  'repeated-query-parameter-lost': ['query_missing'],
  'request-names-no-account': ['token_of_other_account'],
  'shared-key-as-auth-token': ['shared_key_unconfigured'],
  'shared-key-bound-to-other-account': ['account_not_listed'],
  'shared-key-id-wrong': ['shared_key_unconfigured'],
  'shared-key-not-configured': ['shared_key_unconfigured'],
  'shared-key-of-other-generation': ['algorithm'],
  'shared-key-secret-wrong': ['shared_key_wrong'],
  'shared-key-secrets-swapped': ['shared_key_wrong'],
  'shared-keys-only-too-early': ['shared_key_unconfigured'],
  'signature-header-dropped': ['signature_missing'],
  'signature-header-renamed': ['signature_missing'],
  'signature-header-repeated': ['signature_truncated'],
  'signature-lower-cased': ['signature_encoding'],
  'signature-padding-lost': ['signature_encoding'],
  'signature-quoted': ['signature_encoding'],
  'signature-url-encoded': ['signature_encoding'],
  'signed-url-lacks-query': ['query_missing'],
  'signed-url-of-other-route': ['path_prefix'],
  'slashes-merged-by-proxy': ['path_encoding'],
  'stage-missing-from-path': ['path_prefix'],
  'tls-ended-and-prefix-stripped': ['scheme', 'path_prefix'],
  'tls-ended-at-proxy': ['scheme'],
  'token-base64-encoded': ['token_shape'],
  'token-is-secondary': ['token_of_other_account'],
  'token-list-not-split': ['token_shape'],
  'token-lookup-fails': ['key_lookup'],
  'token-lookup-too-slow': ['key_lookup'],
  'token-of-other-account': ['token_of_other_account'],
  'token-of-parent-account': ['token_of_other_account'],
  'token-of-test-credentials': ['token_of_other_account'],
  'token-quoted': ['token_quoted'],
  'token-rotated': ['token_of_other_account'],
  'token-truncated': ['token_shape'],
  'token-upper-cased': ['token_shape'],
  'token-with-invisible-character': ['token_whitespace'],
  'token-with-name-of-variable': ['token_quoted'],
  'token-with-white-space': ['token_whitespace'],
  'tokens-of-accounts-swapped': ['token_of_other_account'],
  'trailing-slash-added': ['trailing_slash'],
  'trailing-slash-removed': ['trailing_slash'],
  'url-decoded-by-application': ['query_encoding'],
  'url-encoded-twice': ['query_encoding'],
  'url-of-forwarder-signed': ['host', 'path_prefix'],
  'values-html-escaped': ['params_escaped'],
  'values-trimmed': ['params_trimmed'],
}

/** Set-ups whose cause has other names in one of them. */
const others: Readonly<Record<string, readonly CauseId[]>> = {
  // The query that is lost is the hash of the body.
  'haproxy-query-dropped': ['body_hash_missing'],
  // Nothing of the value is left, or of one of two.
  'http-proxy-middleware-nested-names': ['params_missing'],
  'express-hpp': ['params_missing'],
  'express-json-rebuilt': ['body_reserialized', 'body_whitespace'],
}

interface Explained {
  readonly text: string
  /** The causes that the text names, the most likely first. */
  readonly named: readonly string[]
  /** The text says that nothing is proven, and lists what is left. */
  readonly isOpen: boolean
  /** The option that the text says to set. */
  readonly line: string | undefined
}

/** Runs a set-up with the `diagnose` option and reads what it prints. */
async function explain(setUp: SetUp, diagnoser?: Diagnoser): Promise<Explained> {
  let text: Promise<string> | undefined
  const outcome = await runSetUp(setUp, {
    options: {
      diagnose: {
        explain(refused) {
          text = explainRefused(refused, diagnoser as never)
        },
      },
    },
    settle: () => text,
  })
  const printed = (await text) ?? ''
  if ('works' in setUp && outcome.logged.length > 0) throw new Error(`It prints ${outcome.logged.join('\n')}`)
  return {
    text: printed,
    named: [...printed.matchAll(/^ {2}([a-z][a-z0-9_]+): /gm)].map(([, id = '']) => id),
    isOpen: printed.includes('Nothing is proven after') && printed.includes('What is left'),
    line: /Set (publicUrl|signedUrl|trailingSlash|methods)(: .*?)\.(?= [A-Z]|\n|$)/.exec(printed)?.slice(1).join(''),
  }
}

/** Makes the options that a printed line writes. */
function readLine(line: string): VerifierOptions {
  return new Function(`return ({ ${line} })`)()
}

/** The thing that settles the cause, as hints of the `diagnose` option. */
function hintFor({ sent }: BrokenSetUp): Diagnoser {
  return withHints({
    otherTokens: { hint: sent.sharedKey?.secret ?? sent.token ?? token },
    otherUrls: [sent.signedUrl ?? sent.url],
  })
}

interface Judged {
  readonly family: string
  readonly setUp: BrokenSetUp
  readonly explained: Explained
  readonly isExact: boolean
  /** Nothing is proven, and the cause is among what is left. */
  readonly isHonest: boolean
  readonly isExactWithHint: boolean
}

function isNamed({ id, cause }: BrokenSetUp, { named, isOpen }: Explained): boolean {
  const expected = [...(others[id] ?? causes[cause] ?? [])].sort()
  return [...(isOpen ? named.slice(0, 1) : named)].sort().join() === expected.join()
}

async function judge(family: string, setUp: BrokenSetUp): Promise<Judged> {
  const explained = await explain(setUp)
  const isExact = isNamed(setUp, explained)
  const [first = ''] = others[setUp.id] ?? causes[setUp.cause] ?? []
  const isExactWithHint =
    isExact && !explained.isOpen
      ? true
      : setUp.hint !== undefined && isNamed(setUp, await explain(setUp, hintFor(setUp)))
  return {
    family,
    setUp,
    explained,
    isExact,
    isHonest: explained.isOpen && explained.named.includes(first),
    isExactWithHint: isExact || isExactWithHint,
  }
}

describe('set-ups from the field', () => {
  const judged: Judged[] = []

  beforeAll(async () => {
    for (const [family, setUps] of Object.entries(families))
      for (const setUp of setUps) if (!('works' in setUp)) judged.push(await judge(family, setUp))
    const rows = Object.keys(families).map((family) => {
      const ofFamily = judged.filter((one) => one.family === family)
      const count = (test: (one: Judged) => boolean): number => ofFamily.filter(test).length
      return `${family}: ${count((one) => one.isExact)} of ${ofFamily.length} exact, ${count((one) => one.isExactWithHint)} with a hint, ${count((one) => !one.isExact && one.isHonest)} listed, ${count((one) => !one.isExact && !one.isHonest)} misleading`
    })
    console.log(rows.join('\n'))
  }, 600_000)

  const show = (list: readonly Judged[]): string =>
    list.map(({ setUp, explained }) => `${setUp.id} (${setUp.cause})\n${explained.text}`).join('\n\n')

  test('the table knows every cause', () => {
    expect(judged.filter(({ setUp }) => causes[setUp.cause] === undefined).map(({ setUp }) => setUp.cause)).toEqual([])
  })

  test('at least 90 % are named exactly, and 95 % with a hint', () => {
    const inexact = judged.filter(({ isExact }) => !isExact)
    expect(1 - inexact.length / judged.length, show(inexact)).toBeGreaterThanOrEqual(0.9)
    const open = judged.filter(({ isExactWithHint }) => !isExactWithHint)
    expect(1 - open.length / judged.length, show(open)).toBeGreaterThanOrEqual(0.95)
  })

  test('none is named as something else', () => {
    expect(show(judged.filter(({ isExact, isHonest }) => !isExact && !isHonest))).toBe('')
  })

  test('each printed option makes the request verify', async () => {
    const withLine = judged.filter(({ explained }) => explained.line !== undefined)
    expect(withLine.length).toBeGreaterThan(50)
    for (const { setUp, explained } of withLine) {
      const options = { ...defaults, ...setUp.options, ...readLine(explained.line ?? '') }
      const { verdicts } = await runSetUp(setUp, { options })
      expect(verdicts, `${setUp.id}: ${explained.line}`).toMatchObject([{ ok: true }])
    }
  }, 600_000)

  test('genuine requests print nothing', async () => {
    for (const setUp of Object.values(families).flat())
      if ('works' in setUp) expect(await explain(setUp), setUp.id).toMatchObject({ text: '' })
  }, 600_000)
})
