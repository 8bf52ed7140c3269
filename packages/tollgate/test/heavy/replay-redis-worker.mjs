// One of several processes of an application. It verifies many requests at once and reports the
// verdicts.
import { createClient } from 'redis'
import { createVerifier } from 'tollgate'
import { redisStore, replayGuard } from 'tollgate/replay'

const [url, authToken, publicUrl] = process.argv.slice(2)
const client = createClient({ url })
// The test may stop the server before this process ends.
client.on('error', () => undefined)
await client.connect()
const replay = replayGuard({ store: redisStore(client), whenRepeated: 'reject' })
const verifier = createVerifier({ publicUrl, authToken, replay })

process.on('message', async ({ request, count }) => {
  const verdicts = await Promise.all(Array.from({ length: count }, () => verifier.verify(request)))
  process.send?.(verdicts.map((verdict) => (verdict.ok ? `accepted, delivery ${verdict.delivery}` : verdict.code)))
})
process.on('disconnect', () => client.destroy())
process.send?.('ready')
