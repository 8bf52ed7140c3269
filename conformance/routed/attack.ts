import { createHmac } from 'node:crypto'
import { account, formType, host, origin, token } from '../kit/draft.ts'
import { createRandom, type Random } from '../kit/random.ts'
import { findOtherAddress, findOtherRun, readRan, spellTarget } from './judge.ts'
import { listReadings } from './readings.ts'
import { plainPaths, type Ran } from './routes.ts'
import { type GuardOptions, guardOptions, isGuarded, listGuardedPaths, type RoutedServer } from './server.ts'
import { type Address, makeAddresses } from './shapes.ts'
import { openWire, showRequest, type Wire, type WireAnswer, type WireRequest } from './wire.ts'

export interface AttackOptions {
  /** How many requests to send. */
  readonly count: number
  readonly seed: number
  /** Signatures for each address, besides none. The most likely come first. Default: 1000. */
  readonly signatures?: number
  /** Options of the guard. Default: those of an ordinary one. */
  readonly guard?: GuardOptions
}

export interface AttackReport {
  readonly name: string
  readonly sent: number
  /** How many of the requests ran a guarded handler. */
  readonly accepted: number
  /** The violations, with the bytes of the first request of each kind. */
  readonly wrong: ReadonlyMap<string, { readonly times: number; readonly example: string }>
}

/**
 * Attacks one server: sends each address without a signature, and with the signature of every path
 * that some layer may read from it. Before and after, plain genuine requests must be accepted.
 */
export async function attack(server: RoutedServer, options: AttackOptions): Promise<AttackReport> {
  const running = await server.start(options.guard ?? guardOptions)
  const wire = openWire(running.port, server.http2)
  const bare = openBare(server)
  const attacker = new Attacker(server, wire, bare.send)
  try {
    await attacker.control()
    await attacker.run(options)
    await attacker.control()
    return attacker.report()
  } finally {
    wire.close()
    await running.close()
    await bare.close()
  }
}

interface Bare {
  send(request: WireRequest): Promise<WireAnswer>
  close(): Promise<void>
}

/** The same application without a guard, started when it is needed. */
function openBare(server: RoutedServer): Bare {
  let opened: Promise<{ wire: Wire; stop: () => Promise<void> }> | undefined
  const open = async (): Promise<{ wire: Wire; stop: () => Promise<void> }> => {
    const { port, close } = await server.start(undefined)
    return { wire: openWire(port, server.http2), stop: close }
  }
  return {
    async send(request) {
      opened ??= open()
      return (await opened).wire.send(request)
    },
    async close() {
      const one = await opened
      one?.wire.close()
      await one?.stop()
    },
  }
}

const form: readonly (readonly [string, string])[] = [
  ['AccountSid', account],
  ['Body', 'pay 900'],
  ['From', '+14155550142'],
]

/** Signs as https://www.twilio.com/docs/usage/security says, with no code of the library. */
function sign(method: string, signed: string): string {
  const params = method === 'POST' ? form.map(([name, value]) => name + value).join('') : ''
  return createHmac('sha1', token)
    .update(origin + signed + params)
    .digest('base64')
}

function makeWireRequest(method: string, address: Address, signed: string | undefined): WireRequest {
  return {
    method,
    ...address,
    headers: {
      ...(method === 'POST' && { 'content-type': formType }),
      ...(signed !== undefined && { 'x-twilio-signature': sign(method, signed) }),
    },
    ...(method === 'POST' && { body: new URLSearchParams(form.map(([name, value]) => [name, value])).toString() }),
  }
}

const plainQueries = ['', '?a=1&b=two', "?q=it's%20%7C+&tenant=one"]

class Attacker {
  readonly #server: RoutedServer
  readonly #wire: Wire
  readonly #askBare: Bare['send']
  readonly #plain = new Map<string, Ran | undefined>()
  readonly #wrong = new Map<string, { times: number; example: string }>()
  #sent = 0
  #accepted = 0

  constructor(server: RoutedServer, wire: Wire, askBare: Bare['send']) {
    this.#server = server
    this.#wire = wire
    this.#askBare = askBare
  }

  report(): AttackReport {
    return { name: this.#server.name, sent: this.#sent, accepted: this.#accepted, wrong: this.#wrong }
  }

  /** Sends plain requests. Genuine ones must run their route, and unsigned ones nothing. */
  async control(): Promise<void> {
    let count = 0
    for (const [path, route] of listGuardedPaths(this.#server))
      for (const query of this.#server.plainQueries ?? plainQueries) {
        const address = {
          target: path + query,
          hosts: [count++ % 2 || this.#server.selectsByHost ? host : 'upstream.internal:8080'],
        }
        const method = count % 4 < 2 ? 'POST' : 'GET'
        const request = makeWireRequest(method, address, address.target)
        const answer = await this.#wire.send(request)
        const ran = readRan(answer)
        const other = ran && findOtherAddress(ran, address.target)
        if (ran?.route !== route) this.#note(`genuine: ${route} did not run`, request, address.target, answer)
        else if (other) this.#note(`genuine: ${other}`, request, address.target, answer)
        const unsigned = makeWireRequest(method, address, undefined)
        if (readRan(await this.#wire.send(unsigned))) this.#note(`unsigned: ran ${route}`, unsigned)
      }
  }

  async run({ count, seed, signatures = 1000 }: AttackOptions): Promise<void> {
    const random = createRandom(seed)
    const guarded = listGuardedPaths(this.#server).map(([path]) => path)
    const others = Object.keys(this.#server.plain ?? plainPaths)
    for (const address of makeAddresses(guarded, others, random)) {
      // Only HTTP/2 sends the scheme, and only HTTP/1 a version.
      if (this.#server.http2 ? address.version !== undefined : address.scheme !== undefined) continue
      const method = random.oneIn(3) ? 'GET' : 'POST'
      for (const signed of [undefined, ...pickSigned(address, guarded, signatures, random)]) {
        if (this.#sent >= count) return
        await this.#attempt(makeWireRequest(method, address, signed), signed)
      }
    }
  }

  async #attempt(request: WireRequest, signed: string | undefined): Promise<void> {
    const answer = await this.#wire.send(request)
    this.#sent++
    if (answer.status === 'hangs') return this.#note('no answer', request, signed)
    if (answer.status === 500) {
      const bare = await this.#askBare(request)
      if (bare.status !== 500) this.#note(`answers 500, and ${bare.status} without a guard`, request, signed, answer)
      return
    }
    const ran = readRan(answer)
    if (ran === undefined || !isGuarded(this.#server, ran.route)) return
    this.#accepted++
    if (signed === undefined) return this.#note(`unsigned: ran ${ran.route}`, request, signed, answer)
    const plain = await this.#askPlain(request.method, signed)
    const other = plain ? findOtherRun(ran, plain) : 'a plain request for the signed URL is refused'
    if (other !== undefined) return this.#note(`signed: ${other}`, request, signed, answer)
    const address = findOtherAddress(ran, signed)
    if (address !== undefined) this.#note(`signed: ${address.replace(/".*"/s, '…')}`, request, signed, answer)
  }

  /** Returns what runs for a plain request, as Twilio sends it to the signed URL. */
  async #askPlain(method: string, signed: string): Promise<Ran | undefined> {
    const key = `${method} ${signed}`
    if (!this.#plain.has(key)) {
      const address = { target: spellTarget(signed), hosts: [host] }
      this.#plain.set(key, readRan(await this.#wire.send(makeWireRequest(method, address, signed))))
    }
    return this.#plain.get(key)
  }

  #note(kind: string, request: WireRequest, signed?: string, answer?: WireAnswer): void {
    const found = this.#wrong.get(kind)
    if (found) {
      found.times++
      return
    }
    const how = signed === undefined ? 'unsigned' : `signed ${JSON.stringify(signed)}`
    const example = `${showRequest(request)}, ${how}: ${answer?.status ?? ''} ${answer?.body ?? ''}`
    this.#wrong.set(kind, { times: 1, example })
  }
}

/** Picks the paths to sign for an address: what may be read from it, and some plain ones. */
function pickSigned(address: Address, guarded: readonly string[], most: number, random: Random): ReadonlySet<string> {
  const readings = listReadings(address)
  const all = [...new Set([...readings, random.pick(guarded), random.pick(guarded)])]
  const picked = new Set(all.slice(0, most - 1))
  while (picked.size < Math.min(most, all.length)) picked.add(random.pick(all))
  return picked
}
