import { Readable, Writable } from 'node:stream'
import type { IncomingRequest, RejectedRequest, VerifierOptions } from 'tollgate'
import { readRequests } from 'tollgate/requests'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { causes, others } from '../../../../conformance/field/expected.ts'
import { families, runSetUp } from '../../../../conformance/field/run.ts'
import { defaults, type SetUp } from '../../../../conformance/field/set-up.ts'
import { otherToken, sharedKey, sms, token } from '../../../../conformance/kit/draft.ts'
import { hashHex } from '../../../../conformance/kit/sign.ts'
import { run } from '../../src/run.ts'
import { createTwilioApi } from '../../src/twilio-api/client.ts'
import { type Comparison, compareSent, type ServerOptions } from '../../src/twilio-api/compare.ts'
import { readAlert } from '../../src/twilio-api/sent.ts'
import { writeScratch } from '../support.ts'
import { createItem, type Item, startFakeTwilio } from '../twilio-api/fake.ts'

const alertSid = `NO${'1'.repeat(32)}`
const accountSid = `AC${'1'.repeat(32)}`
const apiKey = { sid: `SK${'1'.repeat(32)}`, secret: 'the-secret-of-an-api-key' }
const data: Record<string, Item> = {}
const fake = await startFakeTwilio({
  accounts: [{ sid: accountSid, authToken: 'f'.repeat(32), data }],
  keys: { [apiKey.sid]: { secret: apiKey.secret, account: accountSid } },
})
afterAll(() => fake.close())

/** Puts the webhook of a set-up into Twilio's record, which has no signature. */
async function recordAlert({ sent }: SetUp): Promise<void> {
  const { url, method = 'POST', json } = sent
  const params = sent.params ?? (json === undefined && method !== 'GET' ? sms : [])
  const bound = json === undefined ? url : `${url}${url.includes('?') ? '&' : '?'}bodySHA256=${await hashHex(json)}`
  data[`monitor /v1/Alerts/${alertSid}`] = createItem('monitor /v1/Alerts/{Sid}', {
    sid: alertSid,
    error_code: '11200',
    request_method: method,
    request_url: bound,
    request_variables: new URLSearchParams(params.map(([name, value]) => [name, value])).toString(),
  })
}

/** The request as the application could write it to a file. */
interface Seen extends Omit<IncomingRequest, 'body'> {
  readonly body?: Uint8Array | Readonly<Record<string, unknown>> | undefined
}

/** Runs a set-up, and returns the request as the verifier saw it. */
async function record(setUp: SetUp): Promise<Seen> {
  let rejected: RejectedRequest | undefined
  let accepted: Seen | undefined
  const diagnose = {
    explain(one: RejectedRequest) {
      rejected = one
    },
  }
  const onVerdict: VerifierOptions['onVerdict'] = (verdict, request) => {
    if (verdict.ok) accepted = { ...request, body: verdict.body }
  }
  const { arrived } = await runSetUp(setUp, { options: { diagnose, onVerdict } })
  if (accepted !== undefined) return accepted
  if (rejected === undefined) throw new Error(`${setUp.id} was not verified`)
  const { request, rejection, native } = rejected
  const { body, ...rest } = request
  if (body instanceof Uint8Array) return { ...rest, body }
  // A parser kept an object, or nothing is left. Before that, the bytes are those of the
  // connection.
  const lost = rejection.code === 'body_already_consumed'
  return { ...rest, body: lost ? findParsed(native) : readBody(arrived) }
}

function readBody(arrived: Uint8Array): Uint8Array | undefined {
  const [request] = readRequests(arrived, { form: 'raw' }).requests
  if (request === undefined || request instanceof Error) throw request ?? new Error('There is no request')
  return request.body
}

function findParsed(native: unknown): Seen['body'] {
  const { body, request }: { body?: unknown; request?: { body?: unknown } } = Object(native)
  const parsed = body ?? request?.body
  const isPlain = typeof parsed === 'object' && parsed !== null && Object.keys(parsed).length > 0
  return isPlain && Object.getPrototypeOf(parsed) !== ReadableStream.prototype
    ? (parsed as Record<string, unknown>)
    : undefined
}

/** The options of the server, and the keys that a user would give. */
async function readServer({ options }: SetUp): Promise<ServerOptions> {
  const all = { ...defaults, ...options }
  const [[id, key] = []] = all.sharedKeys instanceof Map ? all.sharedKeys : Object.entries(all.sharedKeys ?? {})
  const secret = typeof key === 'string' ? key : key?.secret
  return {
    options: all,
    tokens: await listTokens(all.authToken),
    sharedKey: id === undefined || secret === undefined ? undefined : { id, secret },
  }
}

async function listTokens(given: VerifierOptions['authToken']): Promise<readonly string[]> {
  try {
    const found = typeof given === 'function' ? await given({ url: '', method: '' }) : given
    const listed = found instanceof Map ? [...found.values()] : typeof found === 'object' ? Object.values(found) : found
    return [listed ?? []].flat(2) as string[]
  } catch {
    return []
  }
}

interface Recorded {
  readonly setUp: SetUp
  readonly seen: Seen
}

interface Judged extends Recorded {
  readonly comparison: Comparison
  readonly isExact: boolean
}

function isNamed(setUp: SetUp, found: readonly { readonly id: string }[]): boolean {
  const expected = 'works' in setUp ? [[]] : [causes[setUp.cause], others[setUp.id]].filter((one) => one !== undefined)
  const ids = found.map(({ id }) => id).sort()
  return expected.some((one) => [...one].sort().join() === ids.join())
}

async function judge({ setUp, seen }: Recorded): Promise<Judged> {
  await recordAlert(setUp)
  const credentials = { accountSid, username: apiKey.sid, password: apiKey.secret }
  const urlOf = (product: string): string => fake.apiUrl.replace('{product}', product)
  const sent = await readAlert(createTwilioApi({ credentials, urlOf, requestsPerSecond: 1000 }), alertSid)
  const comparison = await compareSent(sent, seen as Parameters<typeof compareSent>[1], await readServer(setUp))
  return { setUp, seen, comparison, isExact: isNamed(setUp, comparison.causes) }
}

/** The record of a server that logs neither the signature nor the headers of the client. */
function withoutSignature({ setUp, seen }: Recorded): Recorded {
  const headers = Object.entries(toRecord(seen.headers)).filter(([name]) =>
    /^(host|content-|x-forwarded|forwarded)/.test(name),
  )
  return { setUp, seen: { ...seen, headers: Object.fromEntries(headers) } }
}

function toRecord(headers: IncomingRequest['headers']): Exclude<IncomingRequest['headers'], Headers> {
  return headers instanceof Headers ? Object.fromEntries(headers) : headers
}

// What the signature alone shows.
const aboutKeys = /^(token|shared_key|algorithm|signature|key_lookup|account)/
function isAboutKeys({ setUp }: Recorded): boolean {
  return !('works' in setUp) && (causes[setUp.cause] ?? []).some((id) => aboutKeys.test(id))
}

const show = (list: readonly Judged[]): string =>
  list
    .map(({ setUp, comparison: { causes: found, unexplained, isGenuine, signedBy } }) => {
      const cause = 'works' in setUp ? 'works' : setUp.cause
      const differences = unexplained.map(({ what, name }) => `${what}${name === undefined ? '' : ` ${name}`}`)
      return `${setUp.id} (${cause}): ${found.map(({ id }) => id).join(' + ') || 'nothing'}; different: ${differences.join(', ') || 'nothing'}; genuine: ${isGenuine}; ${signedBy}`
    })
    .join('\n')

describe('what Twilio sent, compared with what servers in the field saw', () => {
  const recorded: Recorded[] = []
  beforeAll(async () => {
    for (const setUp of Object.values(families).flat()) recorded.push({ setUp, seen: await record(setUp) })
  }, 600_000)

  const measures = [
    { name: 'a request with its signature', pick: () => recorded },
    {
      name: 'a log entry without the signature',
      pick: () => recorded.filter((one) => !isAboutKeys(one)).map(withoutSignature),
    },
  ]
  test.each(measures)(
    '$name: at least 95 % of the broken set-ups are named exactly',
    async ({ pick }) => {
      const judged: Judged[] = []
      for (const one of pick()) judged.push(await judge(one))
      const broken = judged.filter(({ setUp }) => !('works' in setUp))
      const misses = broken.filter(({ isExact }) => !isExact)
      console.log(`${broken.length - misses.length} of ${broken.length} exact\n${show(misses)}`)
      expect(1 - misses.length / broken.length, show(misses)).toBeGreaterThanOrEqual(0.95)
      expect(show(judged.filter(({ setUp, comparison }) => 'works' in setUp && !comparison.isGenuine))).toBe('')
    },
    240_000,
  )

  test('the command names them from a capture, with what was sent and seen beside each other', async () => {
    const outcomes: { readonly setUp: SetUp; readonly output: string; readonly isExact: boolean }[] = []
    for (const { setUp, seen } of recorded) {
      const flags = 'works' in setUp ? undefined : writeFlags(setUp)
      if (flags === undefined) continue
      await recordAlert(setUp)
      const output = await runCommand(['diagnose', '--alert', alertSid, '--capture', writeCapture(seen), ...flags])
      const certain = /^Certain, .*\n([\s\S]*?)^Fix:/m.exec(output)?.[1] ?? ''
      const named = [...certain.matchAll(/^ {2}(\w+) /gm)].map(([, id = '']) => ({ id }))
      outcomes.push({ setUp, output, isExact: isNamed(setUp, named) })
      for (const text of listHidden(setUp)) expect(output, setUp.id).not.toContain(text)
      expect(output, setUp.id).toMatch(/^ {2}sent {2}\w+ http.*\n {2}seen {2}\w+ \S/m)
      expect(output, setUp.id).not.toContain('Nothing differs')
    }
    const misses = outcomes.filter(({ isExact }) => !isExact)
    const shown = misses.map(({ setUp, output }) => `${setUp.id}\n${output}`).join('\n')
    console.log(`${outcomes.length - misses.length} of ${outcomes.length} exact by the command\n${shown}`)
    expect(outcomes.length).toBeGreaterThan(140)
    expect(1 - misses.length / outcomes.length, shown).toBeGreaterThanOrEqual(0.95)
  }, 600_000)
})

/**
 * Writes the options of a server as flags. `undefined` if the command has no flag for one of them.
 */
function writeFlags({ options = {} }: SetUp): readonly string[] | undefined {
  const { publicUrl, authToken, sharedKeys, allowedAccounts, trailingSlash, ...others } = { ...defaults, ...options }
  const tokens = [authToken].flat()
  const keys = Object.entries(sharedKeys ?? {})
  const areTexts = [publicUrl, ...tokens, ...keys.map(([, key]) => key)].every((one) => typeof one === 'string')
  const areListed = sharedKeys instanceof Map || keys.length > 1 || Object.keys(others).length > 0
  if (!areTexts || areListed) return undefined
  const [[id, secret] = []] = keys
  return [
    ...['--public-url', String(publicUrl), '--auth-token-file', writeScratch(tokens.join('\n'))],
    ...(id === undefined ? [] : ['--shared-key', id, '--shared-key-file', writeScratch(String(secret))]),
    ...[allowedAccounts ?? []].flat().flatMap((sid) => ['--allowed-account', sid]),
    ...(trailingSlash === undefined ? [] : ['--trailing-slash', trailingSlash]),
  ]
}

function writeCapture({ method, url, headers, body }: Seen): string {
  const fields = Object.fromEntries(Object.entries(toRecord(headers)).filter(([, value]) => value !== undefined))
  const base64 = body instanceof Uint8Array ? { bodyBase64: Buffer.from(body).toString('base64') } : { body }
  return writeScratch(JSON.stringify({ method, url, headers: fields, ...base64 }))
}

async function runCommand(words: readonly string[]): Promise<string> {
  let output = ''
  const write = (): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        output += chunk
        done()
      },
    })
  const env = { TWILIO_ACCOUNT_SID: accountSid, TWILIO_API_KEY: apiKey.sid, TWILIO_API_SECRET: apiKey.secret }
  await run([...words, '--api-url', fake.apiUrl], { stdin: Readable.from([]), stdout: write(), stderr: write(), env })
  return output
}

/** Secrets, and what people wrote. */
function listHidden({ sent, options }: SetUp): readonly string[] {
  const texts = (sent.params ?? sms).filter(([name]) => name === 'Body').map(([, value]) => value.trim())
  const words = [...(sent.json ?? '').matchAll(/"(?:Body|type)": ?"([^"]+)"/g)].map(([, value = '']) => value)
  const secrets = [token, otherToken, apiKey.secret, sharedKey.secret, options?.authToken].filter(
    (one) => typeof one === 'string',
  )
  return [...texts, ...words, ...secrets].filter((one) => one !== '')
}
