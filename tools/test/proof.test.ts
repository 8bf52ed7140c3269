import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claims, readFigure, readPage } from '../claims.mjs'
import { root } from '../run.mjs'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test.each(claims)('$page quotes a figure: $what', ({ page, quoted, agrees, command }) => {
  const figure = readFigure(quoted, readPage(page))
  expect(figure).toBeTruthy()
  const [, script = ''] = /^npm run ([\w:]+)/.exec(command) ?? []
  expect(script === '' ? command : Object.keys(scripts)).toContain(script === '' ? 'npx vitest run' : script)
  // The figure itself agrees, or the command says that it holds.
  expect(agrees(figure ?? '', figure ?? '') || agrees(figure ?? '', 'holds')).toBe(true)
})

// These commands print or write the tables of the page, so the page is an example of their output.
const tables = /^npm run (attacks|bench|mutation|test:all)$/
test.each(claims.filter(({ command }) => tables.test(command)))('$page agrees with itself: $what', (claim) => {
  const figure = readFigure(claim.quoted, readPage(claim.page)) ?? ''
  const measured = claim.measured({ code: 0, output: readPage(claim.page), readPage })
  expect(measured).toBeTruthy()
  expect(claim.agrees(figure, measured ?? ''), `${figure} and ${measured}`).toBe(true)
})

test('a claim does not hold if the figure differs, its budget is missed or its command fails', () => {
  // A figure without a budget depends on the machine.
  const judged = claims.filter(({ agrees }) => !agrees('1', '2'))
  expect(claims.filter((claim) => !judged.includes(claim)).map(({ command }) => command)).toSatisfy(
    (commands: string[]) => commands.every((command) => command === 'npm run bench'),
  )
  for (const { agrees, page, quoted } of judged) {
    const figure = readFigure(quoted, readPage(page)) ?? ''
    for (const measured of ['987,654.3', '987 KB', '9.8.7', 'exit code 1', '9.99 ×, MISSED'])
      expect(agrees(figure, measured), `${figure} and ${measured}`).toBe(false)
  }
})

test('every page with figures that a command writes is claimed', () => {
  const attributes = readFileSync(join(root, '.gitattributes'), 'utf8')
  const written = [...attributes.matchAll(/^(docs\/\S+\.md) linguist-generated$/gm)].map(([, page = '']) => page)
  const claimed = new Set(claims.map(({ page }) => page))
  // The pages of the codes have no figures of their own, and causes.test.ts compares them.
  expect(written.filter((page) => page !== 'docs/codes/*.md' && !claimed.has(page))).toEqual([])
  for (const page of ['README.md', 'SECURITY.md']) expect(claimed).toContain(page)
})

test('every row with a figure in a block that a command prints is claimed', () => {
  const rows = [...readPage('README.md').matchAll(/<!-- printed by [^>]+ -->\n```text\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.trim().split('\n'))
    .map((line) => line.split(/ {2,}/)[0] ?? '')
  const whats = claims.filter(({ page }) => page === 'README.md').map(({ what }) => what)
  for (const row of rows.slice(1))
    expect(
      whats.some((what) => what.startsWith(row)),
      row,
    ).toBe(true)
})

test('npm run proof refuses an option that it does not know', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/proof.mjs'), '--quik'], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([2, 'Usage: npm run proof [-- --quick]\n'])
})
