import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { afterAll, expect, test } from 'vitest'
import config from '../../../.dependency-cruiser.mjs'
import { listFiles } from '../list-files.ts'

// It is here because it reads a library once for each rule, and the rules change rarely. `npm test` runs the rules
// themselves.
const root = fileURLToPath(new URL('../../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-arrows-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** The files that every case starts from: a library in which all arrows point inward. */
const sound = {
  'packages/tollgate/src/hmac/node.ts': "import { hash } from 'node:crypto'\nexport const sign = hash",
  'packages/tollgate/src/hmac/pure.ts': "import { hmac } from '@noble/hashes/hmac.js'\nexport const sign = hmac",
  'packages/tollgate/src/ecdsa/node.ts': "import { verify } from 'node:crypto'\nexport const check = verify",
  'packages/tollgate/src/schemes/twilio/sign/signature.ts':
    "import { sign } from '#hmac'\nexport const signature = sign",
  'packages/tollgate/src/verdict.ts': 'export type Verdict = boolean\nexport const rejections = {}',
  'packages/tollgate/src/checks/runtime.ts': 'export const bytes = 1',
  'packages/tollgate/src/verify/options.ts':
    "import { bytes } from '../checks/runtime.ts'\nexport const options = bytes",
  'packages/tollgate/src/verify/body.ts':
    "import { rejections } from '../verdict.ts'\nimport { signature } from '../schemes/twilio/sign/signature.ts'\nexport const body = [signature, rejections]",
  'packages/tollgate/src/verify/verifier.ts': "import { body } from './body.ts'\nexport const verify = body",
  'packages/tollgate/src/index.ts': "export { verify } from './verify/verifier.ts'",
  'packages/tollgate/src/keys/index.ts': "import type { Verdict } from '../index.ts'\nexport type Key = Verdict",
  'packages/tollgate/src/adapters/shared/node.ts':
    "import type { IncomingMessage } from 'node:http'\nexport type R = IncomingMessage",
  'packages/tollgate/src/adapters/express.ts':
    "import type { Request } from 'express'\nimport { verify } from '../index.ts'\nimport type { R } from './shared/node.ts'\nexport const guard: [Request, R, typeof verify] | undefined = undefined",
}

const cases: [rule: string, file: string, line: string][] = [
  ['no-cycles', 'packages/tollgate/src/verify/options.ts', "import './options-2.ts'"],
  ['no-cycles', 'packages/tollgate/src/verify/options.ts', "import type {} from './options-2.ts'"],
  ['hmac-stands-alone', 'packages/tollgate/src/hmac/node.ts', "import '../verify/options.ts'"],
  [
    'scheme-imports-only-hmac',
    'packages/tollgate/src/schemes/twilio/sign/form.ts',
    "import '../../../verify/options.ts'",
  ],
  [
    'scheme-imports-only-hmac',
    'packages/tollgate/src/schemes/twilio/sign/form.ts',
    "import type { Verdict } from '../../../verdict.ts'",
  ],
  ['scheme-imports-only-hmac', 'packages/tollgate/src/schemes/twilio/sign/form.ts', "import { sep } from 'node:path'"],
  [
    'verify-imports-only-what-is-inside',
    'packages/tollgate/src/verify/head.ts',
    "import type { Key } from '../keys/index.ts'",
  ],
  [
    'verify-imports-only-what-is-inside',
    'packages/tollgate/src/verify/head.ts',
    "import { verify } from '../index.ts'",
  ],
  ['checks-stand-alone', 'packages/tollgate/src/checks/options.ts', "import type { Verdict } from '../verdict.ts'"],
  ['verdict-imports-no-code', 'packages/tollgate/src/verdict.ts', "import './checks/runtime.ts'"],
  ['core-imports-no-add-on', 'packages/tollgate/src/verify/options.ts', "import type { Key } from '../keys/index.ts'"],
  ['core-imports-no-add-on', 'packages/tollgate/src/verify/options.ts', "import '../twiml.ts'"],
  ['core-imports-no-add-on', 'packages/tollgate/src/index.ts', "export { guard } from './adapters/express.ts'"],
  ['nothing-inside-imports-index', 'packages/tollgate/src/verify/options.ts', "import { verify } from '../index.ts'"],
  ['add-ons-import-no-adapter', 'packages/tollgate/src/compat/index.ts', "import '../adapters/express.ts'"],
  ['adapters-come-in-through-index', 'packages/tollgate/src/adapters/koa.ts', "import '../verify/verifier.ts'"],
  ['adapters-come-in-through-index', 'packages/tollgate/src/adapters/koa.ts', "import './express.ts'"],
  [
    'shared-adapter-code-comes-in-through-index',
    'packages/tollgate/src/adapters/shared/web.ts',
    "import '../../verify/body.ts'",
  ],
  ['adapters-import-frameworks-as-types', 'packages/tollgate/src/adapters/express.ts', "import express from 'express'"],
  ['core-has-one-dependency', 'packages/tollgate/src/keys/redis.ts', "import express from 'express'"],
  [
    'noble-only-in-the-pure-provider',
    'packages/tollgate/src/verify/options.ts',
    "import { sha1 } from '@noble/hashes/legacy.js'",
  ],
  ['node-only-where-node-is', 'packages/tollgate/src/verify/verifier.ts', "import { hash } from 'node:crypto'"],
  ['node-only-where-node-is', 'packages/tollgate/src/adapters/fetch.ts', "import { Readable } from 'node:stream'"],
  ['node-only-where-node-is', 'packages/tollgate/src/adapters/shared/web.ts', "import type { Socket } from 'node:net'"],
  ['hmac-provider-by-condition', 'packages/tollgate/src/verify/verifier.ts', "import { sign } from '../hmac/node.ts'"],
  ['ecdsa-stands-alone', 'packages/tollgate/src/ecdsa/node.ts', "import '../verify/options.ts'"],
  ['ecdsa-provider-by-condition', 'packages/tollgate/src/schemes/sendgrid/verifier.ts', "import '../../ecdsa/node.ts'"],
  ['shells-use-entry-points', 'packages/cli/src/index.ts', "import '../../tollgate/src/verify/verifier.ts'"],
  ['library-imports-no-shell', 'packages/tollgate/src/verify/options.ts', "import '../../../cli/src/run.ts'"],
  ['no-cycles', 'conformance/kit/forms.ts', "import './forms-2.ts'"],
  ['no-cycles', 'site/forms.ts', "import type {} from './forms-2.ts'"],
  ['packages-import-no-workshop', 'packages/cli/src/index.ts', "import '../../../tools/run.mjs'"],
  ['conformance-uses-what-ships', 'conformance/suite.ts', "import '../packages/tollgate/src/index.ts'"],
  ['examples-stand-alone', 'examples/koa/index.mjs', "import '../express/index.mjs'"],
  ['examples-stand-alone', 'examples/koa/index.mjs', "import '../../tools/run.mjs'"],
  ['everything-resolves', 'packages/tollgate/src/verify/options.ts', "import './missing.ts'"],
]

/** Returns the names of the rules that a library breaks. */
async function findBroken(files: Record<string, string>): Promise<string[]> {
  const project = mkdtempSync(join(scratch, 'case-'))
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  for (const [name, text] of Object.entries(files)) {
    const path = join(project, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
  }
  const { enhancedResolveOptions, ...options } = config.options ?? {}
  const { output } = await cruise(
    readdirSync(project).filter((name) => name !== 'node_modules'),
    { ...options, baseDir: project, validate: true, ruleSet: { forbidden: config.forbidden ?? [] } },
    enhancedResolveOptions,
  )
  const { violations } = (output as ICruiseResult).summary
  return violations.map((violation) => violation.rule.name)
}

test('a library in which all arrows point inward breaks no rule', async () => {
  expect(await findBroken(sound)).toEqual([])
})

test.each(cases)('%s: %s with %s', async (rule, file, line) => {
  const base: Record<string, string> = {
    ...sound,
    'packages/tollgate/src/verify/options-2.ts': "import './options.ts'",
    'packages/tollgate/src/twiml.ts': 'export const twiml = 1',
    'packages/cli/src/run.ts': 'export const run = 1',
    'conformance/kit/forms-2.ts': "import './forms.ts'",
    'site/forms-2.ts': "import './forms.ts'",
    'tools/run.mjs': 'export const run = 1',
    'examples/express/index.mjs': 'export const app = 1',
  }
  expect(await findBroken({ ...base, [file]: `${line}\n${base[file] ?? 'export {}'}` })).toContain(rule)
})

test('every rule has a case', () => {
  const rules = (config.forbidden ?? []).map((rule) => rule.name)
  expect([...new Set(cases.map(([rule]) => rule))].sort()).toEqual(rules.sort())
})

test('npm run deps covers every folder that has code', () => {
  const files = listFiles('*/*.ts', '*/*.mts', '*/*.mjs', '*/*.js', '*/*.tsx')
  const folders = new Set(files.map((file) => file.split('/')[0]))
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { deps: string } }
  expect(scripts.deps.split(' ').slice(3).sort()).toEqual([...folders].sort())
})
