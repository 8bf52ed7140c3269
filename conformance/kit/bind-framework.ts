import { existsSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest'
import { writeReport } from '../../tools/write-report.mjs'
import type { Framework } from '../adapter/framework.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { hostileFigures } from '../attacks/sockets-hostile.ts'
import { bindSuites } from './bind.ts'
import { account, otherToken, sharedKey, token } from './draft.ts'
import type { Suite } from './suite.ts'

/** The part of a `Framework` that the report shows. */
interface Reported {
  readonly name: string
  readonly exceptions: Readonly<Record<string, string>>
}

/**
 * Keeps the warnings of adapters out of the output, because many cases cause them. Checks that they
 * contain no secret.
 */
export function captureWarnings(): void {
  beforeEach(() => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
  })
  afterEach(() => {
    const lines = vi.mocked(console.error).mock.calls.flat().map(String).join('\n')
    for (const secret of [token, otherToken, sharedKey.secret, account]) expect(lines).not.toContain(secret)
    vi.restoreAllMocks()
  })
}

/**
 * Runs the suites of adapters, and `more`, as tests of Vitest. Writes the figures for
 * docs/frameworks.md and docs/attacks.md.
 */
export function bindAdapter(framework: Framework, more: readonly Suite[] = [], subject = framework.name): void {
  const suites = adapterSuites(framework, [...socketAttackSuites(framework), ...more])
  const titles = Object.keys(framework.exceptions)
  const figures = { passed: 0, failed: 0 }
  const all = suites.reduce((sum, { cases }) => sum + cases.length, 0)
  let ran = 0
  const counted = suites.map((suite) => ({
    ...suite,
    cases: suite.cases.map((one) => ({
      ...one,
      async run() {
        ran++
        figures.failed++
        await one.run()
        figures.failed--
        // An exception counts as neither passed nor failed. Its name ends with the reason.
        if (!titles.some((title) => one.name === title || one.name.startsWith(`${title} (exception: `)))
          figures.passed++
      },
    })),
  }))
  bindSuites(subject, counted)
  afterAll(() => {
    // If only some cases ran (`vitest -t`), the figures would be wrong.
    if (ran === all) report(framework, figures)
    reportHostile(framework.name)
  })
}

/** Writes the figures of the tests in a `describe`, for tests that are in no suite. */
export function reportDescribed(name: string): void {
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern which fixtures to make
  afterAll(({}, { tasks }) => {
    const passed = tasks.filter(({ result }) => result?.state === 'pass').length
    report({ name, exceptions: {} }, { passed, failed: tasks.length - passed })
    reportHostile(name)
  })
}

function report({ name, exceptions }: Reported, figures: { readonly passed: number; readonly failed: number }): void {
  const run = `framework-${toFileName(name)}`
  const row = {
    table: 'frameworks',
    name,
    version: findVersion(name),
    suite: 'adapter',
    ...figures,
    exceptions,
  } as const
  writeReport(run, [row])
}

function reportHostile(name: string): void {
  const figures = hostileFigures.get(name)
  if (figures === undefined) return
  const { requests, reached, errors } = figures
  const row = { name, version: findVersion(name), suite: 'hostile requests', exceptions: {} }
  writeReport(`hostile-${toFileName(name)}`, [
    { ...row, table: 'hostile', passed: requests - reached, failed: reached, errors },
  ])
}

function toFileName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

/**
 * The package of each framework: an alias in this workspace, or a package of a separate project.
 */
const packages: readonly (readonly [start: string, name: string, project?: string])[] = [
  ['express 4', 'express4'],
  ['express 5', 'express'],
  ['fastify', 'fastify'],
  ['koa 3', 'koa'],
  ['hono', 'hono'],
  ['h3 1 in Nitro 2', 'nitropack', 'nitro2'],
  ['h3 2 in Nitro 3', 'nitro', 'nitro3'],
  ['h3 1', 'h3v1'],
  ['h3 2', 'h3'],
  ['elysia', 'elysia'],
  ['azure', '@azure/functions'],
  ['functions-framework', '@google-cloud/functions-framework'],
  ['middy 7', '@middy/core'],
  ['ws: ws', 'ws'],
  ['ws: @fastify/websocket', '@fastify/websocket'],
  ['ws: @hono/node-server', '@hono/node-server'],
  ['nest 11', '@nestjs/core', 'nest11'],
  ['nest 12', '@nestjs/core', 'nest12'],
  ['next 15', 'next', 'next15'],
  ['next 16', 'next', 'next16'],
  ['sveltekit 3', '@sveltejs/kit', 'sveltekit3'],
  ['astro 7', 'astro', 'astro7'],
  ['react-router 8', 'react-router', 'react-router8'],
]

function findVersion(framework: string): string {
  const [, name, project] = packages.find(([start]) => framework.startsWith(start)) ?? []
  if (name === undefined) return `Node.js ${process.versions.node}`
  const folders =
    project === undefined ? ['../node_modules/', '../../node_modules/'] : [`../projects/${project}/node_modules/`]
  const found = folders
    .map((folder) => new URL(`${folder}${name}/package.json`, import.meta.url))
    .find((url) => existsSync(url))
  return found === undefined ? '' : JSON.parse(readFileSync(found, 'utf8')).version
}
