import { describe, expect, test } from 'vitest'
import { showExpected } from '../../../../conformance/diagnosis/arrive.ts'
import { listMadeSetUps } from '../../../../conformance/diagnosis/made/index.ts'
import { readOptions } from '../../../../conformance/diagnosis/options.ts'
import { listPackageSetUps } from '../../../../conformance/diagnosis/real/index.ts'
import type { SetUp } from '../../../../conformance/diagnosis/setup.ts'
import { compareSent } from '../../src/twilio-api/compare.ts'

// Slow: it explains the whole corpus of broken set-ups twice, at 21 seconds of CPU time.

/** `tollgate diagnose --alert` knows what Twilio sent, and compares it with what the server saw. */
async function compare(setUp: SetUp, seen: SetUp['request'] | undefined) {
  const { verifier, more } = readOptions(setUp)
  const { authToken, sharedKeys } = setUp.options
  const given = typeof authToken === 'function' ? authToken() : authToken
  const tokens = typeof given === 'object' ? Object.values(given) : [given ?? []].flat()
  const [[id, key] = []] = Object.entries(sharedKeys ?? {})
  const secret = typeof key === 'string' ? key : key?.secret
  const { method = '', url = '', pairs = [] } = setUp.sent ?? {}
  const sent = { method, url, params: pairs, signature: undefined, namesAreExact: true, about: '' }
  return await compareSent(sent, seen as Parameters<typeof compareSent>[1], {
    options: { ...verifier, ...more },
    tokens,
    sharedKey: id === undefined || secret === undefined ? undefined : { id, secret },
  })
}

/** The record of a server that logs no header of the signature. */
function withoutSignature({ headers, ...rest }: SetUp['request']): SetUp['request'] {
  const kept = Object.entries(headers).filter(([name]) =>
    /^(host|content-type|x-forwarded|forwarded|upgrade|connection|sec-websocket)/.test(name),
  )
  return { ...rest, headers: Object.fromEntries(kept) }
}

describe('what Twilio sent, compared with what the server saw', async () => {
  const all = [...(await listMadeSetUps()), ...(await listPackageSetUps())]
  // What Twilio did not send has no alert.
  const setUps = all.filter(({ sent, expected }) => sent !== undefined && !expected.flat().includes('not_from_twilio'))
  const aboutKeys = /^(token|shared_key|algorithm|signature)/
  const measures = [
    { name: 'a request with its signature', measured: setUps, see: ({ request }: SetUp) => request },
    {
      name: 'a log entry without the signature',
      measured: setUps.filter(({ expected }) => !expected.flat().some((id) => aboutKeys.test(id))),
      see: ({ request }: SetUp) => withoutSignature(request),
    },
  ]
  test.each(measures)(
    '$name: at least 95 % are named exactly, and nothing secret is shown',
    async ({ measured, see }) => {
      const misses: string[] = []
      const leaks: string[] = []
      for (const setUp of measured) {
        const { causes } = await compare(setUp, see(setUp))
        const ids = causes.map(({ id }) => id).sort()
        if (!setUp.expected.some((expected) => [...expected].sort().join() === ids.join()))
          misses.push(`${setUp.origin}, ${setUp.name}: ${showExpected(setUp.expected)}, found ${showExpected([ids])}`)
        const shown = JSON.stringify(causes)
        if (setUp.hidden.some((text) => shown.includes(text))) leaks.push(setUp.name)
      }
      expect(leaks).toEqual([])
      expect(measured.length).toBeGreaterThan(150)
      expect(1 - misses.length / measured.length, misses.join('\n')).toBeGreaterThanOrEqual(0.95)
    },
    240_000,
  )
})
