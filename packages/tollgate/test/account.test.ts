import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listAccounts, listAccountsInJson } from '../src/verify/candidates.ts'
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

  test('distinct ones, as written', () => {
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
    test(`${name} names none`, () => {
      expect(listAccounts([[name, accountSid]], 9)).toEqual([])
    })
})

describe('listAccountsInJson', () => {
  const cases: [string, unknown, string[]][] = [
    ['at the top', { AccountSid: accountSid }, [accountSid]],
    ['account_sid', { account_sid: accountSid }, [accountSid]],
    ['accountSid', { accountSid }, [accountSid]],
    ["in an event's data", [{ data: { accountSid } }], [accountSid]],
    ['in one event', { data: { accountSid } }, [accountSid]],
    ['in several events', [{ data: { accountSid } }, { data: { accountSid: otherSid } }], [accountSid, otherSid]],
    ['the same twice', [{ data: { accountSid } }, { data: { accountSid } }], [accountSid]],
    ['none', [{ data: { x: 1 } }], []],
    ['not a text', { accountSid: 1 }, []],
    ['in lists of lists', [[[{ accountSid }]], [[{ data: [[{ accountSid: otherSid }]] }]]], [accountSid, otherSid]],
    [
      'as a list of one, and of several',
      { AccountSid: [accountSid], data: { account_sid: [[otherSid]] } },
      [accountSid, otherSid],
    ],
    ['one level below data', { data: { call: { accountSid } } }, [accountSid]],
    ['one level below data, in lists', { data: [{ calls: [[{ accountSid }]] }] }, [accountSid]],
    ['two levels below data', { data: { a: { b: { accountSid } } } }, []],
    ['beside data', { a: { accountSid } }, []],
    ['as names that objects have by birth', { ['__proto__']: { accountSid }, data: { ['__proto__']: 1 } }, []],
    ['null', null, []],
    ['nulls', [null, { data: null }], []],
  ]
  for (const [what, value, accounts] of cases)
    test(what, () => {
      expect(listAccountsInJson(utf8(JSON.stringify(value)))).toEqual(accounts)
    })

  for (const [what, body] of [
    ['no JSON', utf8('{')],
    ['nothing', utf8('')],
    ['no UTF-8', new Uint8Array([0xff])],
    ['behind a byte order mark', utf8('\ufeff{}')],
    ['JSON in lines', utf8('{}\n{}')],
    ['with more behind it', utf8('{};')],
    ['nested without end', utf8('['.repeat(200_000))],
  ] as const)
    test(`${what}: not one JSON text`, () => {
      expect(listAccountsInJson(body)).toBeUndefined()
    })

  test('lists that are nested as deeply as a body has room for', () => {
    const nested = (inside: string) => utf8('['.repeat(500_000) + inside + ']'.repeat(500_000))
    expect(listAccountsInJson(nested(''))).toEqual([])
    expect(listAccountsInJson(nested(JSON.stringify({ accountSid })))).toEqual([accountSid])
  })

  test('a list of very many', () => {
    const events = `[${'{"data":{"a":[1,2]}},'.repeat(40_000)}{"accountSid":"${accountSid}"}]`
    expect(listAccountsInJson(utf8(events))).toEqual([accountSid])
  })

  test('any JSON, and any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json().map(utf8), fc.uint8Array()), (body) => {
        const accounts = listAccountsInJson(body)
        expect(accounts === undefined || Array.isArray(accounts)).toBe(true)
      }),
    )
  })
})
