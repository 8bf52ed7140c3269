import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const adapters = fileURLToPath(new URL('../../packages/tollgate/src/adapters', import.meta.url))
const files = readdirSync(adapters, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const long = files
  .map((name) => ({ name, text: readFileSync(join(adapters, name), 'utf8') }))
  .filter(({ text }) => text.trimEnd().split('\n').length > 120)

test('there are adapters to check', () => {
  expect(files).toContain('express.ts')
  expect(long.map(({ name }) => name)).toContain('h3.ts')
})

test('an adapter of more than 120 lines gives the reason in its first line', () => {
  expect(long.filter(({ text }) => !text.startsWith('// Longer than')).map(({ name }) => name)).toEqual([])
})

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>
}

function readTested(project: string, name: string): string {
  const path = fileURLToPath(new URL(`../../conformance/${project}package.json`, import.meta.url))
  const version = (JSON.parse(readFileSync(path, 'utf8')) as Manifest).devDependencies[name]
  return version?.split('@').at(-1) ?? `no ${name} in conformance/${project}`
}

test.each([
  ['hono', '', 'hono'],
  ['elysia', '', 'elysia'],
  ['h3', '', 'h3'],
  ['h3', '', 'h3v1'],
  ['h3', 'projects/nitro2/', 'nitropack'],
  ['h3', 'projects/nitro3/', 'nitro'],
  ['react-router', 'projects/react-router7/', 'react-router'],
  ['react-router', 'projects/react-router8/', 'react-router'],
])('docs/frameworks/%s.md names the version that is tested: conformance/%s, %s', (page, project, name) => {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/frameworks/${page}.md`, import.meta.url)), 'utf8')
  const words = text.slice(text.indexOf('**Tested**')).split(/[\s,;:]+/)
  expect(words).toContain(readTested(project, name))
})
