import { assert, assertEqual } from '../kit/assert.ts'
import type { Signed } from '../kit/draft.ts'
import type { Framework } from './framework.ts'
import { readPatience } from './patience.ts'
import { type Described, type Journal, makeScenario, type ScenarioId } from './scenario.ts'
import { type Answer, type RawRequest, send, toRaw } from './socket.ts'

/** A running server of one scenario. */
export interface TestServer {
  readonly port: number
  readonly journal: () => Promise<Journal>
}

interface Parsers {
  readonly before?: string
  readonly after?: string
}

/**
 * Starts a server for one case and closes it afterwards. Closing hangs if a request has no answer.
 */
export async function withServer(
  framework: Framework,
  id: ScenarioId,
  check: (server: TestServer) => Promise<void>,
  parsers: Parsers = {},
): Promise<void> {
  const scenario = makeScenario(id, parsers)
  const running = await framework.start(scenario)
  try {
    await check({ port: running.port, journal: async () => running.journal?.() ?? scenario.journal })
  } finally {
    await running.close()
  }
}

export async function expectAccepted(server: TestServer, request: Signed | RawRequest): Promise<Described> {
  const answer = await send(server.port, 'target' in request ? request : toRaw(request))
  assertEqual(answer.status, 200, `the status (${(await server.journal()).verdicts.join()})`)
  const seen = JSON.parse(answer.body) as Described
  assertEqual(seen.ok, true, 'ok')
  return seen
}

export const rejectionText = 'Twilio Request Validation Failed.'

/** Checks the answer to a refused request and the code in the journal, and that no handler ran. */
export async function expectRejected(
  server: TestServer,
  request: Signed | RawRequest,
  code: string,
  status = 403,
): Promise<Answer> {
  const runs = (await server.journal()).handlerRuns
  const answer = await send(server.port, 'target' in request ? request : toRaw(request))
  const { verdicts, handlerRuns } = await server.journal()
  assertEqual([answer.status, verdicts.at(-1)], [status, code], 'status and code')
  if (status === 403) assertEqual(answer.body, rejectionText, 'the text')
  assertEqual(handlerRuns, runs, 'runs of the handler')
  return answer
}

/**
 * Checks that the adapter or the platform refused the request, with or without an answer, and that
 * no handler ran.
 */
export async function expectTurnedAway(server: TestServer, request: RawRequest | Buffer): Promise<void> {
  const runs = (await server.journal()).handlerRuns
  const answer = await send(server.port, request).catch(() => undefined)
  assert(
    answer === undefined || (answer.status >= 400 && answer.status <= 501 && answer.status !== 500),
    `the status is ${answer?.status}`,
  )
  assertEqual((await server.journal()).handlerRuns, runs, 'runs of the handler')
}

/** Waits for an event that comes after the answer, or without an answer. */
export async function waitUntil(check: () => Promise<boolean> | boolean, what: string): Promise<void> {
  // Rounds and not a time, so that a busy machine waits longer.
  for (let round = 0; round < readPatience() / 10; round++) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`timed out waiting for ${what}`)
}
