import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnswerHead } from '../src/upstream/answer-head.ts'
import { AnswerReader, type Reading } from '../src/upstream/answer-reader.ts'

interface Read {
  readonly result: Reading
  readonly heads: AnswerHead[]
  readonly body: string
}

/**
 * Reads in pieces that end at `cuts`, overwrites the memory of each piece, and ends the connection.
 */
function read(text: string, cuts: readonly number[] = [], isBodiless = false): Read {
  const bytes = Buffer.from(text, 'latin1')
  const heads: AnswerHead[] = []
  let body = ''
  const reader = new AnswerReader(isBodiless, {
    onHead: (head) => heads.push(head),
    onData: (data) => {
      body += data.toString('latin1')
    },
  })
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((one, other) => one - other)
  let start = 0
  for (const end of ends) {
    const piece = Buffer.from(bytes.subarray(start, end))
    const result = end > start ? reader.read(piece) : 'more'
    piece.fill('!')
    start = end
    if (result === 'done' && start < bytes.length) return { result: 'excess', heads, body }
    if (result !== 'more') return { result, heads, body }
  }
  return { result: reader.head?.length === 'rest' ? 'done' : 'fault', heads, body }
}

const cuts = fc.array(fc.nat(100_000), { maxLength: 12 })
const listEveryByte = (text: string) => Array.from(text, (_, index) => index)
const formatChunks = (parts: readonly string[]) => `${parts.map(formatChunk).join('')}0\r\n\r\n`
const formatChunk = (part: string) => `${part.length.toString(16)}\r\n${part}\r\n`
const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })

test('reads a body with a length from pieces of any size', () => {
  fc.assert(
    fc.property(latin1, cuts, (body, at) => {
      const {
        result,
        heads,
        body: found,
      } = read(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`, at)
      expect([result, found]).toEqual(['done', body])
      expect(heads).toMatchObject([{ status: 200, statusText: 'OK', length: body.length, isReusable: true }])
    }),
  )
})

test('reads a chunked body from pieces of any size', () => {
  const parts = fc.array(latin1.filter((part) => part !== ''))
  fc.assert(
    fc.property(parts, cuts, (chunks, at) => {
      const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${formatChunks(chunks)}`
      expect(read(text, at)).toMatchObject({ result: 'done', body: chunks.join('') })
      expect(read(text, listEveryByte(text))).toMatchObject({ result: 'done', body: chunks.join('') })
    }),
  )
})

test('reads a body without a length until the connection ends', () => {
  fc.assert(
    fc.property(latin1, cuts, (body, at) => {
      expect(read(`HTTP/1.1 200 OK\r\n\r\n${body}`, at)).toMatchObject({
        result: 'done',
        body,
        heads: [{ length: 'rest' }],
      })
    }),
  )
})

test('bytes after an answer are never part of it', () => {
  const framed = [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${formatChunks(['ok'])}`,
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...framed),
      latin1.filter((text) => text !== ''),
      cuts,
      (answer, more, at) => {
        expect(read(answer + more, at)).toMatchObject({ result: 'excess', body: 'ok' })
      },
    ),
  )
})

test('an answer that is cut off is a fault', () => {
  for (const answer of [
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${formatChunks(['bo', 'dy'])}`,
  ])
    for (let end = 0; end < answer.length; end++)
      expect(read(answer.slice(0, end)).result, answer.slice(0, end)).toBe('fault')
})

test('any bytes give the same result in pieces of any size, without an exception', () => {
  const piece = fc.constantFrom(
    ...[
      'HTTP/1.1 200 OK',
      'HTTP/1.1 100 Continue',
      'HTTP/1.0 204 ',
      '\r\n',
      '\r\n\r\n',
      '\n',
      '\r',
      '\0',
      ' ',
      'a',
      ':',
      '0',
      '5',
      ';',
    ],
    ...['Content-Length: 5', 'Transfer-Encoding: chunked', 'Connection: close', '0\r\n\r\n', '3\r\nabc\r\n'],
  )
  const hostile = fc.array(fc.oneof(piece, latin1), { maxLength: 14 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(hostile, cuts, fc.boolean(), (text, at, isBodiless) => {
      const whole = read(text, [], isBodiless)
      const cut = read(text, at, isBodiless)
      expect(cut.result).toBe(whole.result)
      if (whole.result !== 'fault') expect(cut).toEqual(whole)
    }),
    { numRuns: 2000 },
  )
})

const fine = 'HTTP/1.1 200 OK\r\n'
const coded = `${fine}Transfer-Encoding: chunked\r\n`

const refused: Readonly<Record<string, string>> = {
  'two equal lengths': `${fine}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
  'two lengths': `${fine}Content-Length: 2\r\nContent-Length: 0\r\n\r\nok`,
  'a list of lengths': `${fine}Content-Length: 2, 2\r\n\r\nok`,
  'a signed length': `${fine}Content-Length: +2\r\n\r\nok`,
  'a negative length': `${fine}Content-Length: -1\r\n\r\n`,
  'an empty length': `${fine}Content-Length:\r\n\r\n`,
  'a length above the largest safe integer': `${fine}Content-Length: 9999999999999999\r\n\r\n`,
  'a length with chunks': `${coded}Content-Length: 2\r\n\r\n${formatChunks(['ok'])}`,
  'chunked twice as a coding': `${coded}Transfer-Encoding: chunked\r\n\r\n${formatChunks(['ok'])}`,
  'another coding': `${fine}Transfer-Encoding: gzip, chunked\r\n\r\n${formatChunks(['ok'])}`,
  'chunks in HTTP/1.0': `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${formatChunks(['ok'])}`,
  'a folded field': `${fine}X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n`,
  'a field folded by a tab': `${fine}X-A: a\r\n\tContent-Length: 0\r\n\r\n`,
  'a space before the colon': `${fine}Content-Length : 0\r\n\r\n`,
  'a field without a colon': `${fine}X-A\r\nB: c\r\n\r\n`,
  'a field without a name': `${fine}: a\r\n\r\n`,
  'a NUL in a value': `${fine}X-A: a\0b\r\n\r\n`,
  'a NUL in the status text': 'HTTP/1.1 200 O\0K\r\n\r\n',
  'a bare CR': `${fine}X-A: a\rSet-Cookie: b\r\n\r\n`,
  'a bare LF': `${fine}X-A: a\nSet-Cookie: b\r\n\r\n`,
  'bare LFs throughout': 'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
  'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
  'HTTP/2': 'HTTP/2 200 OK\r\n\r\n',
  'HTTP/0.9': '<html>hello</html>',
  'a status of two digits': 'HTTP/1.1 20 OK\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'switched protocols': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
  'an empty line first': `\r\n${fine}\r\n`,
  'an endless head': `${fine}X-A: ${'a'.repeat(20_000)}`,
  'a huge head': `${fine}X-A: ${'a'.repeat(20_000)}\r\n\r\n`,
  'an interim answer of HTTP/1.0': `HTTP/1.0 100 Continue\r\n\r\n${fine}Content-Length: 0\r\n\r\n`,
  'an interim answer that closes': `HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n${fine}Content-Length: 0\r\n\r\n`,
  '1,000 interim answers': 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000),
  'a chunk size with a sign': `${coded}\r\n+2\r\nok\r\n0\r\n\r\n`,
  'a chunk size with 0x': `${coded}\r\n0x2\r\nok\r\n0\r\n\r\n`,
  'a chunk size with a space': `${coded}\r\n2 \r\nok\r\n0\r\n\r\n`,
  'a missing chunk size': `${coded}\r\n\r\nok\r\n0\r\n\r\n`,
  'a chunk size above the largest safe integer': `${coded}\r\nffffffffffffffff\r\nok`,
  'a chunk longer than its size': `${coded}\r\n2\r\nokay\r\n0\r\n\r\n`,
  'a chunk size that ends in a bare LF': `${coded}\r\n2\nok\r\n0\r\n\r\n`,
  'an extension with a NUL': `${coded}\r\n2;a=\0\r\nok\r\n0\r\n\r\n`,
  'an endless extension': `${coded}\r\n2;${'a'.repeat(20_000)}\r\nok\r\n0\r\n\r\n`,
  'a trailer whose name is not a token': `${coded}\r\n0\r\nX-\x9c: b\r\n\r\n`,
  'a trailer without a colon': `${coded}\r\n0\r\nX-A\r\n\r\n`,
  'a trailer with a space before its colon': `${coded}\r\n0\r\nX-A : b\r\n\r\n`,
  'an extension without a name': `${coded}\r\n2;\r\nok\r\n0\r\n\r\n`,
  'an extension with a space': `${coded}\r\n2; a=b\r\nok\r\n0\r\n\r\n`,
  'an extension with a quoted value': `${coded}\r\n2;a="b"\r\nok\r\n0\r\n\r\n`,
  'a folded trailer': `${coded}\r\n0\r\n a: b\r\n\r\n`,
  'endless trailers': `${coded}\r\n0\r\n${'X-A: b\r\n'.repeat(5000)}\r\n`,
  'a trailer that ends in a bare LF': `${coded}\r\n0\r\nX-A: b\n\r\n`,
}

for (const [what, text] of Object.entries(refused))
  test(`${what} is a fault, in one piece or in several`, () => {
    expect(read(text).result).toBe('fault')
    expect(
      read(
        text,
        Array.from({ length: 500 }, (_, index) => index),
      ).result,
    ).toBe('fault')
  })

test('an answer without a body ends with its head, even if it announces a length', () => {
  expect(read(`${fine}Content-Length: 5\r\n\r\n`, [], true)).toMatchObject({ result: 'done', body: '' })
  expect(read('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n')).toMatchObject({ result: 'done', body: '' })
  expect(read('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ result: 'done', heads: [{ isReusable: true }] })
})

test('a 204 that announces a body loses that field and ends the connection', () => {
  for (const field of ['Content-Length: 5', 'Transfer-Encoding: chunked'])
    expect(read(`HTTP/1.1 204 No Content\r\n${field}\r\n\r\n`)).toMatchObject({
      result: 'done',
      heads: [{ isReusable: false, fields: [] }],
    })
})

test('the cached head is not used for HEAD or for another head', () => {
  const text = `${fine}Content-Length: 2\r\n\r\n`
  for (const [isBodiless, length] of [
    [false, 2],
    [true, 0],
    [false, 2],
  ] as const)
    expect(read(text, [], isBodiless).heads).toMatchObject([{ length }])
  expect(read(text.replace('h: 2', 'h: 3')).heads).toMatchObject([{ length: 3 }])
})

test('extensions and trailers of chunks are dropped', () => {
  const text = `${coded}\r\n2;a;b=c\r\nok\r\n0;last\r\nX-Late: 1\r\nX-Empty:\r\n\r\n`
  for (const at of [[], listEveryByte(text)]) expect(read(text, at)).toMatchObject({ result: 'done', body: 'ok' })
})

test('what one read brings is passed on in one piece, and not if it ends in a fault', () => {
  const sizes: number[] = []
  const sink = { onHead: () => undefined, onData: ({ length }: Buffer) => void sizes.push(length) }
  const readAll = (...pieces: string[]) => {
    const reader = new AnswerReader(false, sink)
    return pieces.map((piece) => reader.read(Buffer.from(piece))).at(-1)
  }
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  const chunks = '1\r\nx\r\n'.repeat(1000)
  expect(readAll(head + chunks, chunks, `${chunks}0\r\n\r\n`)).toBe('done')
  expect(readAll(`${head + chunks}z`, '\r\n')).toBe('fault')
  expect(readAll(`${head + chunks}z\r\n`)).toBe('fault')
  expect(sizes).toEqual([1000, 1000, 1000, 1000])
})

test('interim answers are skipped', () => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
  const text = `HTTP/1.1 100 Continue\r\n\r\n${early}${fine}Content-Length: 2\r\n\r\nok`
  for (const at of [[], listEveryByte(text)])
    expect(read(text, at)).toMatchObject({ result: 'done', body: 'ok', heads: [{ fields: ['Content-Length', '2'] }] })
})

test('connection fields are dropped, and all others keep their spelling, order and bytes', () => {
  const text = `${fine}x-b: \t1 \t\r\nConnection: keep-alive, X-Mine\r\nKeep-Alive: timeout=7, max=9\r\nX-Mine: 1\r\nTE: a\r\nProxy-Authenticate: Basic\r\nTrailer: a\r\nSET-cookie: \xe9\r\nSET-cookie:\r\nContent-Length: 0\r\n\r\n`
  expect(read(text).heads).toMatchObject([
    {
      keptSeconds: 7,
      isReusable: true,
      fields: ['x-b', '1', 'SET-cookie', '\xe9', 'SET-cookie', '', 'Content-Length', '0'],
    },
  ])
})

test('"close" in any spelling, and HTTP/1.0, end the connection', () => {
  for (const text of [
    `${fine}Connection: Close\r\n`,
    `${fine}Connection: a , CLOSE\r\n`,
    `${fine}Connection: a\r\nConnection: close\r\n`,
    'HTTP/1.0 200 OK\r\n',
  ])
    expect(read(`${text}Content-Length: 0\r\n\r\n`).heads).toMatchObject([{ isReusable: false }])
})
