import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listAccounts, listAccountsInJson } from '../src/request/account.ts'
import { accountSid, otherSid } from './requests.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

describe('listAccounts', () => {
  for (const name of ['AccountSid', 'account_sid', 'interactionAccountSid'])
    test(`finds ${name}`, () => {
      expect(
        listAccounts([
          ['Body', 'hi'],
          [name, accountSid],
        ]),
      ).toEqual([accountSid])
    })

  test('distinct ones, as written', () => {
    expect(
      listAccounts([
        ['AccountSid', accountSid],
        ['account_sid', accountSid],
        ['AccountSid', 'junk'],
        ['AccountSid', otherSid],
      ]),
    ).toEqual([accountSid, 'junk', otherSid])
  })

  for (const name of ['accountsid', 'ParentAccountSid', 'ACCOUNTSID', 'AccountSid ', 'x.AccountSid'])
    test(`${name} names none`, () => {
      expect(listAccounts([[name, accountSid]])).toEqual([])
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
    ['deeper', { a: { accountSid } }, []],
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
    ['nested without end', utf8('['.repeat(200_000))],
    ['nested deeply', utf8('['.repeat(100_000) + ']'.repeat(100_000))],
  ] as const)
    test(`${what}: none, and no error`, () => {
      expect(listAccountsInJson(body)).toEqual([])
    })

  test('any JSON, and any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json().map(utf8), fc.uint8Array()), (body) => {
        expect(Array.isArray(listAccountsInJson(body))).toBe(true)
      }),
    )
  })
})
