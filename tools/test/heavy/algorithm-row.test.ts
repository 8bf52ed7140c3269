import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../run.mjs'

// Slow, because it compiles a copy of the library.

// CONTRIBUTING promises that a new algorithm is one new row. This adds one to a copy of the
// library.
const row = "HMAC_SHA512: { hash: 'sha512', bytes: 64, blockBytes: 128 },"

const cache = join(root, 'node_modules/.cache/tollgate')
mkdirSync(cache, { recursive: true })
const copy = mkdtempSync(join(cache, 'algorithm-row-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

beforeAll(() => {
  const library = join(root, 'packages/tollgate')
  for (const part of ['src', 'tsconfig.json']) cpSync(join(library, part), join(copy, part), { recursive: true })
  const file = join(copy, 'src/schemes/twilio/sign/algorithms.ts')
  const source = readFileSync(file, 'utf8')
  const changed = source.replace(/\n(?=\} as const)/, `\n  ${row}\n`)
  expect(changed).not.toBe(source)
  writeFileSync(file, changed)
})

test('the library with one more row compiles', () => {
  const config = JSON.parse(readFileSync(join(copy, 'tsconfig.json'), 'utf8'))
  config.extends = join(root, 'tsconfig.base.json')
  config.compilerOptions.typeRoots = [join(root, 'node_modules/@types')]
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(config))
  execFileSync('npx', ['tsc', '--noEmit', '-p', copy], { cwd: root, stdio: 'pipe' })
}, 120_000)

/** Bundles an entry of the copy with one of the two providers of HMAC. */
async function load(entry: string, provider: 'node' | 'pure') {
  const outfile = join(copy, `${provider}-${entry.replaceAll('/', '-')}.mjs`)
  await build({
    entryPoints: [join(copy, 'src', entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    alias: { '#hmac': join(copy, `src/hmac/${provider}.ts`) },
    logLevel: 'error',
  })
  return import(pathToFileURL(outfile).href)
}

const origin = 'https://api.example.com'
const target = '/sms?x=1'
const body = 'Body=hi&From=%2B14155550142'
const text = `${origin}${target}BodyhiFrom+14155550142`

function forge(signature: string, algorithm: string) {
  return {
    method: 'POST',
    url: target,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signature,
      'x-twilio-webhooks-signature-settings': `key=key1,algorithm=${algorithm}`,
    },
    body,
  }
}

describe.each(['node', 'pure'] as const)('with the HMAC of %s', (provider) => {
  // Below, at and above the block sizes of 64 and 128 bytes, in ASCII and not.
  test.each([1, 63, 64, 65, 127, 128, 129, 300])('a key of %i characters verifies', async (length) => {
    const { createVerifier } = await load('index.ts', provider)
    for (const secret of ['k'.repeat(length), 'é'.repeat(length)]) {
      const { verify } = createVerifier({
        publicUrl: origin,
        sharedKeys: { key1: { secret, algorithm: 'HMAC_SHA512' } },
      })
      const sign = (hash: string) => createHmac(hash, secret).update(text).digest('base64')
      expect(await verify(forge(sign('sha512'), 'HMAC_SHA512'))).toMatchObject({
        ok: true,
        matched: { key: { kind: 'shared_key', id: 'key1' }, algorithm: 'HMAC_SHA512' },
      })
      expect(await verify(forge(sign('sha256'), 'HMAC_SHA256'))).toMatchObject({ code: 'algorithm_unsupported' })
      expect(await verify(forge(sign('sha256'), 'HMAC_SHA512'))).toMatchObject({ code: 'signature_malformed' })
      expect(await verify(forge(sign('sha512'), 'HMAC_SHA256'))).toMatchObject({ code: 'signature_malformed' })
      const other = createHmac('sha512', `${secret}x`).update(text).digest('base64')
      expect(await verify(forge(other, 'HMAC_SHA512'))).toMatchObject({ code: 'signature_mismatch' })
    }
  })

  test('a signature that is not canonical Base64 of 64 bytes is refused', async () => {
    const { createVerifier } = await load('index.ts', provider)
    const { verify } = createVerifier({
      publicUrl: origin,
      sharedKeys: { key1: { secret: 'secret', algorithm: 'HMAC_SHA512' } },
    })
    const right = createHmac('sha512', 'secret').update(text).digest('base64')
    for (const wrong of [right.replace(/.==$/, 'B=='), right.slice(0, -2), `${right}=`, right.slice(4)])
      expect(await verify(forge(wrong, 'HMAC_SHA512')), wrong).toMatchObject({ code: 'signature_malformed' })
  })
})
