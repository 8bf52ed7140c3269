import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { twilioWebhook as fetchWebhook } from '../src/adapters/fetch.ts'
import { twilioWebhook as nodeMiddleware } from '../src/adapters/koa.ts'
import { sharedVerifierOptions } from '../src/adapters/shared/guard.ts'
import { pathOptions } from '../src/adapters/shared/path-guard.ts'
import { webSocketOptions } from '../src/adapters/shared/web-socket.ts'
import type { OptionRow, OptionTable } from '../src/checks/options.ts'
import { webhook } from '../src/compat/index.ts'
import { webhookOptions } from '../src/compat/webhook.ts'
import { diagnose } from '../src/diagnose/index.ts'
import { diagnoseOptions } from '../src/diagnose/options.ts'
import { createVerifier, fromRequest } from '../src/index.ts'
import * as shared from '../src/internal.ts'
import { pickOptions, readOptions } from '../src/internal.ts'
import { fileKeysOptions } from '../src/keys/file.ts'
import { cached, fileKeys, twilioAccountTokens } from '../src/keys/index.ts'
import { memoryStore, redisStore, replayGuard } from '../src/replay/index.ts'
import { memoryStoreOptions } from '../src/replay/memory-store.ts'
import { redisStoreOptions } from '../src/replay/redis-store.ts'
import { diagnoseSendGrid, sendGridDiagnoseOptions } from '../src/schemes/sendgrid/diagnose.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { signSendGridRequest, signSendGridRequestInput } from '../src/schemes/sendgrid/test-request.ts'
import { sendGridVerifierOptions } from '../src/schemes/sendgrid/verifier.ts'
import { streamTickets } from '../src/stream/index.ts'
import { streamTicketsOptions } from '../src/stream/tickets.ts'
import { signRequest, testServer } from '../src/testing/index.ts'
import { signRequestInput } from '../src/testing/sign-request.ts'
import { testServerOptions } from '../src/testing/test-server.ts'
import { fromRequestOptions } from '../src/verify/forwarded.ts'

type Table = Readonly<Record<string, OptionRow>>
type Options = Readonly<Record<string, unknown>>

interface Bag {
  readonly table: Table
  /** The function that reads the options. */
  read(options: never): unknown
  /** The options that it needs. */
  readonly base?: Options
  /** Options that take any value, or whose fault only a request shows. */
  readonly anything?: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'tollgate-options-'))
afterAll(() => rmSync(folder, { recursive: true }))
const accountSid = `AC${'0'.repeat(32)}`
const authToken = randomBytes(16).toString('hex')
const keyFile = join(folder, 'keys.json')
writeFileSync(keyFile, JSON.stringify({ accounts: { [accountSid]: authToken } }), { mode: 0o600 })

const base = { publicUrl: 'https://example.com', authToken }
const { publicKey } = await signSendGridRequest()
const request = { method: 'GET', url: '/sms', headers: {} }
const tables = { ...shared, sendGridVerifierOptions }
const adapter = { ...sharedVerifierOptions, ...tables.verifierOptions }
const { defaultAccountSid: _, ...cacheOptions } = tables.cachedOptions

/** Every bag of options of the library. A table that is missing here fails a test below. */
const bags: Readonly<Record<string, Bag>> = {
  createVerifier: { table: tables.verifierOptions, read: createVerifier, base },
  createSendGridVerifier: { table: tables.sendGridVerifierOptions, read: createSendGridVerifier, base: { publicKey } },
  fromRequest: { table: fromRequestOptions, read: fromRequest, base: { allowedHosts: ['example.com'] } },
  replayGuard: { table: tables.replayGuardOptions, read: replayGuard, base: { store: memoryStore() } },
  memoryStore: { table: memoryStoreOptions, read: memoryStore },
  streamTickets: { table: streamTicketsOptions, read: streamTickets, base: { secret: authToken } },
  redisStore: {
    table: redisStoreOptions,
    read: (options: never) => redisStore({ sendCommand: async () => null }, options),
  },
  cached: { table: tables.cachedOptions, read: (options: never) => cached(() => undefined, options) },
  twilioAccountTokens: {
    table: { ...cacheOptions, ...tables.twilioAccountTokensOptions },
    read: twilioAccountTokens,
    base: { accountSid, authToken },
  },
  fileKeys: { table: fileKeysOptions, read: (options: never) => fileKeys(keyFile, options).close() },
  webhook: { table: webhookOptions, read: (options: never) => webhook(options), base: { authToken } },
  signRequest: {
    table: signRequestInput,
    read: signRequest,
    base: { url: 'https://example.com/sms', authToken },
    anything: ['json', 'params'],
  },
  signSendGridRequest: { table: signSendGridRequestInput, read: signSendGridRequest },
  testServer: {
    table: testServerOptions,
    read: (options: never) => testServer(() => () => new Response(), options),
  },
  diagnose: { table: diagnoseOptions, read: (options: never) => diagnose(request, options), base },
  diagnoseSendGrid: {
    table: sendGridDiagnoseOptions,
    read: (options: never) => diagnoseSendGrid(request, options),
    base: { publicKey },
  },
  'an adapter with paths': { table: { ...adapter, ...pathOptions }, read: nodeMiddleware, base },
  'an adapter with webSocket': {
    table: { ...adapter, ...webSocketOptions },
    read: (options: never) => fetchWebhook(options, () => new Response()),
    base,
  },
}

/** Values of a wrong type, or outside the limits. */
function listWrong(row: OptionRow): readonly unknown[] {
  if (row.type === 'integer') {
    const { least, most = Number.MAX_SAFE_INTEGER } = row
    const { NaN: none, NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number
    return ['1', true, null, {}, least - 1, least + 0.5, most + 1, none, NEGATIVE_INFINITY, POSITIVE_INFINITY]
  }
  if (row.type === 'boolean') return ['true', 0, 1, null]
  if (row.type === 'string') return [1, true, null, []]
  if (row.type === 'strings') return ['one', [1], [null], {}, null]
  if (row.type === 'record') return ['one', [], { one: 1 }, null, true]
  if (row.type === 'choice')
    return ['other', row.choices, true, null, '', ...row.choices.map((one) => one.toUpperCase())]
  if (row.type === 'function') return ['function', {}, true, null]
  if (row.type === 'object') return [{}, 'object', true, null]
  return [7n]
}

function listRight(row: OptionRow): readonly unknown[] {
  if (row.type === 'integer') return [row.least, row.least + 1, row.most ?? Number.MAX_SAFE_INTEGER]
  if (row.type === 'choice') return row.choices
  return row.default === undefined ? [] : [row.default]
}

async function errorOf({ read }: Bag, options: Options): Promise<unknown> {
  try {
    await read(options as never)
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(Object.entries(bags))('%s', (_where, bag) => {
  const { table, base = {}, anything = [] } = bag

  test('takes what it needs, and nothing else that is undefined', async () => {
    const nothing = Object.fromEntries(Object.keys(table).map((name) => [name, undefined]))
    expect(await errorOf(bag, { ...nothing, ...base })).toBeUndefined()
  })

  test.each(Object.entries(table))('%s', async (name, row) => {
    for (const value of anything.includes(name) ? [] : listWrong(row)) {
      const error = await errorOf(bag, { ...base, [name]: value })
      const shown = `${String(value)}: ${error}`
      expect(error instanceof TypeError || error instanceof RangeError, shown).toBe(true)
      expect(error instanceof RangeError, shown).toBe(row.type === 'integer' && typeof value === 'number')
      expect(String(error), shown).toContain(`"${name}`)
    }
    for (const value of listRight(row))
      expect(await errorOf(bag, { ...base, [name]: value, ...needs[name] }), String(value)).toBeUndefined()
    if (row.required) expect(String(await errorOf(bag, { ...base, [name]: undefined }))).toContain(`"${name}`)
  })

  test.each(Object.keys(table))('a misspelled %s is refused with the right name', async (name) => {
    for (const wrong of [`${name}x`, name.toUpperCase()]) {
      const error = await errorOf(bag, { ...base, [wrong]: undefined })
      expect(error, wrong).toBeInstanceOf(TypeError)
      expect(String(error)).toMatch(new RegExp(`Unknown option "${wrong}" of .*\\. Did you mean "${name}"\\?`))
    }
  })

  test('a name that is no name is not shown', async () => {
    expect(String(await errorOf(bag, { ...base, [authToken]: true }))).not.toContain(authToken)
  })
})

/** Options that are allowed only beside another. */
const needs: Readonly<Record<string, Options>> = {
  forwardedBy: { trustedProxies: 'loopback' },
}

test('every table of tollgate/internal is here', () => {
  const known = Object.values(bags).flatMap(({ table }) => Object.values(table))
  for (const [name, table] of Object.entries(tables))
    if (name.endsWith('Options') && typeof table === 'object' && table !== null)
      expect(
        Object.values(table).filter((row) => !known.includes(row)),
        name,
      ).toEqual([])
})

test('a polluted prototype gives no default', () => {
  const prototype = Object.prototype as { default?: unknown }
  prototype.default = 'polluted'
  try {
    const table = { name: { type: 'other' } } as const
    expect(readOptions<{ name?: string }, typeof table>({}, table, 'it')).toEqual({ name: undefined })
  } finally {
    delete prototype.default
  }
})

test('the compiler compares a table with its interface', () => {
  interface Example {
    readonly size?: number | undefined
    readonly mode?: 'on' | 'off' | undefined
    readonly store: object
  }
  const size = { type: 'integer', least: 1, default: 5 } as const
  const mode = { type: 'choice', choices: ['on', 'off'] } as const
  const store = { type: 'other', required: true } as const
  const right = { size, mode, store }
  right satisfies OptionTable<Example>
  const given: Example = { store: {} }
  const read: number = readOptions(given, right, 'it').size
  expect(read).toBe(5)
  const missing = { size, mode }
  // @ts-expect-error: the table has no "store"
  expect(() => readOptions(given, missing, 'it')).toThrow('"store"')
  // @ts-expect-error: the interface has no "more"
  expect(readOptions(given, { ...right, more: size }, 'it')).toHaveProperty('more')
  // @ts-expect-error: the option is a number
  pickOptions(given, { ...right, size: { type: 'boolean' } as const })
  // @ts-expect-error: the interface does not require it
  expect(() => pickOptions(given, { ...right, size: { ...size, required: true } as const })).toThrow()
  // @ts-expect-error: the default is a number
  pickOptions(given, { ...right, size: { ...size, default: '5' } as const })
  // @ts-expect-error: one choice is missing
  pickOptions(given, { ...right, mode: { type: 'choice', choices: ['on'] } as const })
  // @ts-expect-error: one choice is wrong
  pickOptions(given, { ...right, mode: { type: 'choice', choices: ['on', 'of'] } as const })
})
