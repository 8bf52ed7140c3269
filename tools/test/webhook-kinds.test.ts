import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../run.mjs'
import { renderKinds } from '../webhook-kinds.mjs'
import { renderSchemas } from '../webhook-schemas.mjs'

test.each([
  ['docs/webhook-kinds.md', renderKinds],
  ['packages/schemas/src/openapi.json', renderSchemas],
])('%s is current (node tools/webhook-schemas.mjs)', async (file, render) => {
  expect(readFileSync(join(root, file), 'utf8')).toBe(await render())
})

const row = `
  // A pigeon arrives at your dovecote.
  // https://www.twilio.com/docs/pigeons#arrival (2026-11)
  'pigeon.inbound': {
    rule: 'PigeonSid Landed=roof|garden* !Lost',
    neverRepeats: true,
    parameters: ['AccountSid PigeonSid Landed Weight?'],
  },
`

const sample = `
  'pigeon.inbound': { AccountSid: 'AC1', PigeonSid: 'PG1', Landed: 'garden wall', Weight: '300' },
`

const handler = `
import type { WebhookParams } from './src/index.ts'
import { isKind, type ParameterName } from './src/params/index.ts'
export function handle(params: WebhookParams): string {
  if (!isKind(params, 'pigeon.inbound')) return ''
  const weight: string | undefined = params.get('Weight')
  // @ts-expect-error Weight is sent only sometimes.
  const wrong: string = params.get('Weight')
  return params.get('PigeonSid') + weight + wrong
}
export const name: ParameterName<'pigeon.inbound'> = 'Landed'
`

interface Library {
  kindOf(params: ReadonlyMap<string, string>): string | undefined
  webhookKinds: readonly string[]
  sampleWebhook(kind: string): { method: string; params: [string, string][] }
  signRequest(input: object): { method: string; headers: Record<string, string>; body: string }
  createVerifier(options: object): {
    verify(request: object): Promise<{ ok: boolean; code?: string; delivery?: string }>
  }
  memoryStore(): object
  replayGuard(options: object): object
}

describe('an invented kind, added as one row with its sample', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tollgate-kinds-'))
  const library = join(scratch, 'packages/tollgate')
  const rows = join(library, 'src/schemes/twilio/webhooks/messaging.ts')
  const samples = join(library, 'src/schemes/twilio/webhooks/messaging.sample.ts')

  beforeAll(() => {
    for (const path of ['tsconfig.base.json', 'packages/tollgate/tsconfig.json', 'packages/tollgate/src'])
      cpSync(join(root, path), join(scratch, path), { recursive: true })
    for (const path of ['node_modules', 'packages/tollgate/node_modules'])
      symlinkSync(join(root, path), join(scratch, path))
    writeFileSync(join(library, 'handler.ts'), handler)
    const options = { types: [], paths: { '#hmac': ['./src/hmac/pure.ts'], '#ecdsa': ['./src/ecdsa/web.ts'] } }
    const files = ['src/testing/index.ts', 'src/replay/index.ts', 'handler.ts']
    const project = { extends: './tsconfig.json', compilerOptions: options, include: [], files }
    writeFileSync(join(library, 'tsconfig.scratch.json'), JSON.stringify(project))
    insert(rows, row)
  })
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  /** Adds a text at the end of the last object of a file. */
  function insert(path: string, text: string): void {
    const source = readFileSync(path, 'utf8')
    const end = source.lastIndexOf('}')
    writeFileSync(path, `${source.slice(0, end)}${text}${source.slice(end)}`)
  }

  function checkTypes(): string {
    try {
      const tsc = join(root, 'compiler/node_modules/typescript/bin/tsc')
      return execFileSync(process.execPath, [tsc, '-p', join(library, 'tsconfig.scratch.json')], { encoding: 'utf8' })
    } catch (error) {
      return String((error as { stdout: unknown }).stdout)
    }
  }

  async function load(): Promise<Library> {
    const contents = ['index', 'params/index', 'testing/index', 'replay/index']
      .map((name) => `export * from './src/${name}.ts'`)
      .join('\n')
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: library, loader: 'ts' },
      alias: { '#hmac': join(library, 'src/hmac/node.ts'), '#ecdsa': join(library, 'src/ecdsa/node.ts') },
      bundle: true,
      format: 'esm',
      platform: 'node',
      write: false,
    })
    return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? '').toString('base64')}`)
  }

  /** Sends the sample twice, and returns the second verdict. */
  async function sendTwice({ createVerifier, replayGuard, memoryStore, ...testing }: Library) {
    const key = { authToken: '0123456789abcdef0123456789abcdef' }
    const replay = replayGuard({ store: memoryStore(), whenRepeated: 'reject' })
    const { verify } = createVerifier({ ...key, publicUrl: 'https://example.com', replay })
    const { method, headers, body } = testing.signRequest({
      ...key,
      url: 'https://example.com/pigeon',
      ...testing.sampleWebhook('pigeon.inbound'),
    })
    const request = { method, url: '/pigeon', headers, body }
    expect(await verify(request)).toMatchObject({ ok: true, delivery: 'first' })
    return verify(request)
  }

  test('the compiler asks for its sample, and then the types know it', { timeout: 120_000 }, () => {
    expect(checkTypes()).toMatch(/messaging\.sample\.ts.*pigeon\.inbound/s)
    insert(samples, sample)
    expect(checkTypes()).toBe('')
  })

  test('kindOf recognises it, sampleWebhook makes it, and the replay guard follows its row', async () => {
    const made = await load()
    expect(made.webhookKinds).toContain('pigeon.inbound')
    const { method, params } = made.sampleWebhook('pigeon.inbound')
    expect([method, params.length]).toEqual(['POST', 4])
    const pairs = new Map(params)
    expect(made.kindOf(pairs)).toBe('pigeon.inbound')
    for (const [name, value] of [
      ['Landed', 'rooftop'],
      ['Lost', ''],
    ] as const)
      expect(made.kindOf(new Map([...pairs, [name, value]]))).toBeUndefined()
    expect(await sendTwice(made)).toMatchObject({ ok: false, code: 'replayed' })

    writeFileSync(rows, readFileSync(rows, 'utf8').replace(row, row.replace('    neverRepeats: true,\n', '')))
    expect(await sendTwice(await load())).toMatchObject({ ok: true, delivery: 'repeated' })
  })
})
