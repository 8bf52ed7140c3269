import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { packLibrary } from '../../conformance/projects/prepare.mjs'
import { entries } from '../../packages/tollgate/entries.js'
import { install, makeScratch, root, runNode as start, writeProject } from './project.ts'

const scratch = makeScratch()

const verify = `
const token = '0123456789abcdef0123456789abcdef'
const url = 'https://example.com/sms'
const signed = signRequest({ url, params: { Body: 'Hello', From: '+14155550100' }, authToken: token })

async function main() {
  const verifier = createVerifier({ publicUrl: 'https://example.com', authToken: token })
  const request = { method: signed.method, url: '/sms', headers: signed.headers, body: signed.body }
  const verdict = await verifier.verify(request)
  const forged = await verifier.verify({ ...request, body: 'Body=Bye' })
  const signature = Object.entries(signed.headers).find(([name]) => name.toLowerCase() === 'x-twilio-signature')?.[1]
  const valid = new RequestValidator(token).validate(url, { Body: 'Hello', From: '+14155550100' }, signature)
  console.log(JSON.stringify([verdict.ok && verdict.covers, verdict.ok && verdict.params.get('Body'), forged.ok, valid]))
}

main()
`
const imports = `import { createVerifier, RequestValidator } from 'tollgate'\nimport { signRequest } from 'tollgate/testing'\n`
const requires = `const { createVerifier, RequestValidator } = require('tollgate')\nconst { signRequest } = require('tollgate/testing')\n`
const exported = ['RequestValidator', 'createVerifier', 'fromRequest']

const systems = [
  { type: 'module', run: `${imports}${verify}`, list: "import('tollgate')" },
  { type: 'commonjs', run: `${requires}${verify}`, list: "Promise.resolve(require('tollgate'))" },
] as const

/** Runs Node.js and returns its output. */
function runNode(args: readonly string[], cwd: string): string {
  const { code, output } = start(args, cwd)
  expect(code, output).toBe(0)
  return output
}

test('contains only the built files, the entry points, the README, the licence and the pages that rejections name', () => {
  const list = execFileSync('tar', ['-tzf', packLibrary()], { encoding: 'utf8' }).trim().split('\n')
  const packed = list.map((path) => path.replace('package/', ''))
  const others = packed.filter((path) => !path.startsWith('dist/'))
  const pages = readdirSync(join(root, 'docs/codes')).map((name) => `docs/codes/${name}`)
  const subpaths = Object.keys(entries).filter((subpath) => subpath !== '.')
  const folders = subpaths.map((subpath) => `${subpath.slice(2)}/package.json`)
  expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json', ...folders, ...pages].sort())
  const built = packed.filter((path) => path.startsWith('dist/'))
  expect(built.filter((path) => !/\.(js|cjs|d\.ts|d\.cts)$/.test(path))).toEqual([])
})

describe.each(systems)('in an empty project of type $type', ({ type, run, list }) => {
  const project = join(scratch, type)

  beforeAll(() => {
    // TypeScript reads check.ts as ESM or CommonJS by the project's type, so it covers both sides of `exports`.
    writeProject(project, { name: 'consumer', type }, { 'run.js': run, 'check.ts': `${imports}${verify}` })
    install(project, packLibrary())
  })

  test.each([
    ['node16', 'node16'],
    ['bundler', 'esnext'],
  ])('typechecks with moduleResolution %s', (moduleResolution, module) => {
    const config = join(project, `tsconfig.${moduleResolution}.json`)
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2022',
      lib: ['es2023', 'dom'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: [],
    }
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['check.ts'] }))
    expect(runNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', config], project)).toBe('')
  })

  test('signs a request and verifies it', () => {
    expect(JSON.parse(runNode(['run.js'], project))).toEqual(['params', 'Hello', false, true])
  })

  test('exports its public names and no others', () => {
    const program = `${list}.then((names) => console.log(JSON.stringify(Object.keys(names).sort())))`
    expect(JSON.parse(runNode(['--eval', program], project))).toEqual(exported)
  })

  test('has a pure HMAC provider with the same results as Node.js', () => {
    const native = createHmac('sha1', 'key').update('text').digest('base64')
    const program = `
      const { createRequire } = require('node:module')
      const path = require('node:path')
      const directory = path.dirname(createRequire(process.cwd() + '/x.js').resolve('tollgate/package.json'))
      const file = path.join(directory, 'dist/hmac/pure.${type === 'module' ? 'js' : 'cjs'}')
      import('file://' + file).then((hmac) => console.log(hmac.createHmac({ hash: 'sha1' }, 'key')('text')))`
    expect(runNode(['--input-type=commonjs', '--eval', program], project).trim()).toBe(native)
  })
})
