import { describe, expect, onTestFinished, test } from 'vitest'
import { type RawRequest, send, toRaw } from '../adapter/socket.ts'
import { startBuilt, type Version } from '../frameworks/built.ts'
import { formType, host, makeRequest, origin, token } from '../kit/draft.ts'
import type { BuildPlan } from '../projects/build-app.ts'

interface OriginCheck {
  readonly sources: string
  /** Restores the framework's default in the example. */
  readonly byDefault: BuildPlan['files']
  /** Adds a route /other to the example. */
  readonly withOther: BuildPlan['files']
  /** The URL that the framework treats as its own origin. */
  readonly ownOrigin: string
}

const env = { TOLLGATE_PUBLIC_URL: origin, TWILIO_AUTH_TOKEN: token }

/**
 * Tests that the framework refuses Twilio until it is configured as in the example, and that other
 * routes keep the check.
 */
export function describeOriginCheck(version: Version, { sources, byDefault, withOther, ownOrigin }: OriginCheck): void {
  const start = async (as: string, files: BuildPlan['files'] = {}) => {
    const server = await startBuilt(version, { sources, as, files }, env)
    onTestFinished(() => server.stop())
    return server
  }
  const twilio = async () => toRaw(await makeRequest({ params: [['Body', 'a < b']] }))
  const post = (headers: Readonly<Record<string, string>>): RawRequest => ({
    method: 'POST',
    target: '/other',
    headers: Object.entries({ host, ...headers }),
    body: 'a=1',
  })

  describe(`${version.name}: the check of the Origin header`, () => {
    test('by default, a genuine form is refused before the endpoint', async () => {
      const { port } = await start('example-by-default', byDefault)
      const { status, body } = await send(port, await twilio())
      expect([status, body]).toEqual([403, 'Cross-site POST form submissions are forbidden'])
    }, 120_000)

    test('with the configuration of the example it arrives, and other routes keep the check', async () => {
      const { port } = await start('example', withOther)
      expect((await send(port, await twilio())).status).toBe(200)
      for (const type of [formType, 'multipart/form-data; boundary=x', 'text/plain', 'TEXT/PLAIN'])
        for (const foreign of [{}, { origin: 'https://evil.example' }, { origin: 'null' }])
          expect((await send(port, post({ 'content-type': type, ...foreign }))).body).toBe('Cross-site form')
      expect((await send(port, post({}))).body).toBe('Cross-site form')
      expect((await send(port, post({ 'content-type': formType, origin: ownOrigin }))).body).toBe('posted')
      expect((await send(port, post({ 'content-type': 'application/json' }))).body).toBe('posted')
    }, 120_000)
  })
}
