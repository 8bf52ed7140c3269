import type { Framework } from '../adapter/framework.ts'
import type { ScenarioId } from '../adapter/scenario.ts'
import { type TestServer, withServer } from '../adapter/server.ts'
import { type RawRequest, toRaw } from '../adapter/socket.ts'
import { type Signed, withHeaders } from '../kit/draft.ts'

export type ServerCheck = (server: TestServer) => Promise<unknown>

/** Returns a function that makes cases for a server of a scenario. */
export function bindServer(framework: Framework): (id: ScenarioId, check: ServerCheck) => () => Promise<void> {
  return (id, check) => () => withServer(framework, id, async (server) => void (await check(server)))
}

/** Replaces a header by one field for each value. */
export function replaceHeader(request: Signed, name: string, ...values: readonly string[]): RawRequest {
  const raw = toRaw(withHeaders(request, { [name]: undefined }))
  return { ...raw, headers: [...values.map((value) => [name, value] as const), ...raw.headers] }
}
