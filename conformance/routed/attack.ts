import { createHmac } from 'node:crypto'
import { account, formType, host, origin, token } from '../kit/draft.ts'
import { createRandom, type Random } from '../kit/random.ts'
import { findOtherAddress, findOtherRun, readRan, spellLetters, spellTarget } from './judge.ts'
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

/** What a request asks for: an ordinary answer, or a WebSocket, by a GET. */
type Kind = 'GET' | 'POST' | 'upgrade'
type Scheme = 'https' | 'wss'

const upgradeFields = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
}

/** Signs as https://www.twilio.com/docs/usage/security says, with no code of the library. */
function sign(kind: Kind, scheme: Scheme, signed: string): string {
  const params = kind === 'POST' ? form.map(([name, value]) => name + value).join('') : ''
  return createHmac('sha1', token)
    .update(origin.replace('https', scheme) + signed + params)
    .digest('base64')
}

function makeWireRequest(
  kind: Kind,
  address: Address,
  signed: string | undefined,
  scheme: Scheme = kind === 'upgrade' ? 'wss' : 'https',
): WireRequest {
  return {
    method: kind === 'POST' ? kind : 'GET',
    ...address,
    headers: {
      ...(kind === 'POST' && { 'content-type': formType }),
      ...(kind === 'upgrade' && upgradeFields),
      ...(signed !== undefined && { 'x-twilio-signature': sign(kind, scheme, signed) }),
    },
    ...(kind === 'POST' && { body: new URLSearchParams(form.map(([name, value]) => [name, value])).toString() }),
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
        const kind = this.#server.webSockets ? 'upgrade' : count % 4 < 2 ? 'POST' : 'GET'
        const request = makeWireRequest(kind, address, address.target)
        const answer = await this.#wire.send(request)
        const ran = readRan(answer)
        const other = ran && findOtherAddress(ran, address.target)
        const isOpen = answer.status === 101
        if (ran?.route !== route || isOpen !== (kind === 'upgrade'))
          this.#note(`genuine: ${route} did not run`, request, address.target, answer)
        else if (other) this.#note(`genuine: ${other}`, request, address.target, answer)
        const unsigned = makeWireRequest(kind, address, undefined)
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
      const kind = this.#pickKind(random)
      for (const signed of [undefined, ...pickSigned(address, guarded, signatures, random)]) {
        if (this.#sent >= count) return
        await this.#attempt(kind, address, signed, this.#pickScheme(kind, random))
      }
    }
  }

  #pickKind(random: Random): Kind {
    if (this.#server.webSockets && !random.oneIn(4)) return 'upgrade'
    return random.oneIn(3) ? 'GET' : 'POST'
  }

  /**
   * Where both exist, the signature of a handshake must run no handler, and that of a GET open no
   * socket.
   */
  #pickScheme(kind: Kind, random: Random): Scheme {
    const isCrossed = this.#server.webSockets === true && random.oneIn(6)
    return (kind === 'upgrade') === isCrossed ? 'https' : 'wss'
  }

  async #attempt(kind: Kind, address: Address, signed: string | undefined, scheme: Scheme): Promise<void> {
    const request = makeWireRequest(kind, address, signed, scheme)
    const answer = await this.#wire.send(request)
    this.#sent++
    if (answer.status === 'hangs') return this.#note('no answer', request, signed)
    if (answer.status === 500) {
      const bare = await this.#askBare(request)
      if (bare.status !== 500) this.#note(`answers 500, and ${bare.status} without a guard`, request, signed, answer)
      return
    }
    const opened = answer.status === 101
    const ran = readRan(answer)
    if (opened && ran === undefined && signed === undefined && this.#server.guards === 'all')
      return this.#note('unsigned: opened a socket outside the routes', request, signed, answer)
    if (ran === undefined || !isGuarded(this.#server, ran.route)) return
    this.#accepted++
    if (signed === undefined) return this.#note(`unsigned: ran ${ran.route}`, request, signed, answer)
    if (opened !== (scheme === 'wss'))
      return this.#note(`signed as ${scheme}: ${opened ? 'opened a socket' : 'ran a handler'}`, request, signed, answer)
    const faults: string[] = []
    for (const one of opened ? [signed, ...listAlike(address, signed)] : [signed]) {
      const plain = await this.#askPlain(opened ? 'upgrade' : kind === 'POST' ? kind : 'GET', one)
      const other = plain ? findOtherRun(ran, plain) : 'a plain request for the signed URL is refused'
      const fault = other ?? findOtherAddress(ran, one)?.replace(/".*"/s, '…')
      if (fault === undefined) return
      faults.push(fault)
    }
    this.#note(`signed: ${faults[0]}`, request, signed, answer)
  }

  /** Returns what runs for a plain request, as Twilio sends it to the signed URL. */
  async #askPlain(kind: Kind, signed: string): Promise<Ran | undefined> {
    const key = `${kind} ${signed}`
    if (!this.#plain.has(key)) this.#plain.set(key, await this.#findPlain(kind, signed))
    return this.#plain.get(key)
  }

  async #findPlain(kind: Kind, signed: string): Promise<Ran | undefined> {
    const ask = async (target: string, text: string): Promise<Ran | undefined> =>
      readRan(await this.#wire.send(makeWireRequest(kind, { target, hosts: [host] }, text)))
    // Some servers escape letters in the URL of a plain request, so that the signature of the raw
    // ones fails.
    const escaped = spellLetters(signed)
    return (await ask(spellTarget(signed), signed)) ?? (escaped === signed ? undefined : ask(escaped, escaped))
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

/**
 * Lists the other addresses whose handshake has the same signature. Twilio signs the path with a
 * slash at its end or without, and ConversationRelay signs the query as parameters behind the path,
 * with nothing between them.
 */
function listAlike(address: Address, signed: string): readonly string[] {
  const texts = new Set([signed, toggleSlash(signed)])
  const cuts = listReadings(address).filter((one) => [one, toggleSlash(one)].some((text) => texts.has(joinQuery(text))))
  return [...texts, ...cuts]
}

function toggleSlash(url: string): string {
  const [, path = '', slash = '', query = ''] = /^([^?]*?)(\/?)(\?.*)?$/s.exec(url) ?? []
  return path + (slash === '' ? '/' : '') + query
}

function joinQuery(url: string): string {
  const [path = '', ...query] = url.split('?')
  return (
    path +
    [...new URLSearchParams(query.join('?'))]
      .map(([name, value]) => name + value)
      .sort()
      .join('')
  )
}

/** Picks the paths to sign for an address: what may be read from it, and some plain ones. */
function pickSigned(address: Address, guarded: readonly string[], most: number, random: Random): ReadonlySet<string> {
  const readings = listReadings(address)
  const all = [...new Set([...readings, random.pick(guarded), random.pick(guarded)])]
  const picked = new Set(all.slice(0, most - 1))
  while (picked.size < Math.min(most, all.length)) picked.add(random.pick(all))
  return picked
}
