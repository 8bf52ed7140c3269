import { EventEmitter } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { readViewed } from '../src/adapters/shared/node-view.ts'

afterEach(() => vi.restoreAllMocks())

/** A view as @hono/node-server 2 makes it, of a request that has not sent its body. */
function makeView(contentLength: string) {
  const incoming = Object.assign(new EventEmitter(), {
    readableEnded: false,
    readableDidRead: false,
    destroyed: false,
    httpVersionMajor: 1,
    headers: { 'content-length': contentLength },
    pause: () => undefined,
    rawBody: undefined as unknown,
  })
  Reflect.deleteProperty(incoming, 'rawBody')
  const view = { [Symbol('incomingKey')]: incoming, [Symbol('methodKey')]: 'POST' } as unknown as Request
  return { incoming, view }
}

function listen(view: Request) {
  const chunks: Uint8Array[] = []
  const ends: boolean[] = []
  readViewed(view)?.listen(
    (chunk) => chunks.push(chunk),
    (isWhole) => ends.push(isWhole),
  )
  return { chunks, ends }
}

test('a body that is only declared costs no memory', () => {
  const buffers = ['alloc', 'allocUnsafe', 'concat'] as const
  const spies = buffers.map((name) => vi.spyOn(Buffer, name))
  const { incoming, view } = makeView('1048576')
  listen(view)
  incoming.emit('data', Buffer.from('a'))
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
})

test('the view gets the bytes that were read', () => {
  const { incoming, view } = makeView('3')
  const { chunks, ends } = listen(view)
  for (const part of ['a', 'bc']) incoming.emit('data', Buffer.from(part))
  incoming.emit('end')
  expect([Buffer.concat(chunks).toString(), String(incoming.rawBody), ends]).toEqual(['abc', 'abc', [true]])
})

test.each([['a'], ['abcd']])('a body of another length, %j, is not whole, and the view gets none', (body) => {
  const { incoming, view } = makeView('3')
  const { ends } = listen(view)
  incoming.emit('data', Buffer.from(body))
  incoming.emit('end')
  expect([incoming.rawBody, ends]).toEqual([undefined, [false]])
})
