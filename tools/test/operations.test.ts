import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listCodes, listStatuses, pages, readSource, renderPage } from '../operations.mjs'
import { root } from '../run.mjs'
import { codeTexts, statusTexts } from '../runbook-texts.mjs'

const source = await readSource()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const runbook = read('docs/runbook.md')

test.each(pages)('%s is current (npm run operations)', (page) => {
  expect(read(page)).toBe(renderPage(page, source))
})

test('the runbook has one section for each code and each status', () => {
  const codes = listCodes(source).map(({ code }) => code)
  expect(codes.length).toBeGreaterThan(30)
  for (const code of codes) expect(runbook.split(`<a id="${code}"></a>\n`), code).toHaveLength(2)
  const statuses = listStatuses(source)
  expect(statuses.length).toBeGreaterThan(12)
  for (const status of statuses) expect(runbook.split(`### Status ${status}\n`), status).toHaveLength(2)
})

test('no text is for a code or a status that does not exist', () => {
  const codes = listCodes(source).map(({ code }) => code)
  expect(Object.keys(codeTexts).filter((code) => !codes.includes(code))).toEqual([])
  expect(Object.keys(statusTexts)).toEqual(listStatuses(source))
})

test('every metric and every option that the runbook names exists', () => {
  const metrics = Object.values(source.metricRows).map(({ name }) => name)
  const named = [...runbook.matchAll(/`(tollgate_\w+)/g)].map(([, name = '']) => name.replace(/_count$/, ''))
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((name) => !metrics.includes(name))).toEqual([])
})

/** Returns true if a page has the heading or the anchor of a link. The site's tests follow the others. */
function hasPlace(link: string): boolean {
  const [file = '', id = ''] = link.split('#')
  if (!existsSync(join(root, file))) return false
  const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  return headings.includes(id) || read(file).includes(`<a id="${id}"></a>`)
}

test('every alert leads to a section', () => {
  const alerts = read('examples/gateway/alerts.yaml')
  const links = [...alerts.matchAll(/^ +runbook: (\S+)$/gm)].map(([, link = '']) => link)
  expect(links).toHaveLength(alerts.split(' - alert: ').length - 1)
  expect(links.filter((link) => !hasPlace(link))).toEqual([])
})
