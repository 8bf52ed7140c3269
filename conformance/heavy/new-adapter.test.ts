import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Framework } from '../adapter/framework.ts'
import type { Reply, Scenario } from '../adapter/scenario.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { listen } from '../frameworks/listen.ts'
import { runSuites } from '../kit/suite.ts'

// Slow, because it compiles the new adapter.

// CONTRIBUTING says that a new adapter is one file and one line in entries.js. This test adds both
// to a copy of the library and changes nothing else.

const adapter = `
import type { IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import { runWork } from './shared/web.ts'

/** The options of \`twilioWebhook\`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S>

/** The context of the invented framework. */
export interface Context {
  readonly verb: string
  readonly target: string
  readonly fields: Readonly<Record<string, string | string[] | undefined>>
  readonly peer: string | undefined
  chunks(): AsyncIterable<Uint8Array>
}

/** Wraps a handler of the invented framework. */
export function twilioWebhook<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>>,
  handler: (webhook: Webhook<S>, context: Context) => Promise<FullAnswer>,
): (context: Context) => Promise<FullAnswer> {
  const guard = createGuard(options)
  return async (context) => {
    const { verb, target, fields, peer } = context
    const read = (): IncomingRequest => ({
      method: verb,
      url: target,
      headers: fields,
      body: context.chunks(),
      remoteAddress: peer,
    })
    const outcome = await guard.check(read, context)
    if (outcome.webhook === undefined) return outcome.answer
    const work = (): Promise<FullAnswer> => handler(outcome.webhook as Webhook<S>, context)
    return runWork(outcome, work, ({ status }) => status)
  }
}
`

/** The parts of the built adapter that the framework below uses. */
interface Built {
  twilioWebhook(
    options: Scenario['options'],
    handler: (webhook: Parameters<Scenario['handle']>[0]) => Promise<Reply>,
  ): (context: object) => Promise<Reply>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-new-adapter-'))
const library = join(scratch, 'packages/tollgate')
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

beforeAll(() => {
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'))
  for (const name of ['tsconfig.base.json', 'tools/exports.mjs', 'tools/name-authors.mjs', 'tools/run.mjs'])
    cpSync(join(root, name), join(scratch, name))
  for (const name of ['src', 'entries.js', 'package.json', 'tsconfig.json', 'tsconfig.core.json', 'tsdown.config.ts'])
    cpSync(join(root, 'packages/tollgate', name), join(library, name), { recursive: true })
  writeFileSync(join(library, 'src/adapters/invented.ts'), adapter)
  const list = join(library, 'entries.js')
  const line = "  './invented': 'src/adapters/invented.ts',\n"
  writeFileSync(list, readFileSync(list, 'utf8').replace("  './testing':", `${line}$&`))
  // This is `node tools/exports.mjs`.
  runProgram('tools/exports.mjs')
})

/** Runs a program in the copy. Throws if it fails, with its output. */
function runProgram(file: string, ...args: readonly string[]): void {
  execFileSync(process.execPath, [join(scratch, file), ...args], { cwd: library, stdio: 'pipe' })
}

test('a new adapter compiles, without the types of Node.js', { timeout: 180_000 }, () => {
  runProgram('node_modules/typescript/bin/tsc', '-p', 'tsconfig.core.json', '--noEmit')
})

test('a new adapter is built under its entry point and passes the adapter suite', { timeout: 180_000 }, async () => {
  runProgram('node_modules/tsdown/dist/run.mjs', '--no-dts')
  const entry = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')).exports['./invented'].import.node
  const { twilioWebhook } = (await import(join(library, entry))) as Built
  const framework: Framework = {
    name: 'an invented framework',
    start({ options, handle }) {
      const guarded = twilioWebhook(options, async (webhook) => handle(webhook))
      return listen(async (req, res) => {
        const context = {
          verb: req.method,
          target: req.url,
          fields: req.headers,
          peer: req.socket.remoteAddress,
          chunks: () => req.iterator({ destroyOnReturn: false }),
        }
        const failed = { status: 500, headers: {}, body: 'Internal Server Error' }
        const { status, headers, body } = await guarded(context).catch((): Reply => failed)
        if (!req.complete) res.setHeader('connection', 'close')
        res.writeHead(status, headers).end(body)
      })
    },
    paths: false,
    mounts: false,
    stacks: false,
    appBody: false,
    parsersBefore: {},
    parsersAfter: [],
    exceptions: {
      'a client that leaves before the answer: released once': 'the framework does not show it',
    },
  }
  // Many cases make a mistake in the options, which is logged.
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { passed, failures } = await runSuites(adapterSuites(framework))
  vi.restoreAllMocks()
  expect(failures).toEqual([])
  expect(passed).toBeGreaterThan(50)
})
