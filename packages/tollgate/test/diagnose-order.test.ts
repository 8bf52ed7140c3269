import { describe, expect, test } from 'vitest'
import { type Ground, grounds } from '../src/diagnose/causes/row.ts'
import { type Causes, orderSuspicions } from '../src/diagnose/engine.ts'
import { reject } from '../src/verdict.ts'

const row = { title: '', symptom: '', reason: '', fix: '', part: 'origin' } as const
const causes: Causes<string, unknown, unknown> = {
  ...Object.fromEntries('abcdefg'.split('').map((id) => [id, row])),
  stranger: { ...row, isStranger: true },
}

type Given = readonly [id: string, first: Ground, ...others: Ground[]]

function order(given: readonly Given[], code: Parameters<typeof reject>[0] = 'signature_mismatch') {
  const suspicions = given.map(([id, ...rest]) => ({ id, detail: '', grounds: rest }))
  const { suspected, isCertain } = orderSuspicions(causes, suspicions, reject(code))
  return { ids: suspected.map(({ id }) => id).join(''), isCertain }
}

describe('suspicions are ordered', () => {
  test('by their strongest grounds, as the list has them', () => {
    const uncertain = grounds.slice(grounds.indexOf('shape'))
    for (const [index, ground] of uncertain.slice(1).entries())
      expect(
        order([
          ['a', ground],
          ['b', uncertain[index] ?? ground],
        ]),
      ).toEqual({ ids: 'ba', isCertain: false })
  })

  test('by the next grounds if these are equal: one that has more comes first', () => {
    const given: readonly Given[] = [
      ['a', 'proxy'],
      ['b', 'proxy', 'searched'],
      ['c', 'proxy', 'unknown'],
      ['d', 'unknown'],
    ]
    expect(order(given).ids).toBe('cbad')
  })

  test('as the tables are, if all grounds are equal', () => {
    expect(order([...'edcba'].map((id) => [id, 'sign'] as const)).ids).toBe('edcba')
  })

  test('and at most five are listed', () => {
    expect(order([...'abcdefg'].map((id) => [id, 'sign'] as const)).ids).toBe('abcde')
  })
})

describe('a certain cause', () => {
  test.each(['fault', 'refusal', 'trace'] as const)('with the ground %s hides the others', (ground) => {
    const given: readonly Given[] = [
      ['a', 'shape'],
      ['b', ground],
    ]
    expect(order(given)).toEqual({ ids: 'b', isCertain: true })
  })

  test('stands beside a stranger, who is first if the request alone decides', () => {
    const given: readonly Given[] = [
      ['a', 'refusal'],
      ['stranger', 'sender'],
    ]
    expect(order(given, 'body_too_large').ids).toBe('strangera')
    expect(order(given, 'signature_mismatch').ids).toBe('astranger')
    expect(order(given, 'key_lookup_failed').ids).toBe('astranger')
    expect(order(given, 'signature_missing').ids).toBe('a')
  })
})
