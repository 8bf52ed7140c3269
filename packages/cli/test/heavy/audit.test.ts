import { describe, expect, test } from 'vitest'
import { rules } from '../../src/audit/findings.ts'
import { resources } from '../../src/audit/resources.ts'
import {
  authToken,
  expectUsage,
  listenForTest,
  otherToken,
  readJson,
  tollgate,
  tollgateAtTerminal,
  writeScratch,
} from '../support.ts'
import {
  createItem,
  type FakeAccount,
  type FakeOptions,
  hasField,
  type Item,
  operations,
  startFakeTwilio,
} from '../twilio-api/fake.ts'

// Slow, because each case starts the command.

const sidOf = (digit: string, prefix = 'AC'): string => prefix + digit.repeat(32)
const [main, sub1, sub2] = [sidOf('1'), sidOf('2'), sidOf('3')]

// URLs in the OpenAPI files that are no webhooks, with the reason. The rest is in `resources`.
const noWebhooks: Readonly<Record<string, RegExp>> = {
  'pages for people':
    /homepage_url|authorize_redirect_url|documentation_url|(terms|privacy|logo|banner|policy|plugin|image|s3)\w*_url|flex_url|opt_in|terms_and|error_code_url|documentUrl|url_redirection/,
  'addresses of Twilio or of media':
    /media_?url|resource_url|actor_url|sip_url|statusUrl|resultUrl|actions_url|studio .* webhook_url/i,
  'not a URL':
    /_(target_\w+_sid|filters|count|enabled|on_number|date_created|target)$|\.?webhooks$|callback_events|target$|sink_configuration|method$/i,
  'a list of what is in another row':
    /^(conversations \/v2\/Conversations |voice \/v3\/Transcriptions |api .*\/(Local|Mobile|TollFree|DependentPhoneNumbers)\.json|trunking .*\/PhoneNumbers|preview |ip-messaging |chat \/v1|insights |messaging \/v1\/LinkShortening\/Domains|numbers .*\/Copies|trusthub .*\/ProvisionalCopy|chat \/v2\/.*\/Channels\/)/,
  'what was sent, not what is configured':
    /Notifications\.json|monitor \/v1\/Alerts|bulkexports .*\/Jobs|Calls\/\{CallSid\}\/Events|video \/v1\/(Compositions|Recordings) /,
  'a product that ended': /^(autopilot|chat|fax|media|notify) /,
  'where a link leads that does not exist': /DomainConfig fallback_url/,
}

describe('resources', () => {
  const rows = Object.entries(resources)
  const keyOf = ({ product, path }: { product: string; path: string }): string =>
    `${product} ${path.replace(/\?.*$/, '')}`

  test.each(rows)('%s is as in the OpenAPI files', (_name, row) => {
    const operation = operations[keyOf(row)]
    expect(operation).toMatchObject(row.list === undefined ? {} : { list: row.list })
    expect(operation?.list).toBe(row.list)
    if (row.parent !== undefined)
      expect(operations[keyOf({ product: row.product, path: row.parent.path })]?.list).toBe(row.parent.list)
    const fields = Object.keys(operation?.fields ?? {})
    const exists = (path: string): boolean =>
      fields.some((field) => field === path || path.startsWith(`${field}.`) || path.startsWith(`${field}[]`))
    for (const [field, method] of Object.entries(row.urls)) {
      expect(fields, field).toSatisfy(() => exists(field))
      if (method !== 'POST') expect(fields, method).toSatisfy(() => exists(field.replace(/[^.]*$/, method)))
    }
    for (const property of Object.values(row.ignoredIf ?? {}).flat()) expect(fields).toContain(property)
  })

  test('every URL of the OpenAPI files is in a row, or no webhook', () => {
    const covered = new Set(rows.flatMap(([, row]) => Object.keys(row.urls).map((field) => `${keyOf(row)} ${field}`)))
    const missing = Object.entries(operations).flatMap(([key, { fields }]) =>
      Object.keys(fields)
        .filter((field) => /(url|callback|webhook|destination|_target)/i.test(field.split('.').at(-1) ?? ''))
        .map((field) => `${key} ${field}`)
        .filter((field) => !covered.has(field) && !Object.values(noWebhooks).some((pattern) => pattern.test(field))),
    )
    expect(missing).toEqual([])
    expect(rows.length).toBeGreaterThanOrEqual(25)
  })
})

const origin = 'https://api.example.com'

/** Fills every kind of resource of an account with URLs that have no fault. */
function createAccount(sid: string, token: string, owner = main): { account: FakeAccount; urls: Set<string> } {
  const data: Record<string, Item[] | Item> = {}
  const urls = new Set<string>()
  for (const [name, row] of Object.entries(resources)) {
    const paths = Object.entries(row.values ?? {}).reduce(
      (filled, [word, values]) => filled.flatMap((path) => values.map((value) => path.replace(`{${word}}`, value))),
      [`${row.product} ${row.path.replace('{AccountSid}', sid)}`],
    )
    for (const [at, path] of paths.entries()) {
      const url = (field: string): string => {
        const made = `${origin}/${sid.slice(0, 3)}/${name}/${at}/${field.replace(/[^a-z]/gi, '')}`
        urls.add(made)
        return made
      }
      const key = fillParents(path)
      const id = row.id ?? 'sid'
      const item = createItem(key, {
        ...createValues(row.urls, url),
        ...(row.only && { [row.only[0]]: row.only[1] }),
        ...(hasField(key, id) && { [id]: `${name}1` }),
      })
      data[key] = row.list === undefined ? item : [item]
      for (let { parent } = row; parent !== undefined; parent = parent.parent) {
        const parentKey = fillParents(`${row.product} ${parent.path}`)
        data[parentKey] = [
          ...((data[parentKey] as Item[] | undefined) ?? []),
          createItem(parentKey, { sid: 'parent1' }),
        ]
      }
    }
  }
  return { account: { sid, authToken: token, owner, data }, urls }
}

const fillParents = (path: string): string => path.replace(/\{\w+\}/g, 'parent1')

/** Builds nested values for paths such as `rules[].actions[].url`. */
function createValues(fields: Readonly<Record<string, string>>, url: (field: string) => string): Item {
  const item: Record<string, unknown> = {}
  for (const [field, method] of Object.entries(fields)) {
    const names = field.split('.')
    let holder: Record<string, unknown> = item
    for (const name of names.slice(0, -1)) {
      const plain = name.replace('[]', '')
      const inner = name.endsWith('[]')
        ? ((holder[plain] as Record<string, unknown>[] | undefined)?.[0] ?? {})
        : ((holder[plain] as Record<string, unknown> | undefined) ?? {})
      holder[plain] = name.endsWith('[]') ? [inner] : inner
      holder = inner
    }
    holder[names.at(-1) ?? ''] = url(field)
    if (method !== 'POST') holder[method] = 'POST'
  }
  return item
}

const numbersOf = (sid: string): string => `api /2010-04-01/Accounts/${sid}/IncomingPhoneNumbers.json`

function createNumber(digit: string, values: Item): Item {
  return createItem(numbersOf(main), { sid: sidOf(digit, 'PN'), ...values })
}

/** A Studio flow, with the states of its newest revision and of the published one. */
function createFlow({ draft, live }: Readonly<Record<'draft' | 'live', readonly Item[]>>): FakeAccount['data'] {
  const flow = `studio /v2/Flows/${sidOf('1', 'FW')}`
  const published = `${flow}/Revisions/LatestPublished`
  const create = (key: string, states: readonly Item[]): Item =>
    createItem(key, { sid: sidOf('1', 'FW'), definition: { states } })
  return {
    'studio /v2/Flows': [createItem('studio /v2/Flows', { sid: sidOf('1', 'FW') })],
    [flow]: create(flow, draft),
    [published]: create(published, live),
  }
}

interface Document {
  webhooks: { url: string; account: string; resource: string; method: string }[]
  findings: { rule: string; url: string; level: string; places: { account: string; sid: string }[] }[]
  notRead: { account: string; resource: string; reason: string; kind: string }[]
  accounts: string[]
  changes: {
    added: unknown[]
    removed: unknown[]
    changed: unknown[]
    newFindings: unknown[]
    goneFindings: unknown[]
  } | null
}

async function runWith(
  options: FakeOptions,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  run = tollgate,
) {
  const fake = await startFakeTwilio(options)
  const ran = await run(['audit', '--api-url', fake.apiUrl, ...words], { env: { TWILIO_ACCOUNT_SID: main, ...env } })
  await fake.close()
  return { ran, requests: fake.requests }
}

async function audit(options: FakeOptions, words: readonly string[] = [], env?: Readonly<Record<string, string>>) {
  const { ran, requests } = await runWith(options, ['--rate', '100', '--json', ...words], env)
  return { ran, document: readJson(ran) as unknown as Document, requests }
}

/** Three accounts without a fault, in every kind of resource. */
function createCleanAccounts() {
  const [one, two, three] = [
    createAccount(main, authToken),
    createAccount(sub1, otherToken),
    createAccount(sub2, otherToken),
  ] as const
  const accounts = [one.account, two.account, three.account]
  return { accounts, first: one.account, second: two.account, urls: [one, two, three].flatMap(({ urls }) => [...urls]) }
}

const createMain = (data: FakeAccount['data']): FakeOptions => ({ accounts: [{ sid: main, authToken, data }] })

/** One account, whose only resources are phone numbers. */
const createNumbers = (values: readonly Item[]): FakeOptions =>
  createMain({ [numbersOf(main)]: values.map((value, at) => createNumber(at.toString(16), value)) })

const apiKey = {
  keys: { [sidOf('5', 'SK')]: { secret: 'a-secret-of-an-api-key', account: main } },
  env: { TWILIO_API_KEY: sidOf('5', 'SK'), TWILIO_API_SECRET: 'a-secret-of-an-api-key' },
}

const everything = Object.keys(resources).flatMap((name) => ['--resource', name])

describe('tollgate audit', () => {
  test('reads every URL of an account and two subaccounts, and finds nothing in a clean account', async () => {
    const { accounts, urls } = createCleanAccounts()
    const closed: FakeAccount = { sid: sidOf('4'), authToken: otherToken, owner: main, status: 'closed', data: {} }
    const { ran, document, requests } = await audit({ accounts: [...accounts, closed] }, [
      ...everything,
      '--public-url',
      origin,
    ])
    expect(document.webhooks.map(({ url }) => url).sort()).toEqual([...urls].sort())
    expect(document).toMatchObject({ findings: [], notRead: [], accounts: [main, sub1, sub2], inactiveAccounts: 1 })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET']))
  })

  test('finds every seeded fault, worst first, and masks passwords and values', async () => {
    const { accounts, first, second } = createCleanAccounts()
    const faults: readonly Item[] = [
      { voice_url: 'not-a-url' },
      { voice_url: 'http://api.example.com/cleartext' },
      { voice_url: 'https://elsewhere.example.com/unknown-host' },
      { voice_url: 'https://other.example.com/unknown-path' },
      { voice_url: 'https://user:hunter2@api.example.com/userinfo' },
      { voice_url: 'https://api.example.com/fragment#part' },
      { voice_url: 'https://api.example.com:8443/port' },
      { voice_url: 'https://api.example.com/get', voice_method: 'GET' },
      { voice_url: 'https://api.example.com/query?b=secret1&a=secret2' },
      { voice_url: "https://api.example.com/quote?a=it's" },
      { voice_url: 'https://API.example.com/host-case' },
      { voice_url: 'https://api.example.com/slash/' },
      { voice_url: 'https://api.example.com/slash' },
      { voice_url: 'https://api.example.com/ignored', voice_application_sid: sidOf('9', 'AP') },
      { voice_url: 'https://api.example.com' },
      { voice_url: 'https://api.example.com/shared' },
    ]
    const numbers = faults.map((fault, at) => createNumber(at.toString(16), fault))
    first.data[numbersOf(main)] = numbers
    second.data[numbersOf(sub1)] = [createNumber('f', { voice_url: 'https://api.example.com/shared' })]
    const rule = {
      id: 'webhooks_rule_1',
      settings: ['webhooks_setting_1', 'webhooks_setting_2', { id: 'webhooks_setting_3' }],
    }
    // The third rule is on the second page.
    const ruleWithoutKey = { id: 'webhooks_rule_0', settings: ['webhooks_setting_5'] }
    first.data['webhooks /v1/Webhooks/Rules'] = [ruleWithoutKey, ruleWithoutKey, rule]
    first.data['webhooks /v1/Webhooks/Settings'] = [
      ...['known', 'unknown'].map((key, at) => ({
        id: `webhooks_setting_${at + 1}`,
        signature: { keyId: `webhooks_sharedkey_${key}`, algorithm: 'HMAC_SHA256' },
      })),
      { id: 'webhooks_setting_3', auth: { type: 'basic' }, signature: { type: 'NONE' } },
      { id: 'webhooks_setting_5', auth: { type: 'none' }, signature: { type: 'ACCOUNT_AUTH_TOKEN' } },
      // No Rule uses this one.
      { id: 'webhooks_setting_4', signature: { type: 'none' } },
    ]
    const words = [
      '--public-url',
      `${origin}`,
      '--public-url',
      'https://api.example.com:8443',
      '--public-url',
      'https://other.example.com/hooks',
      '--shared-key',
      'webhooks_sharedkey_known',
    ]
    const { ran, document } = await audit({ accounts }, words)
    expect(new Set(document.findings.map(({ rule }) => rule))).toEqual(new Set(Object.keys(rules)))
    const urlsOf = (id: string) => document.findings.filter(({ rule }) => rule === id).map(({ url }) => url)
    for (const [id, ...expected] of [
      ['cleartext', 'http://api.example.com/cleartext'],
      ['unknown_host', 'https://elsewhere.example.com/unknown-host'],
      ['unknown_path', 'https://other.example.com/unknown-path'],
      ['userinfo', 'https://***@api.example.com/userinfo'],
      ['query', 'https://api.example.com/query?b=***&a=***', 'https://api.example.com/quote?a=***'],
      ['trailing_slash', 'https://api.example.com/slash', 'https://api.example.com/slash/'],
      ['signing_off', 'webhooks_setting_3'],
      ['shared_key_unknown', 'webhooks_sharedkey_unknown'],
    ] as const)
      expect(urlsOf(id), id).toEqual(expected)
    expect(document.findings.find(({ rule }) => rule === 'shared_url')?.places.map(({ account }) => account)).toEqual([
      main,
      sub1,
    ])
    // Every finding is about a seeded place.
    const seeded = new Set([...numbers.map(({ sid }) => sid), 'webhooks_rule_1'])
    for (const { places } of document.findings) for (const { sid } of places) expect(seeded).toContain(sid)
    const levels = document.findings.map(({ level }) => ['error', 'warning', 'note'].indexOf(level))
    expect(levels).toEqual([...levels].sort())
    expect(ran.stdout).not.toMatch(/hunter2|secret1|secret2|it's/)
    expect(ran).toMatchObject({ code: 1 })
  })

  test('keeps to the rate', async () => {
    const { accounts } = createCleanAccounts()
    const resources = ['applications', 'alarms', 'sip-trunks'].flatMap((name) => ['--resource', name])
    const words = ['--rate', '2', '--account', main, ...resources]
    const { ran, requests } = await runWith({ accounts }, words, {}, tollgateAtTerminal)
    const times = requests.map(({ at }) => at)
    // Two pages of accounts, and three lists: five requests need at least four pauses of half a
    // second. On a busy machine the first may arrive late.
    expect(times).toHaveLength(5)
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1600)
    expect(ran.stdout).toMatch(/reading \d\/3/)
  })

  test('survives 429, 500 and a permission that is revoked in the middle, and says what is missing', async () => {
    const { accounts, urls } = createCleanAccounts()
    let limited = 0
    const disturb: FakeOptions['disturb'] = ({ product, path, account, number }) => {
      if (number % 7 === 0 && limited++ < 8) return { status: 429, headers: { 'retry-after': '0' } }
      if (number % 11 === 0 && limited++ < 12) return { status: 500, body: '<html>' }
      if (product === 'studio' && account === sub1) return { status: 403 }
      if (product === 'sync' && account === sub2) return { status: 401 }
      return path.includes('/SIP/') && path.includes(sub2) ? { status: 503 } : undefined
    }
    const { ran, document } = await audit({ accounts, disturb }, everything)
    const refused = { account: sub1, kind: 'refused', reason: expect.stringMatching(/^403.*no permission/) }
    expect(document.notRead).toEqual([
      { ...refused, resource: 'studio-flows' },
      { ...refused, resource: 'studio-published' },
      { account: sub2, resource: 'sip-domains', kind: 'failed', reason: expect.stringMatching(/^503/) },
      { account: sub2, resource: 'sync-services', kind: 'failed', reason: expect.stringMatching(/^401.*credentials/) },
    ])
    const lost = document.notRead.map(({ account, resource }) => `${origin}/${account.slice(0, 3)}/${resource}/`)
    const readable = urls.filter((url) => !lost.some((prefix) => url.startsWith(prefix)))
    expect(document.webhooks.map(({ url }) => url).sort()).toEqual(readable.sort())
    expect(limited).toBeGreaterThan(8)
    expect(ran.code).toBe(3)
  })

  test('a key that is deleted in the middle is a failure, and a missing permission is not', async () => {
    const { accounts } = createCleanAccounts()
    const { keys, env } = apiKey
    const words = ['--account', main]
    const deleted = await audit(
      { accounts, keys, disturb: ({ number }) => (number > 20 ? { status: 401 } : undefined) },
      words,
      env,
    )
    expect(deleted.ran.code).toBe(3)
    expect(deleted.document.notRead.map(({ kind }) => kind)).toContain('failed')
    const disturb: FakeOptions['disturb'] = ({ product }) => (product === 'verify' ? { status: 401 } : undefined)
    const limited = await audit({ accounts, keys, disturb }, words, env)
    expect(limited.document.notRead).toMatchObject([{ resource: 'verify-services', kind: 'refused' }])
    expect(limited.ran.code).toBe(0)
  })

  test("a key of the parent reads a subaccount with the subaccount's own token", async () => {
    const { accounts } = createCleanAccounts()
    const { document } = await audit({ accounts, keys: apiKey.keys }, [], { ...apiKey.env, TWILIO_ACCOUNT_SID: sub1 })
    expect(document.accounts).toEqual([sub1])
    expect(document.webhooks.filter(({ url }) => !url.startsWith(`${origin}/AC2/`))).toEqual([])
  })

  test('--account and --resource read only these', async () => {
    const { accounts } = createCleanAccounts()
    const { document, requests } = await audit({ accounts }, ['--account', sub1, '--resource', 'workflows'])
    expect(new Set(document.webhooks.map(({ account, resource }) => `${account} ${resource}`))).toEqual(
      new Set([`${sub1} workflows`]),
    )
    // Two pages of accounts, the workspaces, and the workflows of each of the two.
    expect(requests.map(({ product }) => product)).toEqual(['api', 'api', 'taskrouter', 'taskrouter', 'taskrouter'])
  })

  test('--baseline shows what changed, and fails only for new findings', async () => {
    const { accounts, first } = createCleanAccounts()
    const number = (digit: string, path: string, voice_method = 'POST') =>
      createNumber(digit, { voice_url: `${origin}/${path}`, voice_method })
    first.data[numbersOf(main)] = [number('1', 'old', 'GET'), number('2', 'same'), number('3', 'gone')]
    const before = await audit({ accounts })
    first.data[numbersOf(main)] = [number('1', 'old', 'GET'), number('2', 'same'), number('4', 'added')]
    const baseline = writeScratch(before.ran.stdout)
    const disturb: FakeOptions['disturb'] = ({ product }) => (product === 'proxy' ? { status: 403 } : undefined)
    const after = await audit({ accounts, disturb }, ['--baseline', baseline])
    // The services of Proxy could not be read: that does not count as removed.
    expect(after.document.changes).toMatchObject({
      added: [{ url: `${origin}/added` }],
      removed: [{ url: `${origin}/gone` }],
      changed: [],
      newFindings: [],
    })
    expect([before.ran.code, after.ran.code]).toEqual([1, 0])
    first.data[numbersOf(main)] = [number('1', 'old', 'GET'), number('2', 'same', 'GET'), number('3', 'gone')]
    const worse = await audit({ accounts }, ['--baseline', baseline])
    expect(worse.document.changes).toMatchObject({
      added: [],
      changed: [{ before: { method: 'POST' }, after: { method: 'GET' } }],
      newFindings: [{ rule: 'get', places: [{ sid: sidOf('2', 'PN') }] }],
    })
    expect(worse.ran.code).toBe(1)
    expectUsage(await tollgate(['audit', '--baseline', writeScratch('{}')]), 'not the output of tollgate audit --json')
  })

  test('--config compares with the routes and keys of the gateway', async () => {
    const { accounts, first } = createCleanAccounts()
    const paths = ['voice/in', 'media', 'elsewhere']
    first.data[numbersOf(main)] = paths.map((path, at) => createNumber(String(at), { voice_url: `${origin}/${path}` }))
    first.data['webhooks /v1/Webhooks/Rules'] = [{ id: 'webhooks_rule_1', settings: ['webhooks_setting_1'] }]
    first.data['webhooks /v1/Webhooks/Settings'] = [
      { id: 'webhooks_setting_1', signature: { keys: ['webhooks_sharedkey_known', 'webhooks_sharedkey_other'] } },
    ]
    const keyFile = writeScratch(
      JSON.stringify({ sharedKeys: { webhooks_sharedkey_known: 'a-secret-of-twenty-characters' } }),
    )
    const config = writeScratch(
      `keys: { file: ${keyFile} }\nroutes:\n${['voice', 'media'].map((path) => `  - { path: /${path}, upstream: 'http://127.0.0.1:1', publicUrl: '${origin}' }`).join('\n')}\n  - { path: /mail, scheme: sendgrid, upstream: 'http://127.0.0.1:1', keys: { file: no-such.pem } }\n`,
    )
    const words = ['--config', config, '--resource', 'phone-numbers', '--resource', 'webhook-rules', '--account', main]
    const { document } = await audit({ accounts }, words)
    expect(document.findings.map(({ rule, url }) => `${rule} ${url}`)).toEqual([
      'shared_key_unknown webhooks_sharedkey_other',
      `unknown_path ${origin}/elsewhere`,
    ])
    expectUsage(await tollgate(['audit', '--config', writeScratch('routes: 1')]), '--config: ')
  })

  test('reads the first 20 items of a large list, says so, and reads all that --resource names', async () => {
    const rooms = 'video /v1/Rooms'
    const services = 'conversations /v1/Services'
    const conversations = [1, 2].map((number) => `${services}/item${number}/Conversations`)
    const list = (key: string, length: number, values: (index: number) => Item) =>
      Array.from({ length }, (_, index) => createItem(key, { sid: `item${index}`, ...values(index) }))
    const data = {
      [rooms]: list(rooms, 21, (index) => ({ status_callback: `${origin}/room/${index}` })),
      [services]: list(services, 3, () => ({})),
      ...Object.fromEntries(
        conversations.map((key, at) => [key, list(key, 10, (index) => ({ sid: `${at}${index}` }))]),
      ),
      ...Object.fromEntries(
        Array.from(
          { length: 20 },
          (_, n) => `${conversations[Math.trunc(n / 10)]}/${n < 10 ? '0' : ''}${n}/Webhooks`,
        ).map((key) => [
          key,
          [createItem(key, { sid: 'hook', configuration: { url: 'http://api.example.com/hook', method: 'POST' } })],
        ]),
      ),
    }
    const sample = await audit(createMain(data))
    expect(sample.ran.code).toBe(1)
    expect(sample.document.webhooks.filter(({ resource }) => resource === 'video-rooms')).toHaveLength(20)
    expect(sample.document.findings).toMatchObject([{ rule: 'cleartext', places: { length: 20 } }])
    expect(sample.document.notRead).toEqual([
      {
        account: main,
        resource: 'video-rooms',
        reason: 'only the first 20 were read: name it with --resource',
        kind: 'left',
      },
    ])
    const named = await audit(createMain(data), ['--resource', 'video-rooms'])
    expect([named.ran.code, named.document.webhooks.length, named.document.notRead]).toEqual([0, 21, []])
  })

  test('at a terminal: a table, the findings and their fixes', async () => {
    const options = createNumbers([
      { voice_url: 'http://api.example.com/a?key=secret1' },
      { voice_url: 'http://api.example.com/a?key=secret1' },
      { sms_url: '\u001b[2Jhttps://api.example.com/b', sms_method: 'GET' },
    ])
    const words = ['--rate', '100', '--resource', 'phone-numbers']
    const { ran: table } = await runWith(options, words, { NO_COLOR: '1' }, tollgateAtTerminal)
    const lines = table.stdout
      .slice(table.stdout.indexOf('2 webhook URLs'))
      .split('\n')
      .map((line) => line.trim())
    expect(lines[0]).toBe('2 webhook URLs in 3 places of 1 account (3 requests)')
    // The other URL is longer, because its hidden character is shown.
    expect(lines.map((line) => line.replace(/ {2,}/g, '  '))).toContainEqual(
      `phone-numbers  voice_url  POST  http://api.example.com/a?key=***  ${sidOf('0', 'PN')} (${main}) and 1 more`,
    )
    expect(lines).toContainEqual(expect.stringMatching(/^error +cleartext +http:\/\/api\.example\.com\/a\?key=\*\*\* /))
    expect(lines.join('\n')).toMatch(/cleartext: the URL is http: .*\nChange the URL to https at Twilio/)
    expect(table.stdout.replaceAll('\u001b[K', '').slice(table.stdout.indexOf('2 webhook'))).not.toContain('\x1b[2J')
  })

  test('odd values are read without a failure, and no spelling of a URL shows its password or values', async () => {
    const odd = [
      ...[null, 5, {}, [], true, '', ' ', '//h.example/a', 'ftp://h.example/', 'https://h.example:99999/'],
      ...['https:/u:hunter2@h/', 'https:///u:hunter2@h', 'https:\\\\u:hunter2@h', 'u:hunter2@h/x'],
      ...['https://u%3Ahunter2%40h/', 'https://u:hunter2\uff20h/', 'x?mail=joe@hunter2'],
      ...['https://u:hunter2/s@h.example/', 'https://u:hunter2?s@h.example/', 'https://u:hunter2#s@h.example/'],
      ...[
        'https://h.example/?a=hunter2;b=hunter2',
        'https://h.example/#rc=2?token=hunter2',
        'https://h.example/\ud800',
      ],
      ...[
        'https://{{host}}/x',
        `https://h.example/?${'?'.repeat(100_000)}=`,
        '{{'.repeat(100_000),
        'x'.repeat(300_000),
      ],
    ]
    const options = createNumbers(
      odd.map((voice_url, at) => ({
        sid: at % 2 === 0 ? `\ud800 #?/${at}` : at,
        voice_url,
        voice_method: odd[at % 4],
      })),
    )
    const words = ['--resource', 'phone-numbers']
    const { ran: json, document } = await audit(options, words)
    for (const ran of [json, (await runWith(options, words)).ran]) {
      expect(ran).toMatchObject({ code: 1, stderr: '' })
      expect(ran.stdout).not.toContain('hunter2')
    }
    const malformed = document.findings.filter(({ rule }) => rule === 'malformed')
    expect(malformed.map(({ url }) => url)).toContain('https://{{host}}/x')
  })

  test('one host in another spelling, and a TwiML Bin that is read with GET, are not reported', async () => {
    const values: Item[] = [
      { voice_url: 'https://bücher.example/a', sms_url: 'https://xn--bcher-kva.example/b' },
      { voice_url: 'https://[2001:db8:0::1]/a' },
      { voice_url: 'https://handler.twilio.com/twiml/EH1', voice_method: 'GET' },
      { voice_url: 'https://twimlets.com/forward?PhoneNumber=415', voice_method: 'GET' },
    ]
    const words = ['--public-url', 'https://xn--bcher-kva.example', '--public-url', 'https://[2001:DB8::1]']
    const { document } = await audit(createNumbers(values), words)
    expect(document.findings).toEqual([])
  })

  test('an item that moves to the next page while the list is read counts once', async () => {
    const numbers = ['1', '2', '2', '3'].map((digit) => createNumber(digit, { voice_url: `${origin}/${digit}` }))
    const { document } = await audit(createMain({ [numbersOf(main)]: numbers }))
    expect(document.webhooks.map(({ url }) => url.slice(-1))).toEqual(['1', '2', '3'])
  })

  test('Studio: revisions count once, what it fills in or sends to others is no fault, a redirect is yours', async () => {
    const toStates = (type: string, ...urls: readonly string[]) =>
      urls.map((url) => ({ type, properties: { url, method: 'GET' } }))
    const others = ['{{flow.variables.url}}', 'https://{{flow.variables.host}}/a', 'https://crm.example/contacts?b=1']
    const same = toStates('make-http-request', ...others)
    const draft = [...same, ...toStates('make-http-request', 'https://crm.example/draft')]
    const live = [...same, ...toStates('add-twiml-redirect', 'https://elsewhere.example/a')]
    const data = createFlow({ draft, live })
    const { document } = await audit(createMain(data), ['--public-url', origin])
    expect(document.webhooks.map(({ resource, url }) => [resource, url])).toEqual([
      ['studio-flows', '{{flow.variables.url}}'],
      ['studio-flows', 'https://{{flow.variables.host}}/a'],
      ['studio-flows', 'https://crm.example/contacts?b=***'],
      ['studio-flows', 'https://crm.example/draft'],
      ['studio-published', 'https://elsewhere.example/a'],
    ])
    expect(document.findings.map(({ rule }) => rule)).toEqual(['unknown_host', 'get'])
  })

  test('a fragment makes no other URL', async () => {
    const ofSub = { [numbersOf(sub1)]: [createNumber('2', { voice_url: `${origin}/shared` })] }
    const ofMain = { [numbersOf(main)]: [createNumber('1', { voice_url: `${origin}/shared#rc=2` })] }
    const accounts: FakeAccount[] = [
      { sid: main, authToken, data: ofMain },
      { sid: sub1, authToken: otherToken, owner: main, data: ofSub },
    ]
    const { document } = await audit({ accounts }, ['--public-url', origin])
    expect(document.findings.map(({ rule }) => rule)).toEqual(['shared_url', 'shared_url'])
  })

  const fiveNumbers = createNumbers([1, 2, 3, 4, 5].map((digit) => ({ voice_url: `${origin}/${digit}` })))
  const isSecondPage = (path: string, page: string | null): boolean => path.includes('/Incoming') && page === '1'

  test.each([403, 404, 401])('a %s in the middle of a list keeps the pages before it, and is named', async (status) => {
    const disturb: FakeOptions['disturb'] = ({ path, page }) => (isSecondPage(path, page) ? { status } : undefined)
    const { document } = await audit({ ...fiveNumbers, disturb }, ['--resource', 'phone-numbers'])
    expect(document.webhooks).toHaveLength(2)
    expect(document.notRead).toMatchObject([{ resource: 'phone-numbers', reason: expect.stringMatching(`^${status}`) }])
  })

  test('one part that cannot be read does not hide its neighbours', async () => {
    const services = ['1', '2', '3'].map((digit) => createItem('verify /v2/Services', { sid: sidOf(digit, 'VA') }))
    const data = Object.fromEntries(
      services.map(({ sid }) => {
        const key = `verify /v2/Services/${sid}/Webhooks`
        return [key, [createItem(key, { sid: `${sid}`, webhook_url: `${origin}/${sid}` })]]
      }),
    )
    const disturb: FakeOptions['disturb'] = ({ path }) =>
      path.includes(`${sidOf('2', 'VA')}/`) ? { status: 403 } : undefined
    const options = createMain({ ...data, 'verify /v2/Services': services })
    const { document } = await audit({ ...options, disturb }, ['--resource', 'verify-services'])
    expect(document.webhooks.map(({ url }) => url.slice(-1))).toEqual(['1', '3'])
    expect(document.notRead).toMatchObject([{ resource: 'verify-services', kind: 'refused' }])
  })

  test('pages that repeat end with a gap, and a Retry-After may be a date', async () => {
    let waits = 0
    let from = 0
    const disturb: FakeOptions['disturb'] = ({ path, number }) => {
      if (!path.includes('/Incoming')) return undefined
      // A date has whole seconds.
      if (++waits === 1) {
        from = Date.now()
        return { status: 429, headers: { 'retry-after': new Date(Date.now() + 3000).toUTCString() } }
      }
      if (waits === 2) from = Date.now() - from
      const [item] = [createNumber('1', { voice_url: `${origin}/a` })]
      return {
        status: 200,
        body: JSON.stringify({ incoming_phone_numbers: [item], next_page_uri: `${path}?Page=${number}` }),
      }
    }
    const { document } = await audit({ ...fiveNumbers, disturb }, ['--resource', 'phone-numbers'])
    expect(document.notRead).toMatchObject([{ kind: 'failed', reason: 'the pages of the list do not end' }])
    expect(from).toBeGreaterThan(1500)
  })

  test('the address of a next page may repeat the path of --api-url, and never leads to another host', async () => {
    const fake = await startFakeTwilio(fiveNumbers)
    const other = await listenForTest((_req, res) => void res.end('{}'))
    let reached = 0
    other.server.on('request', () => reached++)
    const between = await listenForTest(async (req, res) => {
      const answer = await fetch(new URL(req.url ?? '', fake.apiUrl), {
        headers: { authorization: `${req.headers.authorization}` },
      })
      const body = await answer.text()
      res.writeHead(answer.status).end(body.replace('"next_page_uri":"/', `"next_page_uri":"${other.origin}/api/`))
    })
    const words = ['audit', '--rate', '100', '--json', '--resource', 'phone-numbers']
    const env = { TWILIO_ACCOUNT_SID: main }
    const ran = await tollgate([...words, '--api-url', `${between.origin}/{product}`], { env })
    expect(readJson(ran)).toMatchObject({ notRead: [], webhooks: { length: 5 } })
    expect(reached).toBe(0)
    await fake.close()
  })

  // Twilio answers 401 to a key that is not a Main key.
  test.each([401, 403])(
    'an API key that gets %i for the list of accounts reads its own, and says so',
    async (status) => {
      const disturb: FakeOptions['disturb'] = ({ path }) => (path.endsWith('/Accounts.json') ? { status } : undefined)
      const { TWILIO_API_KEY: key, TWILIO_API_SECRET: secret } = apiKey.env
      const file = writeScratch(
        `TWILIO_ACCOUNT_SID=${main} # the main account\nexport TWILIO_API_KEY="${key}"\r\nTWILIO_API_SECRET=${secret}\n`,
      )
      const { ran, document } = await audit({ ...fiveNumbers, keys: apiKey.keys, disturb }, [
        '--credentials-file',
        file,
      ])
      expect(document).toMatchObject({
        accounts: [main],
        webhooks: { length: 5 },
        notRead: [{ resource: 'accounts', kind: 'refused' }],
      })
      expect(ran.code).toBe(0)
      expect(ran.stdout + ran.stderr).not.toContain(secret)
      const wrong = await audit(fiveNumbers, ['--credentials-file', file])
      expectUsage(wrong.ran, 'The list of accounts: 401')
    },
  )

  test('--baseline compares each URL of a place, and only what both audits were asked for', async () => {
    const withUrls = (...urls: string[]): FakeOptions => {
      const live = urls.map((url) => ({ type: 'make-http-request', properties: { url } }))
      const number = createNumber('1', { voice_url: `${origin}/number` })
      return createMain({ ...createFlow({ draft: live, live }), [numbersOf(main)]: [number] })
    }
    const before = await audit(withUrls('https://a.example/1', 'http://a.example/2', 'https://a.example/3'))
    const baseline = ['--baseline', writeScratch(before.ran.stdout)]
    const after = await audit(withUrls('http://a.example/9', 'http://a.example/2', 'https://a.example/3'), baseline)
    expect(after.document.changes).toMatchObject({
      added: [],
      removed: [],
      changed: [{ before: { url: 'https://a.example/1' }, after: { url: 'http://a.example/9' } }],
      newFindings: [{ rule: 'cleartext' }],
    })
    const some = await audit(withUrls(), [...baseline, '--resource', 'phone-numbers'])
    expect(some.document.changes).toMatchObject({ added: [], removed: [], changed: [], goneFindings: [] })
    const damaged = { ...before.document, findings: [{ places: null }] }
    for (const value of [null, { ...before.document, webhooks: [null] }, damaged])
      expectUsage(
        await tollgate(['audit', '--baseline', writeScratch(JSON.stringify(value))]),
        'not the output of tollgate audit --json',
      )
  })

  test('wrong credentials are wrong usage, and a silent API is unreachable', async () => {
    const { ran } = await audit(createMain({}), [], { TWILIO_AUTH_TOKEN: otherToken })
    expectUsage(ran, 'The list of accounts: 401')
    const env = { TWILIO_ACCOUNT_SID: main }
    const gone = await startFakeTwilio({ accounts: [] })
    await gone.close()
    const silent = await tollgate(['audit', '--api-url', gone.apiUrl], { env })
    expect(silent).toMatchObject({ code: 3, stderr: expect.stringContaining('no connection (ECONNREFUSED)') })
  })
})
