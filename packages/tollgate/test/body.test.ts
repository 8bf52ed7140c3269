import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRejected } from '../src/verdict.ts'
import { readBody } from '../src/verify/body.ts'
import { readHeaders } from '../src/verify/head.ts'
import type { PushedBody, RawBody } from '../src/verify/types.ts'
import { testProperty } from './property.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

async function outcome(body: unknown, headers: Record<string, string | string[]> = {}, limit = 10): Promise<string> {
  const read = await readBody(body as RawBody, readHeaders(headers), limit)
  return isRejected(read) ? read.code : new TextDecoder().decode(read)
}

async function* stream(...chunks: unknown[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield chunk as Uint8Array
  }
}

describe('readBody', () => {
  const cases: [string, unknown, string][] = [
    ['null', null, ''],
    ['a string', 'a=1', 'a=1'],
    ['a stream of strings', stream('a=', '1'), 'a=1'],
    ['a body at the limit', '0123456789', '0123456789'],
    ['bytes one above the limit', bytes('0123456789a'), 'body_too_large'],
    ['a stream one byte above the limit', stream(bytes('01234'), bytes('56789'), bytes('a')), 'body_too_large'],
    ['a stream that fails', stream(bytes('a'), new Error('reset')), 'body_malformed'],
    ['a stream that a server ends with 413', stream(Object.assign(new Error(), { status: 413 })), 'body_too_large'],
    ['a stream of numbers', stream(1), 'body_already_consumed'],
    ['a consumed body', { consumedBy: 'x', fix: 'y' }, 'body_already_consumed'],
    ['a parsed body', { Body: 'hi' }, 'body_already_consumed'],
  ]
  for (const [what, body, expected] of cases)
    test(what, async () => {
      expect(await outcome(body)).toBe(expected)
    })

  test('a stream is closed at the chunk that exceeds the limit', async () => {
    let given = 0
    let left = false
    async function* endless() {
      try {
        for (;;) {
          given++
          yield bytes('0123')
        }
      } finally {
        left = true
      }
    }
    expect(await outcome(endless())).toBe('body_too_large')
    expect([given, left]).toEqual([3, true])
  })

  describe('a pushed body', () => {
    /**
     * Pushes chunks until it is stopped. Like Node.js streams, it starts after `listen` returned.
     */
    function push(chunks: readonly unknown[], isWhole = true) {
      const seen = { pushed: 0, stopped: 0 }
      const body: PushedBody = {
        listen(onChunk, onEnd) {
          queueMicrotask(() => {
            for (const chunk of chunks) {
              if (seen.stopped > 0) return
              seen.pushed++
              onChunk(chunk as Uint8Array)
            }
            onEnd(isWhole)
          })
          return () => seen.stopped++
        },
      }
      return { body, seen }
    }

    test('is read to its end', async () => {
      expect(await outcome(push([bytes('a='), bytes('1')]).body)).toBe('a=1')
      expect(await outcome(push([]).body)).toBe('')
    })

    test('is stopped at the chunk that exceeds the limit', async () => {
      const { body, seen } = push([bytes('12345678'), bytes('9ab'), bytes('c')])
      expect(await outcome(body)).toBe('body_too_large')
      expect(seen).toEqual({ pushed: 2, stopped: 1 })
    })

    test('is refused if it breaks off or if a chunk is not bytes', async () => {
      expect(await outcome(push([bytes('a=1')], false).body)).toBe('body_malformed')
      expect(await outcome(push([{ a: 1 }]).body)).toBe('body_already_consumed')
    })
  })

  test.each([
    ['consumedBy', { consumedBy: '\u001b[31m', fix: 'x' }],
    ['fix', { consumedBy: 'x', fix: '\r\nok: true' }],
  ])('the message has no control character of a parsed object: %s', async (_name, parsed) => {
    const read = await readBody(parsed, readHeaders({}), 10)
    expect(read).toMatchObject({ code: 'body_already_consumed', message: expect.not.stringMatching(/\p{Cc}/u) })
  })

  test('bytes are copied', async () => {
    const given = bytes('a=1')
    const reading = readBody(given, readHeaders({}), 10)
    given[2] = 0x32
    expect(new TextDecoder().decode((await reading) as Uint8Array)).toBe('a=1')
  })

  testProperty('a stream in pieces of any size is the same body', 100, [fc.array(fc.uint8Array())], async (chunks) => {
    const whole = Buffer.concat(chunks)
    const read = await readBody(stream(...chunks), readHeaders({}), 10_000)
    expect(whole.equals(read as Uint8Array)).toBe(true)
    if (whole.length > 0) {
      const short = await readBody(stream(...chunks), readHeaders({}), whole.length - 1)
      expect(short).toMatchObject({ code: 'body_too_large' })
    }
  })
})
