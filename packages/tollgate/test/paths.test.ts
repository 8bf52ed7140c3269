import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dropSegments } from '../src/adapters/shared/path-guard.ts'
import { createPathFilter } from '../src/verify/paths.ts'
import { testProperty } from './property.ts'

const hex = (char: string) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`
const twice = (char: string) => hex(char).replace('%', '%25')

/** Spellings of a path that some router, server or proxy reads as the same path. */
const tricks: Record<string, (path: string, at: number) => string> = {
  'no change': (path) => path,
  'upper case': (path) => path.toUpperCase(),
  'one letter in upper case': (path, at) => replaceLetter(path, at, (char) => char.toUpperCase()),
  'one letter encoded': (path, at) => replaceLetter(path, at, hex),
  'one letter encoded, in upper case': (path, at) =>
    replaceLetter(path, at, (char) => hex(char.toUpperCase()).toUpperCase()),
  'one letter encoded twice': (path, at) => replaceLetter(path, at, twice),
  'all letters encoded': (path) => path.replace(/[a-z]/gi, hex),
  'a double slash': (path, at) => replaceSlash(path, at, '//'),
  'three slashes': (path, at) => replaceSlash(path, at, '///'),
  'a dot segment': (path, at) => replaceSlash(path, at, '/./'),
  'a ".." segment': (path, at) => replaceSlash(path, at, '/x/../'),
  'an encoded ".." segment': (path, at) => replaceSlash(path, at, '/x/%2e%2e/'),
  'a half encoded ".." segment': (path, at) => replaceSlash(path, at, '/x/.%2E/'),
  'a ".." segment with encoded slashes': (path, at) => replaceSlash(path, at, '/x%2f..%2f'),
  'an encoded dot segment': (path, at) => replaceSlash(path, at, '/%2e/'),
  'a backslash': (path, at) => replaceSlash(path, at, '\\'),
  'an encoded backslash': (path, at) => replaceSlash(path, at, '%5c'),
  'an encoded slash': (path, at) => replaceSlash(path, at, '%2F'),
  'a slash encoded twice': (path, at) => replaceSlash(path, at, '%252f'),
  'matrix parameters at the end': (path) => `${path};a=1`,
  'matrix parameters in the middle': (path, at) => (at === 0 ? path : replaceSlash(path, at, ';jsessionid=1/')),
  'a trailing slash': (path) => `${path}/`,
  'an encoded trailing slash': (path) => `${path}%2f`,
  'a trailing dot segment': (path) => `${path}/.`,
  'two trailing slashes': (path) => `${path}//`,
}

function replaceLetter(path: string, at: number, change: (char: string) => string): string {
  const letters = [...path.matchAll(/[a-z]/gi)]
  const match = letters[at % Math.max(1, letters.length)]
  return match === undefined ? path : path.slice(0, match.index) + change(match[0]) + path.slice(match.index + 1)
}

/** Replaces the slash with the number `at`, or the last slash. */
function replaceSlash(path: string, at: number, text: string): string {
  const slashes = [...path.matchAll(/\//g)].map((match) => match.index)
  const index = slashes[Math.min(at, slashes.length - 1)] ?? 0
  // A target that begins with another character is guarded in any case.
  const written = index === 0 && !text.startsWith('/') ? `/${text}` : text
  return path.slice(0, index) + written + path.slice(index + 1)
}

const guardedPaths = ['/sms', '/twilio/voice', '/a/b/c', '/Webhooks', '/caf\u00e9', '/v1.0/in-bound']

describe('createPathFilter', () => {
  test.each([
    ['/api', true],
    ['/API/sms', true],
    ['/base/api', true],
    ['/other/api', false],
    ['/base', false],
    ['/', false],
  ])('without its base URL, /base/api also guards /api: %s', (path, isGuarded) => {
    expect(createPathFilter('/base/api')([path], 'baseless')).toBe(isGuarded)
  })

  for (const [what, trick] of Object.entries(tricks))
    test(`a string guards a path with ${what}`, () => {
      for (const path of guardedPaths)
        for (const at of [0, 1, 2]) {
          expect(createPathFilter(path)([trick(path, at)]), trick(path, at)).toBe(true)
          expect(createPathFilter(['/other', path])([trick(`${path}/below`, at)]), trick(`${path}/below`, at)).toBe(
            true,
          )
        }
    })

  for (const [what, trick] of Object.entries(tricks))
    test(`a RegExp guards a path with ${what}`, () => {
      for (const at of [0, 1, 2]) {
        expect(createPathFilter(/^\/sms$/)([trick('/sms', at)]), trick('/sms', at)).toBe(true)
        expect(createPathFilter(/\/messages\//)([trick('/Messages/1', at)]), trick('/Messages/1', at)).toBe(true)
      }
    })

  const trick = fc.constantFrom(...Object.values(tricks))
  testProperty(
    'a string guards a path with any two of these changes',
    3000,
    [fc.constantFrom(...guardedPaths), trick, trick, fc.nat(3), fc.nat(3)],
    (path, one, two, at, where) => {
      expect(createPathFilter(path)([two(one(path, at), where)])).toBe(true)
    },
  )

  test('other paths are not guarded', () => {
    const guards = createPathFilter(['/sms', /^\/voice\/\d+$/])
    for (const path of ['/', '/smsx', '/s', '/x/sms', '/health', '/voice', '/voice/x', '/sm/s', '/%73m'])
      expect(guards([path]), path).toBe(false)
    for (const path of ['/sms', '/sms/', '/sms/x', '/voice/1']) expect(guards([path]), path).toBe(true)
  })

  test('without paths, everything is guarded', () => {
    expect(createPathFilter(undefined)(['/anything'])).toBe(true)
  })

  test('query, fragment and origin are not part of the path', () => {
    const guards = createPathFilter('/sms')
    for (const url of ['/sms?a=1', '/sms#x', 'https://example.com/sms?a=/x', 'HTTP://a@b/sms'])
      expect(guards([url])).toBe(true)
    for (const url of ['/x?/sms', '/x#/sms', 'https://sms/x', '/']) expect(guards([url])).toBe(false)
  })

  test('a path that cannot be decoded is guarded', () => {
    for (const path of ['/%', '/%zz', '/%ff', '/x%c3', '/%C0%AF'])
      for (const paths of ['/sms', /^\/sms$/]) expect(createPathFilter(paths)([path]), path).toBe(true)
    expect(createPathFilter('/sms')([`/x${'%25'.repeat(1)}${'25'.repeat(20)}41`])).toBe(true)
  })

  test('a RegExp keeps its flags and ignores letter case', () => {
    expect(createPathFilter(/^\/SMS$/u)(['/sms'])).toBe(true)
    expect(createPathFilter(/^\/sms$/i)(['/SMS'])).toBe(true)
    const guards = createPathFilter([/^\/sms$/])
    for (let round = 0; round < 4; round++) expect(guards(['/sms'])).toBe(true)
  })

  test('a path with ".." is guarded, because servers resolve it at different times', () => {
    for (const path of ['/x/../y', '/x/%2e%2e/y', '/x%2f..%2fy', '/x/%252e%252e/y', '//voice/..', '/voice;./../'])
      for (const paths of ['/sms', /^\/sms$/]) expect(createPathFilter(paths)([path]), path).toBe(true)
    expect(createPathFilter('/sms')(['/x..y', '/...', '/x?y=../../sms'])).toBe(false)
  })

  test('a path of more than 256 segments is guarded', () => {
    for (const [path, expected] of [
      ['/x'.repeat(256), false],
      ['/x'.repeat(257), true],
      [`${'/.'.repeat(256)}/sms`, true],
      ['/'.repeat(9000), false],
    ] as const)
      expect(createPathFilter(/^\/sms$/)([path])).toBe(expected)
  })

  test('a target that does not begin with a slash is guarded', () => {
    for (const target of ['*sms', '*other', '*', '*/other', 'other', '%2fother', '\\other'])
      expect(createPathFilter('/sms')([target]), target).toBe(true)
    // What is left below a mount point.
    expect(createPathFilter('/sms')(['', '?x=1', '#x'])).toBe(false)
  })

  test('an absolute target that parsers read differently is guarded', () => {
    for (const target of [
      ...['http://host?x/y', 'http://host#x/y', 'http://host\\y', 'http://?/y', 'http://host', 'http:///y'],
      ...['http://a:b/y', 'http://a%/y', 'http://u@host/y', 'acme://host/y', '//u@h/y\u00a0', '/y?\u00a0'],
    ])
      expect(createPathFilter('/sms')([target]), target).toBe(true)
    expect(createPathFilter('/sms')(['http://host/y', 'https://host:8080/y'])).toBe(false)
  })

  test('in text mode, a string guards every path that begins with it', () => {
    const guards = createPathFilter(['/sms', '/hooks/voice'])
    for (const path of ['/sms', '/smsx', '/SMS.json', '/sms-1/x', '/sms&a=1', '/s%6Dsx', '//sms-', '/hooks/voicemail'])
      expect(guards([path], 'text'), path).toBe(true)
    for (const path of ['/', '/sm', '/x/sms', '/hooks', '/hooks/voic']) expect(guards([path], 'text'), path).toBe(false)
  })

  describe('a hostile target costs at most 25 times the CPU of an ordinary one', () => {
    const size = 16 * 1024
    const guards = createPathFilter(['/voice', '/sms', /^\/hooks\//], 'https://example.com/prefix')
    const measure = (target: string): number => {
      let least = Number.POSITIVE_INFINITY
      for (let round = 0; round < 5; round++) {
        const before = process.cpuUsage()
        for (let count = 0; count < 4; count++) guards([target, dropSegments(target, 3)])
        const { user, system } = process.cpuUsage(before)
        least = Math.min(least, user + system)
      }
      return least
    }
    const repeat = (piece: string, tail: string): string =>
      `/${piece.repeat(size / piece.length)}`.slice(0, size - tail.length) + tail
    const ordinary = Math.max(
      // Long names, so that the path has few segments.
      ...['account', 'status-callback-'].map((piece) => measure(repeat(`${piece.repeat(100 / piece.length)}/`, ''))),
    )

    test('for repeated characters that have stalled servers', () => {
      for (const piece of [
        ';',
        '/',
        '?',
        '#',
        '\\',
        '/.',
        '/;',
        'a/',
        '%2f',
        '%252525',
        '%',
        '%c3%a9',
        'a%2f;',
        '%c3%a9;#',
        'a%0a',
      ])
        for (const tail of ['%0A', '\n', 'x', '/', ';', '']) {
          const target = repeat(piece, tail)
          expect(measure(target) / ordinary, `${target.slice(0, 12)} ${tail}`).toBeLessThan(25)
        }
    })

    const piece = fc.oneof(
      fc.string({ minLength: 1, maxLength: 3 }),
      fc.nat(255).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
      fc.constantFrom('/', ';', '%', '.', '%25'),
    )
    testProperty(
      'for any repeated characters',
      40,
      [fc.array(piece, { minLength: 1, maxLength: 3 }), piece],
      (pieces, tail) => {
        expect(measure(repeat(pieces.join(''), tail)) / ordinary).toBeLessThan(25)
      },
    )
  })

  test('guards a path with a tab or a line break, which URL parsers drop', () => {
    const guards = createPathFilter('/sms')
    for (const path of ['/s%0Ams', '/s%09ms', '/s%250Dms', '/other%0A', '/other\n', '/a/b%0Ac/d'])
      expect(guards([path])).toBe(true)
    for (const path of ['/other%20x', '/other%0Bx']) expect(guards([path])).toBe(false)
  })

  test('reads a path once, below every prefix of the public URLs', () => {
    const prefixes = Array.from({ length: 20 }, (_, index) => `https://example.com/p${index}`)
    const guards = createPathFilter(['/p7/sms', /^\/p8\/voice$/], [...prefixes, 'https://example.com/p%37/x/'])
    for (const path of ['/sms', '//sms', '/%73ms/status', '/voice', '/voice/', '/p7/sms', '/P8/Voice'])
      expect(guards([path]), path).toBe(true)
    for (const path of ['/other', '/p9/sms', '/voice/x', '/']) expect(guards([path]), path).toBe(false)
  })

  const guards = createPathFilter(['/sms', /^\/voice/])
  testProperty('never throws for any path', 100, [fc.string({ unit: 'binary' })], (path) => {
    expect(typeof guards([path])).toBe('boolean')
  })

  const wrong: [string, unknown][] = [
    ['an empty list', []],
    ['a RegExp with g', /sms/g],
    ['a RegExp with y', /sms/y],
    ['a RegExp with g in a list', ['/sms', /sms/gi]],
    ['an empty string', ''],
    ['a string without a leading slash', 'sms'],
    ['a number', 1],
    ['null', null],
    ['a function', () => true],
    ['undefined in a list', [undefined]],
    ['a pattern in a string', '/voice/*'],
    ['a parameter in a string', '/users/:id'],
    ['an unresolved ".."', '/a/../sms'],
  ]
  for (const [what, paths] of wrong)
    test(`${what} is a TypeError that names the option`, () => {
      expect(() => createPathFilter(paths)).toThrow(TypeError)
      expect(() => createPathFilter(paths)).toThrow('"paths"')
    })
})

test('dropSegments removes leading segments', () => {
  const cases: readonly (readonly [path: string, count: number, below: string])[] = [
    ['/a/b/c', 1, '/b/c'],
    ['//a///b//c?x=/y', 2, '//c?x=/y'],
    ['/a/b', 2, ''],
    ['/a/b/', 2, '/'],
    ['/a', 2, '/a'],
    ['/a?b/c', 2, '/a?b/c'],
    ['', 1, ''],
    ['/a', 0, '/a'],
  ]
  for (const [path, count, below] of cases) expect(dropSegments(path, count), path).toBe(below)
})
