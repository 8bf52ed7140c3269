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

/** The number of hostile requests to each framework, by its name, for docs/frameworks.md. */
export const hostileFigures = new Map<string, number>()

interface Kind {
  readonly opensWebSockets?: boolean
  /** True if the server does not answer upgrades to unknown protocols. */
  readonly leavesUpgrades?: true
}

const environment = globalThis.process?.env ?? {}
const count = Number(environment.TOLLGATE_HOSTILE_REQUESTS ?? 200)
const seed = Number(environment.TOLLGATE_HOSTILE_SEED ?? 1)

/**
 * Sends genuine webhooks with random changes over real sockets. The generator knows nothing of the
 * library.
 */
export function hostileSuite(framework: Framework, kind: Kind = {}): Suite {
  const { opensWebSockets = false, leavesUpgrades = false } = kind
  return defineSuite('hostile requests, over a socket', {
    'E2 genuine webhooks with one to three changes': () =>
      withServer(framework, 'plain', async (server) => {
        const random = createRandom(seed)
        let hostile = 0
        const faults: string[] = []
        for (let sent = 0; sent < count; sent++) {
          const { wire, done } = await makeMutant(random, opensWebSockets)
          const answered = await exchange(server, wire, leavesUpgrades ? 1000 : 5000)
          const unproven = answered.ran && (await findFault(wire, answered.seen, { secret: token, opensWebSockets }))
          if (answered.ran && unproven === undefined) continue
          hostile++
          const fault = unproven ? `the handler ran although ${unproven}` : findWrongAnswer(answered)
          const isLeft = leavesUpgrades && answered.status === 'none'
          if (fault !== undefined && !isLeft)
            faults.push(`${fault}, after "${done.join('" and "')}":\n${writeRequest(wire)}`)
        }
        hostileFigures.set(framework.name, hostile)
        assert(faults.length === 0, `${faults.length} faults, seed ${seed}\n${faults.join('\n\n')}`)
        const { ran } = await exchange(server, await makeGenuine(random, opensWebSockets), 5000)
        assertEqual(ran, true, 'the handler still runs for a genuine request')
      }),
  })
}

interface Answered {
  /**
   * `closed`: the connection ended without an answer. `none`: the connection stayed open without an
   * answer.
   */
  readonly status: Answer['status'] | 'closed' | 'none' | 'not owed'
  readonly ran: boolean
  /** True if the library refused the request, and not the platform. */
  readonly refused: boolean
  readonly seen: Journal['seen']
}

/** Returns the fault of an answer that came without the handler, if it has one. */
function findWrongAnswer({ status, refused }: Answered): string | undefined {
  if (status === 'none') return 'there was no answer'
  if (typeof status !== 'number') return undefined
  if (status < 300) return `the answer was ${status} without the handler`
  return status >= 500 && refused ? `the answer was ${status}` : undefined
}

/**
 * Sends one request on a new connection, and waits up to `patience` milliseconds for the answer.
 */
async function exchange({ port, journal }: TestServer, wire: Wire, patience: number): Promise<Answered> {
  const {
    handlerRuns,
    verdicts: { length: known },
  } = await journal()
  // A request may end before its declared length. Then the server need not answer.
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
    refused: after.verdicts.slice(known).some((verdict) => verdict !== 'ok'),
  }
}
