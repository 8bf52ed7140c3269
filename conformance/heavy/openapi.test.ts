import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { installProject } from '../projects/prepare.mjs'

// Slow, because it installs a linter and a code generator, and compiles what that writes.

const file = fileURLToPath(new URL('../../packages/schemas/dist/openapi.json', import.meta.url))
const project = installProject('openapi')
const { resolve } = createRequire(join(project, 'package.json'))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-openapi-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Linter {
  createConfig(settings: object): Promise<object>
  lint(options: { ref: string; config: object }): Promise<readonly { ruleId: string; message: string }[]>
}

async function lint(ref: string): Promise<string[]> {
  const { createConfig, lint }: Linter = await import(pathToFileURL(resolve('@redocly/openapi-core')).href)
  const config = await createConfig({ extends: ['recommended-strict'] })
  return (await lint({ ref, config })).map(({ ruleId, message }) => `${ruleId}: ${message}`)
}

test('a linter finds nothing in the OpenAPI document, with its strictest rules', async () => {
  expect(await lint(file)).toEqual([])
  const broken = join(scratch, 'broken.json')
  writeFileSync(broken, JSON.stringify({ openapi: '3.1.0', info: { title: 'x' }, webhooks: {} }))
  expect(await lint(broken)).not.toEqual([])
})

const use = `
import type { components, webhooks } from './twilio.js'

type Message = components['schemas']['message.inbound']
type Body = webhooks['message.inbound']['post']['requestBody']['content']['application/x-www-form-urlencoded']
export function read(message: Message, body: Body): [string, string | undefined, 'received' | 'receiving'] {
  // @ts-expect-error A message that has a status is a status callback.
  const status: string = message.MessageStatus
  // @ts-expect-error It is sent only sometimes.
  const city: string = body.FromCity
  return [message.From + status + city, body.FromCity, message.SmsStatus]
}
`

test('openapi-typescript makes types of it that compile', () => {
  const run = (program: string, ...args: string[]) =>
    execFileSync(process.execPath, [join(project, 'node_modules', program), ...args], {
      encoding: 'utf8',
      cwd: scratch,
    })
  run('openapi-typescript/bin/cli.js', file, '-o', join(scratch, 'twilio.d.ts'))
  writeFileSync(join(scratch, 'use.ts'), use)
  const options = ['--noEmit', '--strict', '--module', 'node16', '--target', 'es2022', 'use.ts']
  expect(run('typescript/bin/tsc', ...options)).toBe('')
})
