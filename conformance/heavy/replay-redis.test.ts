import { createClient } from 'redis'
import * as library from 'tollgate'
import * as replay from 'tollgate/replay'
import { afterAll, beforeAll } from 'vitest'
import { type RedisServer, startRedis } from '../../tools/services/redis.mjs'
import { bindSuites } from '../kit/bind.ts'
import { replaySuites } from '../replay/suite.ts'

// In heavy/, because it needs Redis.

let server: RedisServer | undefined
let client: ReturnType<typeof createClient> | undefined
let stores = 0

beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  await client.connect()
}, 300_000)
afterAll(async () => {
  client?.destroy()
  await server?.stop()
})

function makeStore() {
  if (client === undefined) throw new Error('the server is not up')
  return replay.redisStore(client, { prefix: `store ${++stores}:` })
}

bindSuites('with a real Redis', replaySuites({ library, replay, makeStore }))
