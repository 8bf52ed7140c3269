import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { entries } from '../../../packages/tollgate/entries.js'

// Slow, because it compiles a copy of the library and its shells.

// CONTRIBUTING says that a scheme is one folder and one line in the list. This test adds both to a
// copy of the repository and changes nothing else.

const root = fileURLToPath(new URL('../../..', import.meta.url))

const row = `
import { readOptions } from '../../checks/options.ts'
import { readEnvironment } from '../../checks/runtime.ts'
import { type AnyAccepted, type Rejected, reject } from '../../verdict.ts'
import { toJsonParser } from '../../verify/body.ts'
import { type Head, readSingle } from '../../verify/head.ts'
import type { Verifier } from '../../verify/types.ts'
import { createVerifierOf } from '../../verify/verifier.ts'
import type { Proof, SchemeCheck } from '../../verify/steps.ts'
import type { Scheme } from '../scheme.ts'

/** Options of the verifier. */
export interface AcmeOptions {
  readonly secret?: string | readonly string[] | undefined
  readonly maxBodyBytes?: number | undefined
}

interface AcmeAccepted extends AnyAccepted {
  readonly scheme: 'acme'
}

const options = {
  secret: { type: 'other' },
  maxBodyBytes: { type: 'integer', least: 0, default: 1_048_576 },
} as const

interface Content {
  readonly body: () => Uint8Array
  readonly rejection: Rejected | undefined
}

interface Settings {
  readonly given: AcmeOptions
  readonly secrets: readonly string[]
  readonly maxBodyBytes: number
}

interface Claim {
  readonly signature: Uint8Array<ArrayBuffer>
  readonly time: string
}

const check: SchemeCheck<{
  options: AcmeOptions
  settings: Settings
  claim: Claim
  url: undefined
  content: Content
  webhook: AcmeAccepted
  observed: never
}> = {
  name: 'acme',
  parseOptions(given) {
    const read = readOptions(given, options, 'the verifier of Acme')
    const secret = read.secret ?? readEnvironment('ACME_SECRET')
    if (secret === undefined) throw new TypeError('"secret" is missing: give it, or set ACME_SECRET')
    return { given: read, secrets: [secret].flat(), maxBodyBytes: read.maxBodyBytes }
  },
  readClaim({ header }: Head): Claim | Rejected {
    const signature = readSingle(header, 'acme-signature')
    const time = readSingle(header, 'acme-time')
    if (signature === undefined || time === undefined) return reject('signature_missing')
    if (signature === null || time === null) return reject('signature_malformed')
    if (!/^[0-9a-f]{128}$/.test(signature) || !/^\\d{10}$/.test(time)) return reject('signature_malformed')
    const bytes = Uint8Array.from(signature.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    return { signature: bytes, time }
  },
  resolveUrl: () => undefined,
  readContent(_head, _source, _url, borrowed) {
    const body = new Uint8Array(borrowed)
    return { body: () => body, rejection: undefined }
  },
  async prove({ settings, claim, content }): Promise<Proof<AcmeAccepted> | Rejected> {
    const message = join(claim.time, content.body())
    for (const [index, secret] of settings.secrets.entries())
      if (await crypto.subtle.verify('HMAC', await importKey(secret), claim.signature, message))
        return {
          toDelivery: () => ({ key: claim.time.padStart(64, '0'), handshake: false, neverRepeats: true }),
          toWebhook: (outcome) => ({
            ok: true,
            scheme: 'acme',
            covers: 'body',
            body: content.body(),
            json: toJsonParser(content.body),
            matched: { key: { kind: 'acme', index }, algorithm: 'HMAC_SHA512' },
            ...outcome,
          }),
        }
    return reject('signature_mismatch')
  },
}

function importKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-512' }
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign', 'verify'])
}

function join(time: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...new TextEncoder().encode(time), ...body])
}

/** An HMAC over the time and the body. */
export const acme: Scheme<AcmeOptions, AcmeAccepted> = {
  name: 'acme',
  title: 'Acme',
  headers: ['Acme-Signature', 'Acme-Time'],
  options,
  keys: { option: 'secret', variable: 'ACME_SECRET', flag: 'acme-secret', words: 'secret', isSecret: true },
  signsUrl: false,
  signsHandshakes: false,
  kinds: ['acme.parcel'],
  describeCoverage: () => 'the time and every byte of the body',
  createVerifier: (given): Verifier<AcmeAccepted | Rejected> => createVerifierOf(check, given),
  nameKey: ({ index = 0 }) => \`your secret number \${index + 1}\`,
  nameKind: () => 'acme.parcel',
  listSigned: ({ body = '' }) => [{ text: body, from: 'body' }],
  describe: () => ({ parcels: 1 }),
  async sign({ url, body = '{"parcel":1}', contentType = 'application/json', headers = {}, key = '' }) {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)
    const time = String(Math.floor(Date.now() / 1000))
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', await importKey(key), join(time, bytes)))
    const hex = Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('')
    const own = { 'acme-signature': hex, 'acme-time': time }
    return { method: 'POST', url, headers: { 'content-type': contentType, ...headers, ...own }, body: bytes }
  },
}

`

const secret = 'a-secret-of-thirty-two-characters'
const cache = join(root, 'node_modules/.cache/tollgate')
let scratch: string

interface Verdict {
  readonly scheme?: string
}
interface Request {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}
interface Made {
  getScheme(name: string): { createVerifier(options: object): { verify(request: object): Promise<Verdict> } }
  onNode(
    options: object,
    handler: (webhook: Verdict, req: unknown, res: { end(text: string): void }) => void,
  ): RequestListener
  createGateway(options: object): { listen(): Promise<{ url: string }>; close(options: object): Promise<void> }
  formatExchange(exchange: object): string
  run(argv: readonly string[], io: object): Promise<number>
}
let made: Made

beforeAll(async () => {
  mkdirSync(cache, { recursive: true })
  scratch = mkdtempSync(join(cache, 'invented-scheme-'))
  for (const name of ['tollgate', 'calls', 'gateway', 'inspector', 'cli'])
    for (const part of ['src', 'package.json', 'tsconfig.json'])
      cpSync(join(root, 'packages', name, part), join(scratch, 'packages', name, part), { recursive: true })
  cpSync(join(root, 'packages/cli/conform'), join(scratch, 'packages/cli/conform'), { recursive: true })
  const schemes = join(scratch, 'packages/tollgate/src/schemes')
  mkdirSync(join(schemes, 'acme'))
  writeFileSync(join(schemes, 'acme/row.ts'), row)
  const list = readFileSync(join(schemes, 'index.ts'), 'utf8')
  const longer = list
    .replace('typeof sendgrid]', 'typeof sendgrid, typeof acme]')
    .replace('twilio, sendgrid]', 'twilio, sendgrid, acme]')
  expect(longer.length).toBe(list.length + ', typeof acme'.length + ', acme'.length)
  writeFileSync(join(schemes, 'index.ts'), `import { acme } from './acme/row.ts'\n${longer}`)
  made = await load()
}, 120_000)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Bundles the copies of the library and the shells, which share one list of schemes. */
async function load(): Promise<Made> {
  const outfile = join(scratch, 'made.mjs')
  await build({
    stdin: {
      contents: `
        export { getScheme } from 'tollgate/internal'
        export { twilioWebhook as onNode } from 'tollgate/node'
        export { createGateway } from '@tollgate/gateway'
        export { formatExchange } from '@tollgate/inspector'
        export { run } from './packages/cli/src/run.ts'`,
      resolveDir: scratch,
      loader: 'ts',
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: [],
    mainFields: ['main'],
    plugins: [
      {
        name: 'copies',
        setup(plugins) {
          const library = (entry: string): string => join(scratch, 'packages/tollgate', entry)
          plugins.onResolve({ filter: /^tollgate(\/|$)/ }, ({ path }) => ({
            path: library(entries[path.replace('tollgate', '.') as keyof typeof entries]),
          }))
          plugins.onResolve({ filter: /^#(hmac|ecdsa)$/ }, ({ path }) => ({
            path: library(`src/${path.slice(1)}/node.ts`),
          }))
          plugins.onResolve({ filter: /^@tollgate\// }, ({ path }) => ({
            path: join(scratch, 'packages', path.slice('@tollgate/'.length), 'src/index.ts'),
          }))
          // Packages of others stay where they are, in the version of the one that imports them.
          plugins.onResolve({ filter: /^[^./#]/ }, async ({ path, kind, importer, pluginData }) => {
            if (kind === 'entry-point' || pluginData === 'resolving') return undefined
            const resolveDir = dirname(importer.replace(scratch, root))
            const { path: found, external } = await plugins.resolve(path, { kind, resolveDir, pluginData: 'resolving' })
            return { path: external ? path : pathToFileURL(found).href, external: true }
          })
        },
      },
    ],
  })
  return import(pathToFileURL(outfile).href)
}

/** Signs as the row does, with code of its own. */
function sign(body = '{"parcel":1}', key = secret): Request {
  const time = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha512', key)
    .update(time + body)
    .digest('hex')
  const headers = { 'content-type': 'application/json', 'acme-signature': signature, 'acme-time': time }
  return { method: 'POST', headers, body: Buffer.from(body) }
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const post = (url: string, { headers, body }: Request) =>
  fetch(`${url}/parcels`, { method: 'POST', headers, body: Buffer.from(body) })

/** Runs the command line in this process. */
async function runCommand(argv: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const io = { stdin: Readable.from([]), stdout, stderr, env: { ACME_SECRET: secret } }
  const code = await made.run(argv, io)
  stdout.end()
  stderr.end()
  return { code, stdout: await text(stdout), stderr: await text(stderr) }
}

test('the library with the row compiles', () => {
  const config = join(scratch, 'packages/tollgate/tsconfig.json')
  const { compilerOptions, ...rest } = JSON.parse(readFileSync(config, 'utf8'))
  const paths = { '#hmac': ['./src/hmac/node.ts'], '#ecdsa': ['./src/ecdsa/node.ts'] }
  const files = ['src/schemes/index.ts']
  const options = { ...compilerOptions, paths, typeRoots: [join(root, 'node_modules/@types')] }
  const extended = join(root, 'tsconfig.base.json')
  writeFileSync(config, JSON.stringify({ ...rest, extends: extended, compilerOptions: options, include: [], files }))
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', config], {
    stdio: 'pipe',
  })
}, 120_000)

test('the verifier accepts what Acme signed, and names the scheme', async () => {
  const { verify } = made.getScheme('acme').createVerifier({ secret: ['another-secret', secret] })
  const verdict = await verify({ ...sign(), url: '/' })
  expect(verdict).toMatchObject({ ok: true, scheme: 'acme', matched: { key: { kind: 'acme', index: 1 } } })
  expect(await verify({ ...sign('{}', 'x'), url: '/' })).toMatchObject({ scheme: 'acme', code: 'signature_mismatch' })
})

test('an adapter guards with it, over sockets', async () => {
  const verifier = made.getScheme('acme').createVerifier({ secret })
  const url = await listen(made.onNode({ verifier }, (webhook, _req, res) => res.end(webhook.scheme ?? '')))
  const answer = await post(url, sign())
  expect([answer.status, await answer.text()]).toEqual([200, 'acme'])
  expect((await post(url, sign('{}', 'wrong'))).status).toBe(403)
})

test('the gateway has a route for it, and `send` delivers to it', async () => {
  const received: unknown[] = []
  const lines: string[] = []
  const upstream = await listen((req, res) => {
    received.push(req.headers['tollgate-verified'])
    req.resume()
    res.end('ok')
  })
  const gateway = made.createGateway({
    listen: { port: 0 },
    routes: [{ scheme: 'acme', path: '/', upstream, secret }],
    onExchange: (exchange: object) => lines.push(made.formatExchange(exchange)),
  })
  const { url } = await gateway.listen()
  onTestFinished(() => gateway.close({ graceMs: 0 }))
  expect((await post(url, sign('{}', 'wrong'))).status).toBe(403)
  const sent = await runCommand(['send', 'acme.parcel', '--to', `${url}/parcels`, '--json'])
  expect(sent).toMatchObject({ code: 0, stderr: '' })
  expect(received).toEqual(['body'])
  expect(lines[1]).toMatch(/^POST \/parcels {2}acme\.parcel {2}accepted {2}200 by the application, \d+ ms$/)
})

test('`verify` recognises it by its headers', async () => {
  const path = join(scratch, 'request.txt')
  const write = ({ headers, body }: Request) =>
    writeFileSync(
      path,
      `POST /parcels HTTP/1.1\r\nHost: a.example\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n${Buffer.from(body)}`,
    )
  write(sign())
  const genuine = await runCommand(['verify', '--raw', path, '--json'])
  expect(genuine).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(genuine.stdout)).toEqual({
    genuine: true,
    covers: 'body',
    key: { kind: 'acme', index: 0 },
    parcels: 1,
  })
  write(sign('{}', 'wrong'))
  expect(await runCommand(['verify', '--raw', path])).toMatchObject({ code: 1 })
})

test('at most 12 source files outside its folder name SendGrid', () => {
  const packages = join(root, 'packages')
  const named = readdirSync(packages)
    .flatMap((name) =>
      readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(packages, name, 'src', file),
      ),
    )
    .filter((file) => /\.tsx?$/.test(file) && !/schemes[\\/]sendgrid[\\/]/.test(file))
    .filter((file) => /sendgrid/i.test(readFileSync(file, 'utf8')))
  expect(named.length, named.join('\n')).toBeLessThanOrEqual(12)
})
