import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../run.mjs'

const names = ['tollgate', 'gateway', 'inspector', 'cli', 'codemod']

test('the manifests have the links of release.json, or none', () => {
  const { repository } = JSON.parse(readFileSync(join(root, 'release.json'), 'utf8'))
  for (const name of names) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    expect(manifest.repository?.url).toBe(repository === '' ? undefined : `git+${repository}.git`)
  }
})

const workflows = join(root, '.github/workflows')

test.each(readdirSync(workflows))(
  '.github/workflows/%s pins its actions and gives each job only what it needs',
  (name) => {
    const text = readFileSync(join(workflows, name), 'utf8')
    expect(text).toMatch(/^permissions: \{\}$/m)
    const [, jobs = ''] = text.split(/^jobs:$/m)
    const blocks = jobs.split(/^ {2}(?=[\w-]+:$)/m).slice(1)
    expect(blocks).not.toEqual([])
    for (const block of blocks) {
      expect(block).toMatch(/^ {4}permissions:\n {6}contents: read$/m)
      expect(block).not.toContain('contents: write')
    }
    const used = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action)
    expect(used.filter((action) => !/^[\w-]+(\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
    const checkouts = used.filter((action) => action.startsWith('actions/checkout@'))
    expect(text.match(/persist-credentials: false/g)).toHaveLength(checkouts.length)
  },
)

test('only the job that publishes has an identity token and a secret, and it runs no test', () => {
  const text = readFileSync(join(workflows, 'release.yml'), 'utf8')
  const [check = '', publish = ''] = text.split(/^ {2}publish:$/m)
  expect(check).not.toMatch(/id-token|secrets\./)
  expect(check).toMatch(/npm run test:all\n/)
  expect(publish).toMatch(/^ {4}needs: check$/m)
  expect(publish).toMatch(/id-token: write[\s\S]*npm ci --ignore-scripts\n.*npm run release\n/)
  expect(publish).not.toMatch(/npm test|test:all/)
})
