import { setImmediate as turn } from 'node:timers/promises'
import { assert, assertEqual } from '../kit/assert.ts'
import { createRandom, type Random } from '../kit/random.ts'
import { type Client, openClient } from './client.ts'
import { createGate, type Gate, writeAnswer, writeName } from './gate.ts'
import { forgedKey, type RunningTarget, type Target } from './targets.ts'

interface State {
  readonly random: Random
  readonly running: RunningTarget
  readonly gate: Gate
  readonly open: Client[]
  readonly all: Client[]
  readonly names: string[]
  /** The connections behind whose last bytes no request can come. */
  readonly ended: Set<Client>
}

type Act = (state: State, client: Client) => Promise<void> | void

const upgrade = 'GET /media HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const connectTunnel = 'CONNECT app.example.com:443 HTTP/1.1\r\nHost: app.example.com\r\n\r\n'
const badChunk =
  'POST /sms HTTP/1.1\r\nHost: app.example.com\r\nX-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'

/** Sends bytes behind which the server reads no further request. */
function endWith(what: string, bytes: string): Act {
  return (state, client) => {
    client.sent.push(what)
    client.socket.write(bytes)
    state.ended.add(client)
  }
}

const mostRequests = 24

async function deliver(state: State, client: Client): Promise<void> {
  const { random, running, names } = state
  const pieces: Buffer[] = []
  for (let count = Math.min(1 + random.below(4), mostRequests - client.sent.length); count > 0; count--) {
    // An answer that waits behind others is short, as is the queue. Node.js reads no further if
    // much waits, and then it does not notice that the client left.
    const isLong = client.sent.length === 0 && random.oneIn(2)
    const name = writeName(names.length, isLong)
    const isForged = random.oneIn(6)
    names.push(name)
    client.sent.push(isForged ? 'forged' : name)
    pieces.push(
      await running.write(name, random.oneIn(12) ? { connection: 'close' } : {}, isForged ? forgedKey : undefined),
    )
  }
  const bytes = Buffer.concat(pieces)
  const cut = random.oneIn(3) ? random.below(bytes.length) : 0
  if (cut > 0) {
    client.socket.write(bytes.subarray(0, cut))
    await pause(random)
  }
  client.socket.write(bytes.subarray(cut))
}

/** Sends a part of a delivery, and nothing after it. */
async function deliverPart(state: State, client: Client): Promise<void> {
  const bytes = await state.running.write(writeName(999_999, false), {})
  client.sent.push('part')
  client.socket.write(bytes.subarray(0, 1 + state.random.below(bytes.length - 1)))
  state.ended.add(client)
}

function leave(how: (client: Client) => unknown): Act {
  return (state, client) => {
    how(client)
    state.ended.add(client)
    state.open.splice(state.open.indexOf(client), 1)
  }
}

const answerOne: Act = ({ random, gate }) => {
  const held = [...gate.held.keys()]
  if (held.length > 0) gate.open(random.pick(held))
}

/** Every act on a connection. Those that occur more than once are more frequent. */
const acts: readonly Act[] = [
  deliver,
  deliver,
  deliver,
  deliver,
  answerOne,
  answerOne,
  answerOne,
  answerOne,
  deliverPart,
  endWith('garbage', 'GARB\0AGE / HTTP/9\r\n\r\n'),
  endWith('bad chunk', badChunk),
  endWith('upgrade', upgrade),
  endWith('CONNECT', connectTunnel),
  leave(({ socket }) => socket.end()),
  leave(({ socket }) => socket.destroy()),
  leave(({ socket }) => socket.resetAndDestroy()),
  (_, { socket }) => void socket.pause(),
  (_, { socket }) => void socket.resume(),
]

/** Lets the server work for a few turns of the event loop. */
async function pause(random: Random): Promise<void> {
  for (let turns = random.below(12); turns > 0; turns--) await turn()
}

/**
 * Does random acts on many connections of a target, and checks that nothing is left of them.
 * @param steps the number of acts
 */
export async function runProgram(target: Target, seed: number, steps: number): Promise<void> {
  const gate = createGate()
  const running = await target.start(gate)
  const state: State = { random: createRandom(seed), running, gate, open: [], all: [], names: [], ended: new Set() }
  const { random, open, all, ended } = state
  for (let step = 0; step < steps; step++) {
    if (open.length === 0 || (open.length < 12 && random.oneIn(3))) {
      const client = openClient(running.port)
      open.push(client)
      all.push(client)
    }
    const client = random.pick(open)
    const act = random.pick(acts)
    if (!ended.has(client) || act === answerOne) await act(state, client)
    else if (random.oneIn(4)) await leave(({ socket }) => socket.destroy())(state, client)
    await pause(random)
  }
  // What was answered completely before its client left.
  const answered = new Set(all.flatMap((client) => checkAnswers(target, client)))
  for (const { socket } of all) socket.destroy()
  await Promise.all(all.map(({ closed }) => closed))
  const { countInFlight } = running
  if (countInFlight !== undefined)
    await waitFor(async () => (await countInFlight()) === 0, 'requests in flight after their connections closed')
  else await waitForTurns()
  const unopened = new Set(
    all.flatMap(({ sent }) => sent).filter((name) => name.startsWith('SM') && !gate.opened.has(name)),
  )
  gate.openAll()
  for (const name of unopened)
    await waitFor(
      async () => (await ask(running, name)) === 200,
      `an unanswered delivery to be accepted again (${name})`,
    )
  for (const name of answered) assertEqual(await ask(running, name), 403, `a copy of an answered delivery (${name})`)
  await running.close()
}

/**
 * Checks that the answers have the order of the requests. Returns the deliveries that were answered
 * with 200.
 */
function checkAnswers({ keepsOrder, answersByName }: Target, { sent, answers }: Client): string[] {
  const accepted: string[] = []
  for (const [index, { status, body }] of answers().entries()) {
    const what = sent[index]
    assert(what !== undefined, `answer ${index} belongs to no request`)
    const isDelivery = what.startsWith('SM')
    const isRight = isDelivery
      ? status === 200 && (!answersByName || body === writeAnswer(what))
      : what === 'forged'
        ? status === 403
        : status >= 400 && status < 500
    if (isRight && isDelivery) accepted.push(what)
    else if (!isRight && keepsOrder) throw new Error(`${what} was answered ${status} ${body.slice(0, 50)}`)
    else if (!isRight) break
  }
  return accepted
}

/** Sends a delivery over a new connection. Returns the status, or 0 without an answer. */
async function ask(running: RunningTarget, name: string): Promise<number> {
  const client = openClient(running.port)
  client.socket.write(await running.write(name, { connection: 'close' }))
  client.socket.once('end', () => client.socket.end())
  await client.closed
  return client.answers()[0]?.status ?? 0
}

/** Waits until a condition holds. The test's time limit ends the wait. */
async function waitFor(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let round = 0; round < 2000; round++) {
    if (await condition()) return
    await turn()
  }
  throw new Error(`waited in vain for ${what}`)
}

/**
 * A server of a framework does not tell what is in flight, so it gets time to notice what closed.
 */
async function waitForTurns(): Promise<void> {
  for (let turns = 0; turns < 500; turns++) await turn()
}
