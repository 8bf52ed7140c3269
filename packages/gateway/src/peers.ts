import { isIP } from 'node:net'
import { parseAddressRanges, pickOptions } from 'tollgate/internal'
import { remember } from './fields.ts'
import { type LimitOptions, limitOptions } from './options.ts'

/** Limits how many bodies are read at the same time: those of each peer, and all together. */
export type Peers = ReturnType<typeof createPeers>

/** What a request holds beside its body: the head, and a full buffer. */
const besideBody = 80 * 1024

/** So many bodies may wait, however small the bound is. */
const leastWaiting = 64

interface Limit {
  readonly bodies: number
  readonly bytes: number
}

/** The bodies that are read at the same time, and those that wait for room, in their order. */
class Room {
  // A number, because the hash tables of a `Set` that changes with each request keep each other
  // alive.
  #bodies = 0
  #bytes = 0
  readonly #waiting = new Set<{ readonly bytes: number; readonly limit: Limit; readonly start: () => void }>()

  get isEmpty(): boolean {
    return this.#bodies === 0 && this.#waiting.size === 0
  }

  // A body larger than the limit is read when no other body is.
  #has(bytes: number, limit: Limit): boolean {
    return this.#bodies === 0 || (this.#bodies < limit.bodies && this.#bytes + bytes <= limit.bytes)
  }

  /** Calls `onRoom`, at once or later. @returns a function that gives the room back */
  take(bytes: number, limit: Limit, onRoom: () => void): () => void {
    let isHeld = false
    const start = (): void => {
      this.#bodies++
      this.#bytes += bytes
      isHeld = true
      onRoom()
    }
    const one = { bytes, limit, start }
    if (this.#waiting.size === 0 && this.#has(bytes, limit)) start()
    else this.#waiting.add(one)
    return () => {
      this.#waiting.delete(one)
      if (isHeld) {
        this.#bodies--
        this.#bytes -= bytes
      }
      isHeld = false
      for (const next of this.#waiting) {
        if (!this.#has(next.bytes, next.limit)) return
        this.#waiting.delete(next)
        next.start()
      }
    }
  }
}

/** The unfinished bodies of all peers. A gateway keeps it: a reload must not double the bound. */
export class UnfinishedBodies {
  readonly room: Room = new Room()
  /** The bodies that wait for room, with what ends their requests. */
  readonly waiting: Set<() => void> = new Set()
}

/** @throws TypeError if a trusted peer is not an address, a range or `'loopback'` */
export function createPeers(options: LimitOptions = {}, all: UnfinishedBodies = new UnfinishedBodies()) {
  const { bodyBytes, bodiesPerPeer, bytesPerPeer, trustedPeers = ['loopback'] } = pickOptions(options, limitOptions)
  const isTrusted = remember(10_000, parseAddressRanges(trustedPeers, 'limits.trustedPeers'))
  const peers = new Map<string, Room>()
  const ofPeer = { bodies: bodiesPerPeer, bytes: bytesPerPeer }
  // Strangers come through trusted peers too, so this limit is for all. A quarter of the bytes is for
  // the buffers of those that wait.
  const ofAll = { bodies: Infinity, bytes: bodyBytes * 0.75 }
  const mostWaiting = Math.max(leastWaiting, Math.floor((bodyBytes * 0.25) / besideBody))

  /** Reserves room among the bodies of a peer. A trusted peer has no limit of its own. */
  function takeOfPeer(address: string, bytes: number, onRoom: () => void): () => void {
    if (isTrusted(address)) {
      onRoom()
      return () => undefined
    }
    const key = createKey(address)
    const peer = peers.get(key) ?? new Room()
    peers.set(key, peer)
    const release = peer.take(bytes, ofPeer, onRoom)
    return () => {
      release()
      if (peer.isEmpty && peers.get(key) === peer) peers.delete(key)
    }
  }

  return {
    /**
     * Reserves room for a body and calls `onRoom`, at once or when other bodies end. If too many
     * wait, `onCrowded` of the longest waiting is called, because a genuine body arrives soon.
     * @returns a function that releases the room, or cancels the reservation while it waits. A
     * second call has no effect.
     */
    take(address = '', bytes: number, onRoom: () => void, onCrowded: () => void): () => void {
      let state: 'waiting' | 'started' | 'over' = 'waiting'
      let release = (): void => undefined
      const start = (): void => {
        all.waiting.delete(onCrowded)
        state = 'started'
        onRoom()
      }
      const releaseOfPeer = takeOfPeer(address, bytes, () => {
        if (state !== 'over') release = all.room.take(bytes + besideBody, ofAll, start)
      })
      if (state === 'waiting') {
        all.waiting.add(onCrowded)
        const [longest] = all.waiting
        if (all.waiting.size > mostWaiting) longest?.()
      }
      return () => {
        if (state === 'over') return
        state = 'over'
        all.waiting.delete(onCrowded)
        release()
        releaseOfPeer()
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
