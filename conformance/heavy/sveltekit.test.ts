import { expect, onTestFinished, test } from 'vitest'
import { makeScenario } from '../adapter/scenario.ts'
import { expectAccepted } from '../adapter/server.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { startBuilt } from '../frameworks/built.ts'
import { sveltekit } from '../frameworks/sveltekit.ts'
import { makeRequest, origin } from '../kit/draft.ts'
import { describeBuilt } from './built-version.ts'
import { describeOriginCheck } from './origin-check.ts'

for (const version of sveltekit) {
  describeBuilt(version, 'conformance/projects/sveltekit')
  test(`${version.name}: a body over the server's own limit is too large, not malformed`, async () => {
    const plan = { sources: 'conformance/projects/sveltekit', as: 'suite' }
    const server = await startBuilt(version, plan, { BODY_SIZE_LIMIT: '10000' })
    onTestFinished(server.stop)
    const scenario = makeScenario('plain')
    const { port, journal } = await server.play(scenario)
    const plain = { port, journal: async () => journal?.() ?? scenario.journal }
    const withText = (length: number) => makeRequest({ params: [['Body', 'x'.repeat(length)]] })
    await expectAccepted(plain, await withText(9000))
    const large = toRaw(await withText(20_000))
    expect((await send(port, large)).status).toBe(413)
    expect((await plain.journal()).verdicts.at(-1)).toBe('body_too_large')
    const headers = [...large.headers, ['transfer-encoding', 'chunked']] as const
    const body = `${String(large.body).length.toString(16)}\r\n${large.body}\r\n0\r\n\r\n`
    expect((await send(port, { ...large, headers, body })).status).toBe(413)
    expect((await plain.journal()).verdicts.at(-1)).toBe('body_too_large')
  }, 120_000)
  describeOriginCheck(version, {
    sources: 'examples/sveltekit',
    byDefault: { 'vite.config.js': (text) => text.replace("csrf: { trustedOrigins: ['*'] },", '') },
    withOther: { 'src/routes/other/+server.js': () => "export const POST = () => new Response('posted')\n" },
    // The default of adapter-node is https.
    ownOrigin: origin,
  })
}
