import { fromRequest, type VerifierOptions } from 'tollgate'
import { describe, expect, test } from 'vitest'
import { type List, readSetUps, type SetUp, toOptions, toRequest } from '../../../../conformance/diagnosis/set-up.ts'
import { compareSent } from '../../src/twilio-api/compare.ts'

// Slow: it explains the corpus of broken set-ups twice, at 21 seconds of CPU time.

type Seen = ReturnType<typeof toRequest>

/** `tollgate diagnose --alert` knows what Twilio sent, and compares it with what the server saw. */
async function compare(setUp: SetUp, seen: Seen) {
  const options = { ...toOptions(setUp.options, fromRequest), ...setUp.hints }
  const { authToken, sharedKeys } = options
  const tokens = await listTokens(authToken)
  const [[id, key] = []] = Object.entries(sharedKeys ?? {})
  const secret = typeof key === 'string' ? key : key?.secret
  const { method = '', url = '', form = '' } = setUp.sent ?? {}
  const params = [...new URLSearchParams(form)]
  const sent = { method, url, params, signature: undefined, namesAreExact: true, about: '' }
  return await compareSent(sent, seen as Parameters<typeof compareSent>[1], {
    options,
    tokens,
    sharedKey: id === undefined || secret === undefined ? undefined : { id, secret },
  })
}

/** Lists the keys that the user would give, who has those of the database elsewhere. */
async function listTokens(given: VerifierOptions['authToken']): Promise<readonly string[]> {
  try {
    const found = typeof given === 'function' ? await given({ url: '', method: '' }) : given
    const listed = found instanceof Map ? [...found.values()] : typeof found === 'object' ? Object.values(found) : found
    return [listed ?? []].flat(2).filter((one) => typeof one === 'string')
  } catch {
    return []
  }
}

/** The record of a server that logs no header of the signature. */
function withoutSignature({ headers, ...rest }: Seen): Seen {
  const kept = Object.entries(headers).filter(([name]) =>
    /^(host|content-type|x-forwarded|forwarded|upgrade|connection|sec-websocket)/.test(name),
  )
  return { ...rest, headers: Object.fromEntries(kept) }
}

const corpora: readonly [List, ...List[]][] = [['made', 'software'], ['field']]

describe.each(corpora)('what Twilio sent, compared with what the servers of %s saw', (...lists) => {
  // What Twilio did not send has no alert.
  const setUps = lists
    .flatMap(readSetUps)
    .filter(({ sent, expected, answer }) => sent && answer !== 'genuine' && !expected.includes('not_from_twilio'))
    // The command has no flag for a limit.
    .filter(({ options }) => options.maxBodyBytes === undefined)
  const aboutKeys = /^(token|shared_key|algorithm|signature|key_lookup|account)/
  const measures = [
    { name: 'a request with its signature', measured: setUps, see: ({ request }: SetUp) => toRequest(request) },
    {
      name: 'a log entry without the signature',
      measured: setUps.filter(({ expected }) => !expected.some((id) => aboutKeys.test(id))),
      see: ({ request }: SetUp) => withoutSignature(toRequest(request)),
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
        if (![setUp.expected, ...(setUp.or ?? [])].some((expected) => [...expected].sort().join() === ids.join()))
          misses.push(`${setUp.title}: ${setUp.expected.join(' + ')}, found ${ids.join(' + ')}`)
        const shown = JSON.stringify(causes)
        if (setUp.hidden?.some((text) => shown.includes(text))) leaks.push(setUp.title)
      }
      expect(leaks).toEqual([])
      expect(measured.length).toBeGreaterThan(150)
      expect(1 - misses.length / measured.length, misses.join('\n')).toBeGreaterThanOrEqual(0.95)
    },
    240_000,
  )
})
