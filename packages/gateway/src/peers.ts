import { BlockList, isIP } from 'node:net'
import { pickOptions } from 'tollgate/options'
import { type LimitOptions, limitOptions } from './options.ts'

/** Returns the reserved room. A second call has no effect. */
type Release = () => void

/** Limits how many bodies of each peer are read at the same time. */
export interface Peers {
  /**
   * Reserves room for a body and calls `onRoom`, at once or when other bodies of the peer end.
   * @returns a function that releases the room, or cancels the reservation while it waits
   */
  take(address: string | undefined, bytes: number, onRoom: (release: Release) => void): Release
}

interface Peer {
  bodies: number
  bytes: number
  readonly waiting: Set<{ readonly bytes: number; readonly start: () => void }>
}

/** @throws TypeError if a trusted peer is not an address, a range or `'loopback'` */
export function createPeers(options: LimitOptions = {}): Peers {
  const { bodiesPerPeer, bytesPerPeer } = pickOptions(options, limitOptions)
  const isTrusted = parseTrusted(options.trustedPeers ?? ['loopback'])
  const peers = new Map<string, Peer>()

  function start(key: string, peer: Peer, bytes: number): Release {
    peer.bodies++
    peer.bytes += bytes
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      peer.bodies--
      peer.bytes -= bytes
      for (const reservation of peer.waiting) {
        if (!hasRoom(peer, reservation.bytes)) break
        peer.waiting.delete(reservation)
        reservation.start()
      }
      if (peer.bodies === 0 && peer.waiting.size === 0) peers.delete(key)
    }
  }

  // A body larger than the limit is read when no other body of its peer is.
  function hasRoom(peer: Peer, bytes: number): boolean {
    return peer.bodies === 0 || (peer.bodies < bodiesPerPeer && peer.bytes + bytes <= bytesPerPeer)
  }

  return {
    take(address = '', bytes, onRoom) {
      if (isTrusted(address)) {
        onRoom(ignore)
        return ignore
      }
      const key = createKey(address)
      let peer = peers.get(key)
      if (peer === undefined) {
        peer = { bodies: 0, bytes: 0, waiting: new Set() }
        peers.set(key, peer)
      }
      const owner = peer
      if (owner.waiting.size === 0 && hasRoom(owner, bytes)) {
        const release = start(key, owner, bytes)
        onRoom(release)
        return release
      }
      let release: Release | undefined
      const reservation = {
        bytes,
        start() {
          release = start(key, owner, bytes)
          onRoom(release)
        },
      }
      owner.waiting.add(reservation)
      return () => {
        owner.waiting.delete(reservation)
        release?.()
      }
    },
  }
}

function ignore(): void {}

/** Groups addresses by peer. One IPv6 subscriber has a whole /64 network. */
function createKey(address: string): string {
  if (isIP(address) !== 6 || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}

function parseTrusted(trusted: unknown): (address: string) => boolean {
  const list = new BlockList()
  const fault = new TypeError(
    '"limits.trustedPeers" must be a list of addresses, CIDR ranges such as "10.0.0.0/8", or "loopback"',
  )
  if (!Array.isArray(trusted)) throw fault
  for (const entry of trusted) {
    if (entry === 'loopback') {
      list.addSubnet('127.0.0.0', 8, 'ipv4')
      list.addAddress('::1', 'ipv6')
      continue
    }
    const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(String(entry)) ?? []
    const family = isIP(address)
    const bits = family === 4 ? 32 : 128
    if (family === 0 || Number(prefix ?? bits) > bits) throw fault
    list.addSubnet(address, Number(prefix ?? bits), family === 4 ? 'ipv4' : 'ipv6')
  }
  const decided = new Map<string, boolean>()
  return (address) => {
    const known = decided.get(address)
    if (known !== undefined) return known
    const family = isIP(address)
    const isListed = family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6')
    if (decided.size < 10_000) decided.set(address, isListed)
    return isListed
  }
}
