import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listAccounts, listAccountsInJson } from '../src/schemes/twilio/keys.ts'
import { testProperty } from './property.ts'
import { accountSid, otherSid } from './requests.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

describe('listAccounts', () => {
  for (const name of ['AccountSid', 'account_sid', 'interactionAccountSid'])
    test(`finds ${name}`, () => {
      const pairs = [
        ['Body', 'hi'],
        [name, accountSid],
      ] as const
      expect(listAccounts(pairs, 9)).toEqual([accountSid])
    })

  test('returns distinct accounts as written, up to the limit', () => {
    const pairs = [
      ['AccountSid', accountSid],
      ['account_sid', accountSid],
      ['AccountSid', 'junk'],
      ['AccountSid', otherSid],
    ] as const
    expect(listAccounts(pairs, 9)).toEqual([accountSid, 'junk', otherSid])
    expect(listAccounts(pairs, 3)).toEqual([accountSid, 'junk', otherSid])
    expect(listAccounts(pairs, 2)).toEqual([accountSid, 'junk'])
  })

  for (const name of ['accountsid', 'ParentAccountSid', 'ACCOUNTSID', 'AccountSid ', 'x.AccountSid'])
    test(`${name} is not an account parameter`, () => {
      expect(listAccounts([[name, accountSid]], 9)).toEqual([])
    })
})

describe('listAccountsInJson', () => {
  const cases: [string, unknown, string[]][] = [
    ['at the top', { AccountSid: accountSid }, [accountSid]],
    ['account_sid', { account_sid: accountSid }, [accountSid]],
    ['accountSid', { accountSid }, [accountSid]],
    ['accountsid, in an event of A2P 10DLC', [{ data: { accountsid: accountSid } }], [accountSid]],
    ['accountId, in an event of Orchestrator', { data: { accountId: accountSid } }, [accountSid]],
    ["accountId, in a result of Intelligence's", { accountId: accountSid, operatorResults: [] }, [accountSid]],
    ['an accountId that is no AccountSid', { accountId: 'acme-42', data: { accountId: 7 } }, []],
    ["in an event's data", [{ data: { accountSid } }], [accountSid]],
    ['in one event', { data: { accountSid } }, [accountSid]],
    ['in several events', [{ data: { accountSid } }, { data: { accountSid: otherSid } }], [accountSid, otherSid]],
    ['the same twice', [{ data: { accountSid } }, { data: { accountSid } }], [accountSid]],
    ['no account', [{ data: { x: 1 } }], []],
    ['a number', { accountSid: 1 }, []],
    ['in lists of lists', [[[{ accountSid }]], [[{ data: [[{ accountSid: otherSid }]] }]]], [accountSid, otherSid]],
    [
      'in a list of one, and in nested lists',
      { AccountSid: [accountSid], data: { account_sid: [[otherSid]] } },
      [accountSid, otherSid],
    ],
    ['one level below data', { data: { call: { accountSid } } }, [accountSid]],
    ['one level below data, in lists', { data: [{ calls: [[{ accountSid }]] }] }, [accountSid]],
    ['two levels below data', { data: { a: { b: { accountSid } } } }, []],
    ['beside data', { a: { accountSid } }, []],
    ['below __proto__', { ['__proto__']: { accountSid }, data: { ['__proto__']: 1 } }, []],
    ['null', null, []],
    ['nulls', [null, { data: null }], []],
  ]
  for (const [what, value, accounts] of cases)
    test(what, () => {
      expect(listAccountsInJson(utf8(JSON.stringify(value)))).toEqual(accounts)
    })

  for (const [what, body] of [
    ['incomplete JSON', utf8('{')],
    ['an empty body', utf8('')],
    ['a body that is not UTF-8', new Uint8Array([0xff])],
    ['JSON after a byte order mark', utf8('\ufeff{}')],
    ['several lines of JSON', utf8('{}\n{}')],
    ['JSON with a character after it', utf8('{};')],
    ['endless nesting', utf8('['.repeat(200_000))],
  ] as const)
    test(`${what} is not a JSON text`, () => {
      expect(listAccountsInJson(body)).toBeUndefined()
    })

  test('reads lists nested 500,000 deep', () => {
    const nested = (inside: string) => utf8('['.repeat(500_000) + inside + ']'.repeat(500_000))
    expect(listAccountsInJson(nested(''))).toEqual([])
    expect(listAccountsInJson(nested(JSON.stringify({ accountSid })))).toEqual([accountSid])
  })

  testProperty(
    'never throws for any JSON or any bytes',
    100,
    [fc.oneof(fc.json().map(utf8), fc.uint8Array())],
    (body) => {
      const accounts = listAccountsInJson(body)
      expect(accounts === undefined || Array.isArray(accounts)).toBe(true)
    },
  )
})
