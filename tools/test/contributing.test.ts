import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { entries } from '../../packages/tollgate/entries.js'
import { root } from '../run.mjs'
import { listSources } from '../snippets.mjs'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const library = 'packages/tollgate'
const guides = ['CONTRIBUTING.md', ...['benchmarks', 'conformance', 'fuzz', 'tools'].map((name) => `${name}/README.md`)]
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }

describe.each(guides)('%s', (guide) => {
  const code = [...read(guide).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text)

  test('names files and folders that exist', () => {
    // Names in capitals are placeholders, and `*` stands for several names.
    const paths = code.filter(
      (text) => /^[\w./-]+(\/|\.(ts|mjs|js|json|md))$/.test(text) && !/NAME|^\.\.?\//.test(text),
    )
    const folders = ['', `${library}/src`, `${library}/src/diagnose/causes`, join(guide, '..')]
    const isKnown = (path: string) => folders.some((folder) => existsSync(join(root, folder, path)))
    expect(paths.filter((path) => !isKnown(path))).toEqual([])
  })

  test('names commands that exist', () => {
    const named = code
      .filter((text) => !text.includes('--workspace'))
      .flatMap((text) => /^npm (?:run )?([\w:]+)/.exec(text)?.[1] ?? [])
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
    const projects = code.flatMap((text) => /--project (\w+)/.exec(text)?.[1] ?? [])
    for (const project of projects) expect(read('vitest.config.ts')).toContain(`name: '${project}'`)
  })
})

const adapters = Object.entries(entries).filter(([, source]) => source.startsWith('src/adapters/'))
const runs = ['conformance/runs', 'conformance/heavy'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => read(join(folder, name))),
)

describe.each(adapters.map(([entry, source]) => [entry.slice(2), source] as const))(
  'the adapter %s',
  (name, source) => {
    test('is one file with its name', () => {
      expect(source).toBe(`src/adapters/${name}.ts`)
      expect(existsSync(join(root, library, source))).toBe(true)
    })

    test('runs in the conformance suites', () => {
      expect(existsSync(join(root, `conformance/frameworks/${name}.ts`))).toBe(true)
      expect(runs.some((run) => run.includes(`frameworks/${name}.ts'`))).toBe(true)
    })

    test('has a page with an example, and the README links it', () => {
      expect(listSources(`docs/frameworks/${name}.md`)).not.toEqual([])
      expect(read('README.md')).toContain(`(docs/frameworks/${name}.md)`)
    })
  },
)

test('what the package imports is an optional peer of any version, and an exact dev dependency', () => {
  const manifest = JSON.parse(read(`${library}/package.json`))
  const sources = readdirSync(join(root, library, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`${library}/src/${name}`))
  const imported = sources.flatMap((source) => [
    ...source.matchAll(/^(?:import|export|\}|declare).*(?:from|module) '([@a-z][^'/]*(?:\/[^'/]+)?)'/gm),
  ])
  const names = imported.map(([, name = '']) => (name.startsWith('@') ? name : name.replace(/\/.*/, '')))
  // The build puts @noble/hashes into the package. npm 10 cannot install a package whose optional
  // peer is Vitest.
  const others = ['@noble/hashes', 'vitest']
  const expected = new Set(names.filter((name) => !name.startsWith('node:') && !others.includes(name)))
  expect(Object.keys(manifest.peerDependencies)).toEqual([...expected].sort())
  for (const [name, range] of Object.entries(manifest.peerDependencies)) {
    expect(range, name).toBe('*')
    expect(manifest.peerDependenciesMeta[name], name).toEqual({ optional: true })
    expect(manifest.devDependencies[name] ?? manifest.devDependencies[`@types/${name}`], name).toMatch(
      /^\d+\.\d+\.\d+$/,
    )
  }
})

test('tsconfig.core.json excludes only files that exist', () => {
  const { exclude } = JSON.parse(read(`${library}/tsconfig.core.json`).replace(/^\s*\/\/.*$/gm, ''))
  expect(exclude.filter((file: string) => !existsSync(join(root, library, file)))).toEqual([])
})
