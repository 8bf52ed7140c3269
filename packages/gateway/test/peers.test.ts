import { expect, test } from 'vitest'
import type { LimitOptions } from '../src/options.ts'
import { createPeers, UnfinishedBodies } from '../src/peers.ts'

const limits = { bodiesPerPeer: 2, bytesPerPeer: 100, trustedPeers: [] }

function start(options: LimitOptions = limits) {
  const peers = createPeers(options)
  const started: string[] = []
  const crowded: string[] = []
  return {
    started,
    crowded,
    take: (name: string, bytes: number, from = '192.0.2.1') =>
      peers.take(
        from,
        bytes,
        () => started.push(name),
        () => crowded.push(name),
      ),
  }
}

test('a body waits for room, and a second release gives no more', () => {
  const { started, take } = start()
  const release = take('first', 60)
  take('second', 40)
  take('third', 1)
  take('fourth', 1)
  expect(started).toEqual(['first', 'second'])
  release()
  release()
  expect(started).toEqual(['first', 'second', 'third'])
})

test('a body that leaves while it waits makes room for the smaller ones behind it', () => {
  const { started, take } = start()
  take('first', 60)
  const leave = take('large', 90)
  take('small', 30)
  expect(started).toEqual(['first'])
  leave()
  expect(started).toEqual(['first', 'small'])
})

test('a body beyond the limit is read alone', () => {
  const { started, take } = start()
  const release = take('huge', 1000)
  take('small', 1)
  expect(started).toEqual(['huge'])
  release()
  expect(started).toEqual(['huge', 'small'])
})

test('a release after the end of a peer takes nothing from the next requests of that peer', () => {
  const { started, take } = start()
  const release = take('first', 60)
  release()
  take('second', 60)
  release()
  take('third', 60)
  expect(started).toEqual(['first', 'second'])
})

test('one IPv6 network is one peer, and trusted peers have no limit, also as mapped addresses', () => {
  const { started, take } = start({ ...limits, bodiesPerPeer: 1, trustedPeers: ['10.0.0.0/8'] })
  for (const from of ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', '10.1.2.3', '::ffff:10.1.2.3', '10.1.2.3'])
    take(from, 1, from)
  expect(started).toEqual(['2001:db8::1', '2001:db8:0:1::1', '10.1.2.3', '::ffff:10.1.2.3', '10.1.2.3'])
})

test('the bodies of all peers together have a bound, and a body gives its room back once', () => {
  const { started, take } = start({ bodyBytes: 240 * 1024, trustedPeers: ['loopback'] })
  const releases = ['first', 'second', 'third', 'fourth'].map((name, index) =>
    take(name, 1024, index === 3 ? '192.0.2.1' : '127.0.0.1'),
  )
  expect(started).toEqual(['first', 'second'])
  // One that waits leaves, and takes no room from the others.
  releases[2]?.()
  releases[0]?.()
  releases[0]?.()
  expect(started).toEqual(['first', 'second', 'fourth'])
  take('fifth', 1024)
  expect(started).toHaveLength(3)
})

test('if too many bodies wait, the longest waiting is told to leave', () => {
  const { started, crowded, take } = start({ bodyBytes: 1 })
  const releases = Array.from({ length: 66 }, (_, index) => take(String(index), 1, '127.0.0.1'))
  // The first one is read, and 64 may wait.
  expect([started, crowded]).toEqual([['0'], ['1']])
  releases[1]?.()
  take('last', 1, '127.0.0.1')
  expect(crowded).toEqual(['1', '2'])
})

test('a reload keeps the count of all bodies', () => {
  const bodies = new UnfinishedBodies()
  const started: string[] = []
  const take = (name: string) =>
    createPeers({ bodyBytes: 200 * 1024 }, bodies).take(
      '127.0.0.1',
      1024,
      () => started.push(name),
      () => undefined,
    )
  const release = take('before')
  take('after')
  expect(started).toEqual(['before'])
  release()
  expect(started).toEqual(['before', 'after'])
})
