import fc from 'fast-check'
import { twilioAccountTokens } from 'tollgate/keys'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Inventory, Scope } from '../../src/audit/inventory.ts'
import { readInventory } from '../../src/audit/read.ts'
import { resources } from '../../src/audit/resources.ts'
import { UnreachableError, UsageError } from '../../src/exit.ts'
import { ApiError, createTwilioApi } from '../../src/twilio-api/client.ts'
import { listRecent, readAlert, readFailedOfCall } from '../../src/twilio-api/sent.ts'
import { authToken, listenForTest, otherToken, tollgate } from '../support.ts'

// Slow, because it answers thousands of requests.

// The pauses between attempts would take minutes.
vi.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }))
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const main = `AC${'1'.repeat(32)}`
const credentials = { accountSid: main, username: main, password: authToken }

/** Answers of a hostile API, and each request that left for any origin. */
interface Hostile {
  readonly sent: { readonly url: URL; readonly init: RequestInit }[]
}

function answerWith(respond: (url: URL) => Response | Promise<Response>): Hostile {
  const sent: Hostile['sent'] = []
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    const url = new URL(address)
    sent.push({ url, init })
    return await respond(url)
  })
  return { sent }
}

const json = (value: unknown): Response => Response.json(value)

// Parts of addresses that lead elsewhere in some reading.
const parts = [
  'x:',
  'x::',
  'http:',
  'https:',
  'javascript:',
  'data:',
  'blob:',
  '//',
  '/',
  '\\',
  '\\\\',
  '.',
  '..',
  '@',
  ':',
  ':8443',
  '?',
  '#',
  '%2f',
  '%2e%2e',
  '.attacker.example',
  'attacker.example',
  'user:pass@attacker.example',
  '@attacker.example',
  '-attacker.example',
  '\u3002attacker.example',
  'api.twilio.com',
  '127.0.0.1',
  '[::1]',
  '2010-04-01',
  'collect',
  '\t',
  '\n',
  ' ',
  '\0',
  '\ud800',
  '{product}',
  'v1/Services',
]
const address = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }).map((some) => some.join(''))
const odd = fc.oneof(
  address,
  fc.constantFrom(null, 0, 1, true, '', [], {}, 'AC', main, `AC${'2'.repeat(32)}`),
  fc.string(),
)

const bases = [
  'https://{product}.twilio.com',
  'https://{product}.dublin.ie1.twilio.com',
  'http://127.0.0.1:9',
  'http://127.0.0.1:9/{product}',
  'https://proxy.example/twilio/{product}',
]

const listNames = [
  ...new Set(Object.values(resources).flatMap(({ list, parent }) => [list ?? [], parent?.list ?? []].flat())),
  ...['accounts', 'alerts', 'events', 'rules', 'settings'],
]

const products = [...new Set(Object.values(resources).map(({ product }) => product)), 'webhooks']

/** Every request must go to a product's origin, below its path, and follow no redirect. */
function expectOwn({ sent }: Hostile, base: string): void {
  const own = products.map((product) => new URL(`${base.replace('{product}', product)}/`))
  for (const { url, init } of sent) {
    const isOwn = own.some(({ origin, pathname }) => url.origin === origin && url.pathname.startsWith(pathname))
    expect(isOwn, url.href).toBe(true)
    expect(url.username + url.password + url.hash).toBe('')
    expect(init).toMatchObject({ redirect: 'manual' })
    expect(init.method ?? 'GET').toBe('GET')
  }
}

const createApi = (base: string) =>
  createTwilioApi({
    credentials,
    urlOf: (product) => base.replace('{product}', product),
    requestsPerSecond: 1e9,
  })

/** Waits for work on hostile answers. It may fail only with what the command prints as a message. */
async function settle(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    const isKnown = [ApiError, UsageError, UnreachableError].some((kind) => error instanceof kind)
    if (!isKnown) throw error
  }
}

const audit = (base: string, scope: Partial<Scope> = {}): Promise<Inventory> =>
  readInventory(
    createApi(base),
    credentials,
    { accounts: [], resources: [], ...scope },
    { onStart: () => undefined, onStep: () => undefined },
  )

describe('no request leaves the origin of a product', () => {
  test('addresses of next pages, in thousands of shapes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bases),
        fc.array(odd, { maxLength: 4 }),
        fc.boolean(),
        async (base, all, isMeta) => {
          let page = 0
          const hostile = answerWith(() => {
            const next = all[page++]
            return json(
              isMeta
                ? { items: [{ page }], meta: { next_page_url: next } }
                : { items: [{ page }], next_page_uri: next },
            )
          })
          await settle(createApi(base).list('api', '/2010-04-01/Accounts.json', 'items'))
          expect(hostile.sent.length).toBeGreaterThan(0)
          expectOwn(hostile, base)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('every text and status of the answers to an audit and a diagnosis', async () => {
    let requests = 0
    const status = fc.constantFrom(200, 200, 200, 200, 200, 200, 301, 302, 303, 307, 308, 400, 401, 403, 404, 500)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bases),
        fc.infiniteStream(odd),
        fc.infiniteStream(status),
        async (base, texts, statuses) => {
          const text = (): unknown => texts.next().value
          const item = (): object => ({
            sid: text(),
            id: text(),
            owner_account_sid: main,
            auth_token: text(),
            status: 'active',
            subresource_uris: { calls: text() },
            uri: text(),
            links: { webhooks: text() },
            url: text(),
            voice_url: text(),
            request_url: text(),
            request: { url: text(), method: text(), parameters: { a: text() } },
            response: { response_code: text() },
          })
          const hostile = answerWith(() => {
            const list = [{ ...item(), sid: `AC${'2'.repeat(32)}` }, item(), item()]
            const lists = Object.fromEntries(listNames.map((name) => [name, list]))
            const body = {
              ...item(),
              ...lists,
              next_page_uri: text(),
              meta: { next_page_url: text(), nextToken: text() },
            }
            const at = statuses.next().value
            return Response.json(body, { status: at, headers: { location: 'https://attacker.example/' } })
          })
          const sid = (prefix: string): string => prefix + '3'.repeat(32)
          await settle(audit(base))
          await settle(listRecent(createApi(base), 20))
          await settle(readAlert(createApi(base), sid('NO')))
          await settle(readFailedOfCall(createApi(base), main, sid('CA')))
          expectOwn(hostile, base)
          requests += hostile.sent.length
        },
      ),
      { numRuns: 100 },
    )
    expect(requests).toBeGreaterThan(2000)
  })

  test('the look-up of keys, for claims and answers of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(odd, odd, odd, async (claimed, sid, owner) => {
        const sent: { url: URL; init: RequestInit }[] = []
        const lookUp = twilioAccountTokens({
          accountSid: main,
          authToken,
          onProblem: () => undefined,
          fetch: async (url, init) => {
            sent.push({ url: new URL(url), init })
            return json({ sid, owner_account_sid: owner, status: 'active', auth_token: otherToken, uri: sid })
          },
        })
        const claim = { url: 'https://example.com/', method: 'POST', accountSid: claimed as string }
        await Promise.resolve(lookUp(claim)).catch(() => undefined)
        expectOwn({ sent }, 'https://{product}.twilio.com')
      }),
      { numRuns: 2000 },
    )
  })

  test.each([301, 302, 303, 307, 308])('a redirect (%i) over a socket gets no request', async (status) => {
    const elsewhere: string[] = []
    const other = await listenForTest((req, res) => {
      elsewhere.push(String(req.headers.authorization))
      res.end('{}')
    })
    const api = await listenForTest(
      (_req, res) => void res.writeHead(status, { location: `${other.origin}/collect` }).end(),
    )
    const account = { TWILIO_ACCOUNT_SID: main }
    const [audited, recent] = await Promise.all([
      tollgate(['audit', '--api-url', `${api.origin}/{product}`], { env: account }),
      tollgate(['diagnose', '--alert', '--api-url', `${api.origin}/{product}`], { env: account }),
    ])
    const lookUp = twilioAccountTokens({ accountSid: main, authToken, baseUrl: api.origin, onProblem: () => undefined })
    const claim = { url: 'https://example.com/', method: 'POST', accountSid: `AC${'2'.repeat(32)}` }
    await Promise.resolve(lookUp(claim)).catch(() => undefined)
    expect([audited.code, recent.code]).toEqual([3, 3])
    expect(elsewhere).toEqual([])
  })
})

describe('the work and the memory are bounded', () => {
  const base = 'https://{product}.twilio.com'
  let number = 0
  const nextPage = (): string => `/2010-04-01/Accounts/${main}/IncomingPhoneNumbers.json?Page=${++number}`
  const numbers = { resources: ['phone-numbers'] }

  /** Answers the list of accounts with none, and every other request by `respond`. */
  const answerLists = (respond: () => unknown): Hostile =>
    answerWith(({ pathname }) => json(pathname.endsWith('/Accounts.json') ? { accounts: [] } : respond()))

  const voiceUrl = { voice_url: 'https://example.com/voice' }
  const createItems = (length: number): object[] =>
    Array.from({ length }, (_, at) => ({ sid: `PN${number}-${at}`, ...voiceUrl }))

  test.each([
    ['a list that never ends', '100,000 items', 1000, true, 101, 100_000],
    ['one page with more items', '100,000 items', 110_000, false, 2, 100_000],
    ['pages that have one item', '2,000 pages', 1, true, 2001, 2000],
  ])(
    '%s: the audit is cut after %s, says so, and keeps what it has read',
    async (_what, limit, length, hasNext, sent, kept) => {
      const hostile = answerLists(() => ({
        incoming_phone_numbers: createItems(length),
        ...(hasNext && { next_page_uri: nextPage() }),
      }))
      const { webhooks, gaps } = await audit(base, numbers)
      expect(gaps).toMatchObject([{ kind: 'failed', reason: `the list was cut after ${limit}` }])
      expect(webhooks).toHaveLength(kept)
      expect(hostile.sent).toHaveLength(sent)
    },
  )

  test('a list takes at most 10 minutes, and an audit four hours', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const hostile = answerLists(() => {
      now += 60_000
      return { incoming_phone_numbers: [{ sid: `PN${number}` }], next_page_uri: nextPage() }
    })
    const { gaps } = await audit(base, numbers)
    expect(gaps).toMatchObject([{ kind: 'failed', reason: 'the list was cut after 10 minutes' }])
    expect(hostile.sent.length).toBeLessThan(15)
    now = 0
    const slow = answerLists(() => {
      now += 3_600_000
      return { incoming_phone_numbers: [], applications: [] }
    })
    const all = await audit(base)
    expect(slow.sent.length).toBeLessThan(20)
    expect(all.gaps.filter(({ reason }) => reason === 'not read in the first 4 hours').length).toBeGreaterThan(20)
  })

  test('an audit keeps at most 128 MiB of what it reads', async () => {
    const hostile = answerLists(() => ({
      incoming_phone_numbers: [{ sid: `PN${number}`, voice_url: `https://example.com/${number}${'a'.repeat(7e6)}` }],
      next_page_uri: nextPage(),
    }))
    const { webhooks, gaps } = await audit(base, numbers)
    expect(gaps[0]?.reason).toMatch(/^the audit keeps no more than 128 MiB/)
    expect(webhooks.length).toBeLessThan(20)
    expect(hostile.sent.length).toBeLessThan(25)
  })

  test('a list of accounts that never ends is cut after 10,000, and no token of theirs is kept in full', async () => {
    let digits = 0
    answerWith(({ pathname }) =>
      pathname.endsWith('/Accounts.json')
        ? json({
            accounts: Array.from({ length: 1000 }, () => ({
              sid: `AC${(++digits).toString(16).padStart(32, '0')}`,
              status: 'closed',
              auth_token: 'a'.repeat(300),
            })),
            next_page_uri: `/2010-04-01/Accounts.json?Page=${digits}`,
          })
        : json({ incoming_phone_numbers: [] }),
    )
    const { inactive, gaps } = await audit(base, numbers)
    expect(inactive).toBe(10_000)
    expect(gaps).toMatchObject([
      { resource: 'accounts', kind: 'failed', reason: 'the list was cut after 10,000 accounts' },
    ])
  })

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('an answer of 200,000 %s in each other is refused, as one that is no object', async (_name, start, end) => {
    const deep = `${start.repeat(200_000)}1${end.repeat(200_000)}`
    answerWith(() => new Response(`{"accounts":[${deep}]}`))
    await expect(createApi(base).list('api', '/2010-04-01/Accounts.json', 'accounts')).rejects.toThrow(ApiError)
    await settle(audit(base))
  })

  test('an answer of more than 8 MiB is not read to its end', async () => {
    let written = 0
    answerWith(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              written += 65_536
              controller.enqueue(new Uint8Array(65_536).fill(32))
            },
          }),
        ),
    )
    await expect(createApi(base).get('api', '/v1/Services')).rejects.toThrow('the answer is larger than 8 MiB')
    expect(written).toBeLessThan(9 * 1024 * 1024)
  })
})
