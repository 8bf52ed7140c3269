import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Running } from '../adapter/framework.ts'
import { send } from '../adapter/socket.ts'
import { mountedApps } from '../frameworks/mounts.ts'
import { host, origin, token } from '../kit/draft.ts'

// Slow, because each framework routes random spellings of many paths.

// Some frameworks log the malformed targets that are sent here.
for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => undefined)

const paths = ['/voice', '/twilio/in-bound', '/v1.0/Sms', '/caf%C3%A9', '/hooks/']

const pieces = [
  '/',
  '//',
  '/.',
  '/./',
  '/..',
  '/../',
  '/x/../',
  '\\',
  ';',
  ';a=b',
  '.',
  '..',
  '...',
  '.json',
  '%',
  '%25',
  '%zz',
  '%00',
  '%20',
  '%2e',
  '%2E%2e',
  '%2f',
  '%2F',
  '%5c',
  '%3f',
  '%23',
  '%3b',
  '%c0%af',
  '%e9',
  '%ef%bc%8f',
  '%e2%84%aa',
  '%252f',
  '%252e',
  '+',
  '-',
  '_',
  '~',
  '!',
  '*',
  '&',
  '=',
  ':',
  '@',
  ',',
  "'",
  '(',
  '|',
  '"',
  'x',
  '0',
  '?',
  '?x=1',
  '#',
  '#x',
  '\u00e9',
  '\u00ff',
]
const starts = [
  'http://evil.example',
  'HTTP://evil.example',
  'https://a@evil.example:1',
  'http://',
  'http:///',
  'http:///xx',
  'http://a%',
  'http://a:acme',
  'acme://x',
  'http://evil.example?x',
  'http://evil.example#x',
  'http://evil.example\\',
  'http://evil.example;',
  'ftp://evil.example',
  '/x',
  '//x',
  '/\\x',
  '/%2fx',
  '*',
  'x',
]

const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
const flip = (character: string): string =>
  character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase()

/** One change at one place, as clients, proxies and attackers change the path of a request. */
const edit = fc.oneof(
  fc.constantFrom(...pieces).map((piece) => (text: string, at: number) => text.slice(0, at) + piece + text.slice(at)),
  fc
    .constantFrom(
      hex,
      (one: string) => hex(one).toUpperCase(),
      (one: string) => hex(one).replace('%', '%25'),
      flip,
      () => '',
    )
    .map((change) => (text: string, at: number) => text.slice(0, at) + change(text.charAt(at)) + text.slice(at + 1)),
  fc.constantFrom(...starts).map((start) => (text: string) => start + text),
  fc.constant((text: string) => `*${text.slice(1)}`),
  fc.constantFrom(...pieces).map((piece) => (text: string) => text + piece),
)

/** A request target that resembles the path, and any other target that a client can send. */
const target = fc
  .tuple(fc.constantFrom(...paths), fc.array(fc.tuple(edit, fc.nat(40)), { maxLength: 4 }))
  .map(([path, edits]) => edits.reduce((text, [change, at]) => change(text, at % (text.length + 1)), path))

const hostileRuns = [
  [';', '%0A'],
  ['/', '%0A'],
  ['/;', '%0A'],
  ['%2f', 'x'],
  ['%3b', '%250A'],
  ['a/', '%0A'],
] as const

describe.each(mountedApps)('$name', ({ start }) => {
  describe.each(['', '/part'])('mounted at "%s"', (under) => {
    let running: Running
    beforeAll(async () => {
      running = await start({ publicUrl: origin, authToken: token, mode: 'observe', paths }, under)
    })
    afterAll(() => running.close())

    const ask = async (path: string): Promise<string> => {
      const answer = await send(running.port, { method: 'GET', target: path, headers: [['host', host]] }).catch(
        () => undefined,
      )
      return answer?.status === 200 ? answer.body : 'no handler'
    }

    test('the handlers are mounted and guarded', async () => {
      for (const path of paths.filter((one) => one !== '/caf%C3%A9')) expect(await ask(under + path)).toBe('guarded')
      expect(await ask(`${under}/other`)).toBe('no handler')
    })

    test('no spelling reaches a handler past the guard', async () => {
      let reached = 0
      await fc.assert(
        fc.asyncProperty(target, fc.boolean(), async (path, before) => {
          // An absolute target has the prefix behind its origin.
          const [origin = ''] = /^\w+:\/\/\/?[^/?#\\]*/.exec(path) ?? []
          const rest = path.slice(origin.length)
          const answer = await ask(origin + (before ? rest.replace(/^\/?/, `${under}/`) : under + rest))
          expect(answer).not.toBe('open')
          if (answer === 'guarded') reached++
        }),
        { numRuns: 400 },
      )
      // Most changes make another path. Some must reach a handler, or this test would prove
      // nothing.
      expect(reached).toBeGreaterThan(20)
    })

    test('a hostile target costs at most 25 times the CPU of an ordinary one', async () => {
      const size = 15_000
      const repeat = (piece: string, tail: string): string =>
        `${under}/${piece.repeat(size / piece.length)}`.slice(0, size - tail.length) + tail
      const measure = async (path: string): Promise<number> => {
        let least = Number.POSITIVE_INFINITY
        for (let round = 0; round < 5; round++) {
          const before = process.cpuUsage()
          await ask(path)
          const { user, system } = process.cpuUsage(before)
          least = Math.min(least, user + system)
        }
        return least
      }
      const ordinary = await measure(repeat(`${'account'.repeat(14)}/`, ''))
      for (const [piece, tail] of hostileRuns)
        expect((await measure(repeat(piece, tail))) / ordinary, `${piece}… ${tail}`).toBeLessThan(25)
    })
  })
})
