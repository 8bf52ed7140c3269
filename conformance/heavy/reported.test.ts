import { createVerifier, type IncomingRequest, type VerifierOptions } from 'tollgate'
import { diagnose } from 'tollgate/diagnose'
import { describe, expect, test } from 'vitest'
import { type Reported, reported } from '../field/reported.ts'

// Slow, because more than a hundred set-ups are diagnosed in many variants.

const broken = reported.filter(({ expected }) => expected.length > 0)
const run = ({ request, options, hints }: Reported) => diagnose(request, { ...options, ...hints })

/** A verifier gets bytes: those of the form if the set-up has only parameters. */
function toBytes({ params, ...request }: Reported['request']): IncomingRequest {
  if (request.body !== undefined || typeof params !== 'object' || params === null) return request
  return { ...request, body: new URLSearchParams(Object.entries(params)).toString() }
}

describe('set-ups that people reported, signed by Twilio’s own package', () => {
  test('there are many, and one that works', () => {
    expect(broken.length).toBeGreaterThan(100)
    expect(broken.length).toBeLessThan(reported.length)
  })

  test.each(reported)('$name ($source)', async (one) => {
    const { proven, suspected, verdict } = await run(one)
    const named = proven?.causes.map(({ id }) => id) ?? suspected.slice(0, 1).map(({ id }) => `?${id}`)
    expect(verdict.ok).toBe(one.expected.length === 0)
    expect(named.sort()).toEqual([...one.expected].sort())
  })

  // Causes of the parameters and of the query have another fix.
  const ofUrl = /^(scheme|host|host_case|port|path_prefix|trailing_slash|forwarding_headers)$/

  test('each printed option makes the request verify', async () => {
    let count = 0
    for (const one of broken) {
      const { proven } = await run(one)
      if (!proven?.setting || !proven.causes.every(({ id }) => ofUrl.test(id))) continue
      const line: VerifierOptions = new Function(`return ({ ${proven.setting} })`)()
      const verifier = createVerifier({ ...one.options, ...line })
      expect(await verifier.verify(toBytes(one.request)), `${one.name}: ${proven.setting}`).toMatchObject({ ok: true })
      count++
    }
    expect(count).toBeGreaterThan(35)
  })

  test.each(broken.filter(({ mend }) => mend))('$name: the fix makes it verify', async (one) => {
    const { request, options } = { ...one, ...one.mend?.(one) }
    expect(await createVerifier(options).verify(toBytes(request))).toMatchObject({ ok: true })
  })

  test.each([
    ['untrusted proxy, GET', /add the address of your proxy to "trustedProxies"/],
    ['allowedHosts without the port', /add the host to "allowedHosts"/],
    ['JSON object as body, GET-like code', /^Verify before anything else reads the body/],
    ['Studio JSON passed as params', /^Pass the raw body, not the object/],
    ['redirect made GET, form lost', /without a redirect/],
    ['undefined', /is not set/],
    ['Twilio sorts, signs unsorted', /in the order that arrives/],
    ['text of the form passed', /^Pass RequestValidator the parameters/],
    ['IIS rewrites the path as a whole', /from before the rewrite/],
    ['front controller, and the URL is known', /from before the rewrite/],
    ['handshake, a field added to the query', /^Let nothing on the way add "edge"/],
    ['Host lost its port, form not read', /pass Host on as Twilio sent it/],
    ['Caddy forward_auth, POST', /put the gateway between the proxy and your application/],
  ])('%s: the fix points the right way', async (name, fix) => {
    const one = reported.find((each) => each.name === name)
    const { proven, suspected } = await run(one as Reported)
    expect((proven?.causes ?? suspected)[0]?.fix).toMatch(fix)
  })
})
