import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

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
])('the page of %s leads to the version that is tested: conformance/%s, %s', (page, project, name) => {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/frameworks/${page}.md`, import.meta.url)), 'utf8')
  expect(text.slice(text.indexOf('\nIt is tested '))).toContain('[The table](../frameworks.md)')
  const table = readFileSync(fileURLToPath(new URL('../../docs/frameworks.md', import.meta.url)), 'utf8')
  expect(table.split(/[\s|]+/)).toContain(readTested(project, name))
})
