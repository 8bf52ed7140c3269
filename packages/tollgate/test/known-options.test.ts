import { describe, expect, test } from 'vitest'
import { checkKnownOptions, findNearest } from '../src/checks/options.ts'

const known = { authToken: true, publicUrl: true, sharedKeys: true, mode: true } as const

describe('checkKnownOptions', () => {
  test('known ones pass, also where they are undefined', () => {
    checkKnownOptions({ authToken: 'x', mode: undefined }, known, 'it')
    checkKnownOptions({}, known, 'it')
  })

  for (const [given, meant] of [
    ['authtoken', 'authToken'],
    ['autoken', 'authToken'],
    ['publicURL', 'publicUrl'],
    ['sharedKey', 'sharedKeys'],
    ['mod', 'mode'],
  ] as const)
    test(`${given}: did you mean ${meant}?`, () => {
      expect(() => checkKnownOptions({ [given]: 1 }, known, 'it')).toThrow(TypeError)
      expect(() => checkKnownOptions({ [given]: 1 }, known, 'it')).toThrow(
        `Unknown option "${given}" of it. Did you mean "${meant}"?`,
      )
    })

  for (const given of ['skip', 'toString', 'constructor', 'validate'])
    test(`${given}: unknown, and nothing near`, () => {
      expect(() => checkKnownOptions({ [given]: 1 }, known, 'it')).toThrow(/^Unknown option "\w+" of it\.$/)
    })

  test('a key named __proto__ is unknown too', () => {
    expect(() => checkKnownOptions(JSON.parse('{"__proto__":{}}'), known, 'it')).toThrow('Unknown option "__proto__"')
  })

  for (const given of [undefined, null, 'authToken', 1, true])
    test(`${given} is no object of options`, () => {
      expect(() => checkKnownOptions(given, known, 'it')).toThrow(TypeError)
    })
})

test('findNearest tells the nearest, or none', () => {
  expect(findNearest('color', ['colour', 'collar'])).toBe('colour')
  expect(findNearest('completely', ['different', 'words'])).toBeUndefined()
  expect(findNearest('anything', [])).toBeUndefined()
})
