import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../run.mjs'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const tests = {
  D: read('packages/tollgate/test/compat-differences.test.ts'),
  E: read('packages/tollgate/test/compat-express.test.ts'),
}
const page = read('docs/migrating-from-twilio.md')
const named = [...page.matchAll(/\b([DE]) ((?:\*[^*]+\*(?:, )?)+)/g)].flatMap(([, file, titles = '']) =>
  [...titles.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => ({ file: file as 'D' | 'E', title })),
)

test('the page on migrating names tests', () => {
  expect(named.length).toBeGreaterThan(30)
})

test.each(named)('$file has a test "$title"', ({ file, title }) => {
  // "no parser: …" is one of several set-ups with the same title.
  const [start = ''] = title.replace(/…$/, '').split(/(?<=no parser): /)
  expect(tests[file]).toContain(start)
})
