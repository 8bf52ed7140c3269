import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { causes } from '../../packages/tollgate/src/diagnose/causes/index.ts'
import { grounds } from '../../packages/tollgate/src/diagnose/causes/row.ts'
import { sendGridCauses } from '../../packages/tollgate/src/diagnose/index.ts'
import { root } from '../run.mjs'
import { listFiles } from './list-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The folder of the rows for Twilio's requests, one file for each family. */
const rows = 'packages/tollgate/src/diagnose/causes/'
/** The rows for SendGrid's requests. */
const ofSendGrid = /\/sendgrid\/causes\.ts$/

const all = [...new Set([...Object.keys(causes), ...Object.keys(sendGridCauses)])]

/** Files in which these texts are something else than a cause. */
const others: Readonly<Record<string, readonly string[]>> = {
  'packages/cli/src/audit/findings.ts': ['host_case', 'trailing_slash'], // findings of an audit
  'packages/gateway/src/codes.ts': ['body_missing'], // a code of the gateway
  'packages/gateway/src/forward-auth.ts': ['body_missing'], // the same
  'packages/gateway/src/options.ts': ['path_prefix'], // a setting of Envoy
  'tools/runbook-texts.mjs': ['body_missing'], // a code of the gateway
}

/** Code that a user installs or a tool runs. Tests name the causes that they expect. */
const files = listFiles('packages/*/src/*', 'tools/*').filter(
  (path) => /\.(ts|tsx|mjs)$/.test(path) && !/(^|\/)(test|package-test)\//.test(path),
)

/** Lists the lines that name a cause: a long id anywhere, a short one, such as `host`, as an id. */
function listLines(path: string): string[] {
  const ids = all.filter((id) => !others[path]?.includes(id))
  const codes = ['signature_missing'] // also a rejection code
  const long = ids.filter((id) => id.includes('_') && !codes.includes(id)).join('|')
  const short = ids.filter((id) => !id.includes('_') || codes.includes(id)).join('|')
  const names = new RegExp(`\\b(${long})\\b|\\b(id|ids|causes?|mends)\\b[^'"]{0,12}['"](${short})['"]`)
  return read(path)
    .split('\n')
    .flatMap((line, index) => (names.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []))
}

test('no code names a cause outside the rows', () => {
  const outside = files.filter((path) => !path.startsWith(rows) && !ofSendGrid.test(path))
  expect(files.filter((path) => ofSendGrid.test(path))).toHaveLength(1)
  expect(outside.length).toBeGreaterThan(200)
  expect(outside.flatMap(listLines)).toEqual([])
})

test('no row names a cause of another family', () => {
  const families = files.filter((path) => path.startsWith(rows))
  const owners = new Map(
    families.flatMap((path) => [...read(path).matchAll(/^ {2}(\w+): \{$/gm)].map(([, id = '']) => [id, path] as const)),
  )
  expect(Object.keys(causes).filter((id) => !owners.has(id))).toEqual([])
  const named = families.flatMap((path) =>
    [...owners].flatMap(([id, owner]) =>
      owner !== path && id.includes('_') && id !== 'signature_missing' && new RegExp(`\\b${id}\\b`).test(read(path))
        ? [`${path}: ${id}`]
        : [],
    ),
  )
  expect(named).toEqual([])
})

test('the page has the grounds of suspicions in their order', () => {
  const page = read('docs/how-suspicions-are-ordered.md')
  expect([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, ground]) => ground)).toEqual([...grounds])
})

// The table of algorithms names them, so that a new one is one row.
test('no text of a cause names an algorithm', () => {
  const named = files.filter((path) => path.startsWith(rows) || ofSendGrid.test(path)).map((path) => read(path))
  expect(named.join('').match(/HMAC[-_]SHA-?\d+|\bSHA-?\d+\b/g)).toBeNull()
})
