import { expect, test } from 'vitest'
import type { LimitOptions } from '../src/options.ts'
import { createPeers } from '../src/peers.ts'

const limits = { bodiesPerPeer: 2, bytesPerPeer: 100, trustedPeers: [] }

function start(options: LimitOptions = limits) {
  const peers = createPeers(options)
  const started: string[] = []
  return {
    started,
    take: (name: string, bytes: number, from = '192.0.2.1') => peers.take(from, bytes, () => started.push(name)),
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
