import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier, type WebhookParams } from '../src/index.ts'
import { testProperty } from './property.ts'
import { formRequest, options } from './requests.ts'

const { verify } = createVerifier(options)

async function receive(pairs: readonly (readonly [string, string])[]): Promise<WebhookParams> {
  const verdict = await verify(formRequest(pairs))
  if (!verdict.ok) throw new Error(verdict.message)
  return verdict.params
}

const repeated = [
  ['b', '2'],
  ['a', '1'],
  ['b', '1'],
  ['b', '2'],
] as const

const distinct = repeated.slice(0, 3)

describe('WebhookParams', () => {
  test('get returns the first value, getAll the distinct values in their order', async () => {
    const params = await receive(repeated)
    expect(params.get('b')).toBe('2')
    expect(params.getAll('b')).toEqual(['2', '1'])
    expect(params.get('c')).toBeUndefined()
    expect(params.getAll('c')).toEqual([])
    expect([params.has('a'), params.has('A')]).toEqual([true, false])
    expect([...params]).toEqual(distinct)
    expect([...params.entries()]).toEqual(distinct)
  })

  test('toObject returns an object without a prototype, with an array for several values', async () => {
    const object = (
      await receive([...repeated, ['__proto__', 'x'], ['constructor', 'y'], ['toString', 'z']])
    ).toObject()
    expect(Object.getPrototypeOf(object)).toBeNull()
    expect(Object.entries(object)).toEqual([
      ['b', ['2', '1']],
      ['a', '1'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', 'z'],
    ])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })

  test('is frozen and returns copies', async () => {
    const params = await receive(repeated)
    expect(Object.isFrozen(params)).toBe(true)
    params.getAll('b').push('evil')
    const object = params.toObject()
    object.a = 'evil'
    ;(object.b as string[])[0] = 'evil'
    for (const pair of params) pair[1] = 'evil'
    expect([...params]).toEqual(distinct)
  })

  test('get and has find the same among many pairs as among few', async () => {
    for (const count of [0, 40, 61, 62, 200]) {
      const others = Array.from({ length: count }, (_, index) => [`name${index}`, String(index)] as const)
      const params = await receive([...others, ...repeated])
      expect(params.get('b')).toBe('2')
      expect([params.has('b'), params.has('c'), params.get('c')]).toEqual([true, false, undefined])
      for (const [name, value] of others) expect(params.get(name)).toBe(value)
    }
  })

  const text = fc.string({ unit: 'binary', maxLength: 6 })
  testProperty(
    'the application gets exactly the signed parameters',
    100,
    [fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 6 })],
    async (pairs) => {
      const isFirst = ([name, value]: readonly [string, string], at: number) =>
        pairs.findIndex((pair) => pair[0] === name && pair[1] === value) === at
      expect([...(await receive(pairs))]).toEqual(pairs.filter(isFirst))
    },
  )
})
