import type { Framework } from '../adapter/framework.ts'
import type { Journal } from '../adapter/scenario.ts'
import { type TestServer, withServer } from '../adapter/server.ts'
import { type Answer, openConnection, writeRequest } from '../adapter/socket.ts'
import { assert, assertEqual } from '../kit/assert.ts'
import { token } from '../kit/draft.ts'
import { createRandom } from '../kit/random.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { findFault } from './hostile-proof.ts'
import { makeGenuine, makeMutant, type Wire } from './hostile-requests.ts'

/** What became of the hostile requests that an adapter was sent. */
interface Figures {
  /** Those whose signature does not prove them. */
  requests: number
  /** Of those, the ones for which the handler ran. */
  reached: number
  /** Answers of 500 and above. Only a platform gives them, before it asks the adapter: one of the adapter's is a fault. */
  errors: number
}

/** By the name of the framework, for the table in docs/attacks.md. */
export const hostileFigures = new Map<string, Figures>()

interface Kind {
  readonly opensWebSockets?: boolean
  /** The server gives no answer to upgrades that it does not know. */
  readonly leavesUpgrades?: true
}

const environment = globalThis.process?.env ?? {}
const count = Number(environment.TOLLGATE_HOSTILE_REQUESTS ?? 200)
const seed = Number(environment.TOLLGATE_HOSTILE_SEED ?? 1)

/** Genuine webhooks, each changed at random by a generator that knows nothing of the library, over real sockets. */
export function hostileSuite(framework: Framework, kind: Kind = {}): Suite {
  const { opensWebSockets = false, leavesUpgrades = false } = kind
  return defineSuite('hostile requests, over a socket', {
    'E2 genuine webhooks with one to three changes': () =>
      withServer(framework, 'plain', async (server) => {
        const random = createRandom(seed)
        const figures = { requests: 0, reached: 0, errors: 0 }
        hostileFigures.set(framework.name, figures)
        const faults: string[] = []
        for (let sent = 0; sent < count; sent++) {
          const { wire, done } = await makeMutant(random, opensWebSockets)
          const answered = await exchange(server, wire, leavesUpgrades ? 1000 : 5000)
          const unproven = answered.ran && (await findFault(wire, answered.seen, { secret: token, opensWebSockets }))
          if (answered.ran && unproven === undefined) continue
          figures.requests++
          if (answered.ran) figures.reached++
          if (Number(answered.status) >= 500) figures.errors++
          const fault = unproven ? `the handler ran although ${unproven}` : findWrongAnswer(answered)
          const isLeft = leavesUpgrades && answered.status === 'none'
          if (fault !== undefined && !isLeft)
            faults.push(`${fault}, after "${done.join('" and "')}":\n${writeRequest(wire)}`)
        }
        assert(faults.length === 0, `${faults.length} faults, seed ${seed}\n${faults.join('\n\n')}`)
        const { ran } = await exchange(server, await makeGenuine(random, opensWebSockets), 5000)
        assertEqual(ran, true, 'whether a genuine request is still served')
      }),
  })
}

interface Answered {
  /** `closed`: the connection ended without an answer. `none`: it did not even end. */
  readonly status: Answer['status'] | 'closed' | 'none' | 'not owed'
  readonly ran: boolean
  /** Whether the library refused it, and not the platform. */
  readonly refused: boolean
  readonly seen: Journal['seen']
}

/** An answer that a request may not have where no handler ran. */
function findWrongAnswer({ status, refused }: Answered): string | undefined {
  if (status === 'none') return 'there was no answer'
  if (typeof status !== 'number') return undefined
  if (status < 300) return `the answer was ${status} without the handler`
  return status >= 500 && refused ? `the answer was ${status}` : undefined
}

/** Sends one request on a connection of its own, and waits so many milliseconds for its answer. */
async function exchange({ port, journal }: TestServer, wire: Wire, patience: number): Promise<Answered> {
  const { handlerRuns, verdicts } = structuredClone(await journal())
  // A request that says where it ends may end earlier. Then no answer is owed.
  const mayBeCut = wire.headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const connection = openConnection(port)
  let late: 'none' | 'not owed' | undefined
  const timer = setTimeout(
    () => {
      late = mayBeCut ? 'not owed' : 'none'
      connection.socket.destroy()
    },
    mayBeCut ? 200 : patience,
  )
  connection.write(writeRequest(wire))
  const status = await connection.read(wire.method).then(
    (answer) => answer.status,
    () => late ?? 'closed',
  )
  clearTimeout(timer)
  connection.socket.destroy()
  const after = await journal()
  return {
    status,
    seen: after.seen,
    ran: after.handlerRuns > handlerRuns,
    refused: after.verdicts.slice(verdicts.length).some((verdict) => verdict !== 'ok'),
  }
}
