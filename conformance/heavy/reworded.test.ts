import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { fromRequest } from 'tollgate'
import { diagnose } from 'tollgate/diagnose'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readDiagnosis } from '../diagnosis/judge.ts'
import { lists, readSetUps, toOptions, toRequest } from '../diagnosis/set-up.ts'

// A sentence is for people. A copy of the library with other words in each of its texts decides the same.

const written = { fromRequest, diagnose }
type Library = typeof written

const source = join(import.meta.dirname, '../../packages/tollgate/src')
const scratch = mkdtempSync(join(tmpdir(), 'reworded-'))
let reworded: Library
let count = 0

beforeAll(async () => {
  reworded = await load()
}, 120_000)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

async function load(): Promise<Library> {
  const outfile = join(scratch, 'reworded.mjs')
  await build({
    stdin: {
      contents: `export { fromRequest } from './index.ts'\nexport { diagnose } from './diagnose/index.ts'`,
      resolveDir: source,
      loader: 'ts',
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins: [
      {
        name: 'sources',
        setup(plugins) {
          plugins.onResolve({ filter: /^#(hmac|ecdsa)$/ }, ({ path }) => ({
            path: join(source, path.slice(1), 'node.ts'),
          }))
          plugins.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
            contents: reword(path, readFileSync(path, 'utf8')),
            loader: 'ts',
          }))
        },
      },
    ],
  })
  return import(pathToFileURL(outfile).href)
}

// Lists of names and prefixes, which are data, have none of these words.
const sentence = / (a|an|and|by|for|from|in|is|it|must|no|not|of|or|the|to|was|with) /

/** Writes other letters into each text for people, between its places for values too. */
function reword(path: string, text: string): string {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  let result = ''
  let end = 0
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) {
      const own = text.slice(node.getStart(file), node.end)
      if (sentence.test(own)) {
        count++
        result += text.slice(end, node.getStart(file)) + own.replace(/\\.|\$\{|[a-z]/gi, rotate)
        end = node.end
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return result + text.slice(end)
}

const rotate = (one: string): string =>
  one.length > 1 ? one : String.fromCharCode(one.charCodeAt(0) + (/[a-m]/i.test(one) ? 13 : -13))

test.each(lists)(
  'other words in all texts change no decision about the set-ups of %s',
  async (list) => {
    const changed: unknown[] = []
    for (const setUp of readSetUps(list)) {
      const decide = async ({ fromRequest, diagnose }: Library) =>
        readDiagnosis(
          await diagnose(toRequest(setUp.request), { ...toOptions(setUp.options, fromRequest), ...setUp.hints }),
        )
      const [before, after] = [await decide(written), await decide(reworded)]
      if (before.kind !== after.kind || before.found.join() !== after.found.join())
        changed.push([setUp.title, before, after])
    }
    expect(changed).toEqual([])
    expect(count).toBeGreaterThan(500)
  },
  300_000,
)
