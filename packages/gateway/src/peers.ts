import { isIP } from 'node:net'
import { parseAddressRanges, pickOptions } from 'tollgate/options'
import { remember } from './fields.ts'
import { type LimitOptions, limitOptions } from './options.ts'

/** Limits how many bodies of each peer are read at the same time. */
export type Peers = ReturnType<typeof createPeers>

interface Reservation {
  readonly bytes: number
  readonly onRoom: () => void
  isHeld: boolean
}

interface Peer {
  // A number, because the hash tables of a `Set` that changes with each request keep each other
  // alive.
  bodies: number
  bytes: number
  readonly waiting: Set<Reservation>
}

/** @throws TypeError if a trusted peer is not an address, a range or `'loopback'` */
export function createPeers(options: LimitOptions = {}) {
  const { bodiesPerPeer, bytesPerPeer, trustedPeers = ['loopback'] } = pickOptions(options, limitOptions)
  const isTrusted = remember(10_000, parseAddressRanges(trustedPeers, 'limits.trustedPeers'))
  const peers = new Map<string, Peer>()

  // A body larger than the limit is read when no other body of its peer is.
  function hasRoom(peer: Peer, bytes: number): boolean {
    return peer.bodies === 0 || (peer.bodies < bodiesPerPeer && peer.bytes + bytes <= bytesPerPeer)
  }

  function start(peer: Peer, reservation: Reservation): void {
    peer.bodies++
    peer.bytes += reservation.bytes
    reservation.isHeld = true
    reservation.onRoom()
  }

  function stop(peer: Peer, reservation: Reservation): void {
    peer.waiting.delete(reservation)
    if (reservation.isHeld) {
      reservation.isHeld = false
      peer.bodies--
      peer.bytes -= reservation.bytes
    }
    for (const next of peer.waiting) {
      if (!hasRoom(peer, next.bytes)) return
      peer.waiting.delete(next)
      start(peer, next)
    }
  }

  return {
    /**
     * Reserves room for a body and calls `onRoom`, at once or when other bodies of the peer end.
     * @returns a function that releases the room, or cancels the reservation while it waits. A
     * second call has no effect.
     */
    take(address = '', bytes: number, onRoom: () => void): () => void {
      if (isTrusted(address)) {
        onRoom()
        return () => undefined
      }
      const key = createKey(address)
      const peer = peers.get(key) ?? { bodies: 0, bytes: 0, waiting: new Set() }
      peers.set(key, peer)
      const reservation = { bytes, onRoom, isHeld: false }
      if (peer.waiting.size === 0 && hasRoom(peer, bytes)) start(peer, reservation)
      else peer.waiting.add(reservation)
      return () => {
        stop(peer, reservation)
        if (peer.bodies === 0 && peers.get(key) === peer) peers.delete(key)
      }
    },
  }
}

/** Groups addresses by peer. One IPv6 subscriber has a whole /64 network. */
function createKey(address: string): string {
  if (isIP(address) !== 6 || address.startsWith('::ffff:')) return address
  const [front = [], back = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}
