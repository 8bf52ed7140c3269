import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, run } from './run.mjs'
import { readReports } from './write-report.mjs'

/** The classes of attack, by the id that the names of test cases start with. */
export const classes = {
  A1: 'a Host header with a signature from another host of the same account',
  A2: 'spoofed forwarding headers (X-Forwarded-*, Forwarded, X-Original-*), lists and duplicates of them',
  A3: 'a Host with a path, a query, `@`, a port, IPv6, a dot at the end, Unicode or line breaks',
  A4: 'an absolute request target, and an :authority that differs from Host',
  A5: 'ways around a path filter: case, percent-encoding, double slashes, dot segments',
  A6: 'a signature for one endpoint, used at another',
  A7: 'another scheme, an arbitrary port',
  A8: 'a query that is re-ordered, re-encoded or extended, or has thousands of fields',
  A9: 'a fragment or userinfo in the configured URL',
  A10: 'an address of which the router or the handler reads another path or query than the one that was verified',
  A11: 'a text that its author divides into other names and values, with the same signing string',
  B1: 'a signed GET sent as another method, with a body',
  B2: 'a content type that changes the meaning of a body',
  B3: 'JSON without bodySHA256, and every malformed bodySHA256',
  B4: 'a body that is absent or has a default value',
  B5: 'repeated names, letter cases, array syntax',
  B6: 'a signing string that can be split in two ways',
  B7: 'values that are neither text nor number',
  B8: 'parameter names from prototypes, such as `__proto__`',
  B9: 'a parse that differs between verifier and application',
  B10: 'a body that changes after verification',
  B11: 'compressed and chunked bodies, trailers',
  C1: 'empty, blank, quoted and placeholder tokens',
  C2: 'signatures that are missing, repeated, cut, padded or not Base64',
  C3: 'comparisons that leak timing or compare the wrong bytes',
  C4: 'another algorithm, a downgrade, an unknown key id',
  C5: 'retired keys, and keys that are not in use yet',
  C6: "one tenant's key for another tenant's account",
  C7: 'secrets in verdicts, logs, errors and metrics',
  C8: "a tenant's own valid key, and the name of another account",
  D1: 'a plain replay',
  D2: 'a replay with other unsigned headers',
  D3: 'a replay in another encoding',
  D4: 'races, a failing store, floods that evict',
  D5: 'genuine repeats, which must not be refused',
  E1: 'huge bodies, slow bodies and bodies with many fields, before verification',
  E2: 'request data that causes an exception',
  E3: 'switches that turn the check off',
  E4: 'answers that tell an attacker more than that the request was refused',
  E5: 'the gateway: choice of upstream, spoofed verdict headers, smuggling, hop-by-hop headers, log injection',
  E6: 'genuine traffic answered 429 or 5xx',
  E7: 'effects before the verdict: WebSocket streams, TwiML',
  E8: 'conservation: requests, deliveries and connections that are left after aborts, pipelining and garbage',
  E9: 'a proxy that acts on what the gateway ignored (upgrades, Connection, missing fields), loops into the gateway',
}

// Folders with attack cases. Lists of exceptions and the broken validators repeat names of cases,
// so their folders are not searched.
const folders = [
  'conformance/attacks',
  'conformance/replay',
  'conformance/adapter',
  'conformance/heavy',
  'packages/tollgate/test',
  'packages/gateway/test',
  'tools/test',
]
const title = /(['"`])((?:[A-E]\d{1,2}:? )+)((?:(?!\1)[^\n])+)\1/g

/** @returns {{ ids: string[], name: string, file: string }[]} */
export function listCases() {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .flatMap((name) => {
        const file = `${folder}/${name}`
        const found = readFileSync(join(root, file), 'utf8').matchAll(title)
        return [...found].map(([, , ids = '', words = '']) => ({ ids: ids.match(/\w+/g) ?? [], name: words, file }))
      }),
  )
}

/** @param {string} table of hostile requests */
export function renderPage(table) {
  const cases = listCases()
  const rows = Object.entries(classes).map(([id, what]) => {
    const own = cases.filter(({ ids }) => ids.includes(id))
    const files = [...new Set(own.map(({ file }) => file))]
    return `| ${id} | ${what} | ${files.map((file) => `[${basename(file, '.ts')}](../${file})`).join(', ')} |`
  })
  return `# From attack to test

Find an attack in this table, and follow the links to its cases, whose names start with the id. A test fails if a class
has no case. [Broken validators](broken-validators.md) shows that the cases can fail. \`node tools/attacks.mjs\` writes this
page.

| | the attack | its cases |
| --- | --- | --- |
${rows.join('\n')}

${heading}

A generator takes genuine webhooks and changes one to three things in each: the method, the target, the host, headers, the
signature, the content type, the body, or its framing. It sends them to every adapter over real sockets, and none may
reach a handler. Code that shares nothing with the library computes which requests are hostile. A 5xx comes from the
platform, before the adapter sees the request. \`node tools/attacks.mjs 1000\` sends 1,000 requests to each adapter.

${table}
`
}

const heading = '## Hostile requests through every adapter'
export const page = join(root, 'docs/attacks.md')

/** The table that the page has: without a run there is no other. */
export function readTable() {
  const [, section = ''] = readFileSync(page, 'utf8').split(heading)
  return section.slice(section.indexOf('\n|')).trim()
}

/** The table of what the last runs have found; `undefined` where there was none. */
function renderTable() {
  const rows = readReports().filter(({ table }) => table === 'hostile')
  if (rows.length === 0) return undefined
  const lines = rows.map(({ name, passed, failed, errors = 0 }) =>
    [name, (passed + failed).toLocaleString('en'), failed, errors].join(' | ').replaceAll('*', '\\*'),
  )
  const head = ['adapter', 'hostile requests', 'reached a handler', '5xx']
  return [head.join(' | '), head.map(() => '---').join(' | '), ...lines].map((line) => `| ${line} |`).join('\n')
}

async function main() {
  const [count] = process.argv.slice(2)
  if (count !== undefined) {
    const seed = Math.floor(Math.random() * 2 ** 32)
    console.log(`seed ${seed}`)
    Object.assign(process.env, { TOLLGATE_HOSTILE_REQUESTS: count, TOLLGATE_HOSTILE_SEED: String(seed) })
    process.exitCode = await run(
      'vitest run --project conformance --project heavy --no-file-parallelism --testTimeout=600000 -t hostile.requests',
    )
  }
  const table = renderTable() ?? readTable()
  console.log(table)
  writeFileSync(page, renderPage(table))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
