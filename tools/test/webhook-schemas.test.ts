import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../run.mjs'
import { renderSchemas } from '../webhook-schemas.mjs'

test('packages/schemas/src/openapi.json is current (node tools/webhook-schemas.mjs)', async () => {
  expect(readFileSync(join(root, 'packages/schemas/src/openapi.json'), 'utf8')).toBe(await renderSchemas())
})
