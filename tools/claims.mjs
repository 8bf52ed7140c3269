import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

/**
 * What a command left behind.
 * @typedef {{ code: number, output: string, readPage: (page: string) => string }} Ran
 */

/**
 * A figure that a page quotes, and the command that measures it.
 * @typedef {object} Claim
 * @property {string} what
 * @property {string} page
 * @property {RegExp} quoted finds the figure in the page, in its groups
 * @property {string} command
 * @property {(ran: Ran) => string | undefined} measured reads the figure from the run
 * @property {(quoted: string, measured: string) => boolean} agrees
 * @property {boolean} [slow] takes minutes
 */

/** @param {string} page */
export function readPage(page) {
  return readFileSync(join(root, page), 'utf8')
}

/** Joins what the groups of a match found. @param {RegExp} pattern @param {string} text */
export function readFigure(pattern, text) {
  const match = pattern.exec(text)
  return match === null
    ? undefined
    : match
        .slice(1)
        .map((group) => group?.trim())
        .filter(Boolean)
        .join(', ')
}

/** @param {RegExp} pattern @returns {Claim['measured']} */
const fromOutput = (pattern) => (ran) => readFigure(pattern, ran.output)

/** For commands that write the page. @param {string} page @param {RegExp} pattern @returns {Claim['measured']} */
const fromPage = (page, pattern) => (ran) => (ran.code === 0 ? readFigure(pattern, ran.readPage(page)) : undefined)

/** @type {Claim['measured']} */
const fromExitCode = ({ code }) => (code === 0 ? 'holds' : `exit code ${code}`)

const words = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

/** @param {string} figure */
function toNumber(figure) {
  const word = words.indexOf(figure)
  return word === -1 ? Number.parseFloat(figure.replaceAll(',', '')) : word
}

/** @type {Claim['agrees']} */
const equals = (quoted, measured) => quoted === measured || toNumber(quoted) === toNumber(measured)

/** @type {Claim['agrees']} */
const holds = (_quoted, measured) => /(holds|within noise)$/.test(measured)

/**
 * The figures agree within this part of the quoted one, and have the same unit.
 * @param {number} part
 * @returns {Claim['agrees']}
 */
const isNear = (part) => (quoted, measured) =>
  quoted.replace(/[\d.,]+/, '') === measured.replace(/[\d.,]+/, '') &&
  Math.abs(toNumber(measured) - toNumber(quoted)) <= part * toNumber(quoted)

// npm run size. The tarball has the version and the links of the package, so its size may vary.
const sizes = [
  'core, bundled, minified, gzipped',
  'modules loaded by its import',
  'package, unpacked',
  'with its dependencies, unpacked',
  'packages in its dependency tree',
]
const columns = [
  { column: 'tollgate', cells: String.raw`([\d.,]+(?: [KM]B)?)` },
  { column: 'twilio', cells: String.raw`(?:[\d.,]+(?: [KM]B)? +){1,2}([\d.,]+(?: [KM]B)?)$` },
]

/** @type {Claim[]} */
const sizeClaims = ['README.md', 'docs/benchmarks.md'].flatMap((page) =>
  sizes.flatMap((label) =>
    columns
      .filter(({ column }) => column === 'tollgate' || !label.startsWith('core'))
      .map(({ column, cells }) => {
        const figure = new RegExp(`^${label} +${cells}`, 'm')
        const measured = fromOutput(figure)
        return {
          what: `${label}: ${column}`,
          page,
          quoted: figure,
          command: 'npm run size',
          measured,
          agrees: isNear(0.01),
        }
      }),
  ),
)

/** Escapes a text for a regular expression. @param {string} text */
function escapeText(text) {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/**
 * Lists the rows of a page's tables whose second cell has a figure.
 * @param {string} page
 */
function listRows(page) {
  return readPage(page)
    .split('\n')
    .filter((line) => /^\| /.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([, figure = '']) => /\d/.test(figure))
}

// npm run bench decides itself whether a budget holds. A figure without a budget depends on the
// machine, so it must only be printed.
/** @type {Claim[]} */
const benchClaims = listRows('docs/benchmarks.md').map(([what = '', , , budget = '']) => {
  const cell = String.raw`\s*([^|]*?)\s*\|`
  const other = String.raw`[^|]*\|`
  const start = String.raw`^\| ${escapeText(what)}\s*\|${cell}${other}`
  return {
    what,
    page: 'docs/benchmarks.md',
    quoted: new RegExp(start + (budget === '' ? '' : cell), 'm'),
    command: 'npm run bench',
    measured: fromOutput(new RegExp(start + (budget === '' ? '' : other + cell), 'm')),
    agrees: budget === '' ? () => true : holds,
    slow: true,
  }
})

// npm run mutation. A busy machine can stop a change that only makes the code slower.
/** @type {Claim[]} */
const mutationClaims = [
  { what: 'changes that are tried', cells: 1 },
  { what: 'changes that nothing notices or explains', cells: 4 },
].map(({ what, cells }) => {
  const figure = new RegExp(String.raw`^\| \*\*in all\*\* \|(?:[^|]*\|){${cells - 1}} (\d+) \|`, 'm')
  const measured = fromOutput(figure)
  return {
    what,
    page: 'docs/mutation.md',
    quoted: figure,
    command: 'npm run mutation',
    measured,
    agrees: equals,
    slow: true,
  }
})

// npm run test:all writes both pages from its results.
/** @type {Claim[]} */
const suiteClaims = ['docs/frameworks.md', 'docs/runtimes.md'].flatMap((page) =>
  listRows(page).map(([name = '']) => {
    const figure = new RegExp(String.raw`^\| ${escapeText(name)} \|.* ([\d,]+) \|$`, 'm')
    const measured = fromPage(page, figure)
    return {
      what: `cases of ${name}`,
      page,
      quoted: figure,
      command: 'npm run test:all',
      measured,
      agrees: equals,
      slow: true,
    }
  }),
)

// npm run attacks prints the results of the last run of the suites, which is the run above.
/** @type {Claim[]} */
const hostileClaims = listRows('docs/attacks.md')
  .filter(([name = '']) => !/^[A-E]\d+$/.test(name))
  .map(([name = '']) => {
    const figure = new RegExp(String.raw`^\| ${escapeText(name)} \| [^|]+ \| ([\d,]+) \| (\d+) \|`, 'm')
    return {
      what: `hostile requests, and how many reached a handler: ${name}`,
      page: 'docs/attacks.md',
      quoted: figure,
      command: 'npm run attacks',
      measured: fromOutput(figure),
      agrees: (a, b) => a === b,
      slow: true,
    }
  })

// Versions in prose, which the same run measures.
/** @type {[page: string, quoted: RegExp, page: string, measured: RegExp][]} */
const versions = [
  [
    'docs/frameworks/elysia.md',
    /with Elysia ([\d.]+):/,
    'docs/frameworks.md',
    /^\| elysia 1\.4 on Bun \| ([\d.]+) \|/m,
  ],
  ['docs/frameworks/hono.md', /with Hono ([\d.]+):/, 'docs/frameworks.md', /^\| hono 4 on Deno \| ([\d.]+) \|/m],
  ['docs/frameworks/h3.md', /: h3 ([\d.]+) and /, 'docs/frameworks.md', /^\| h3 1, app\.use \| ([\d.]+) \|/m],
  [
    'docs/frameworks/h3.md',
    /: h3 [\d.]+ and ([\d.]+) alone/,
    'docs/frameworks.md',
    /^\| h3 2, app\.use \| ([\d.]+) \|/m,
  ],
  [
    'docs/frameworks/h3.md',
    /^Nitro ([\d.]+) with/m,
    'docs/frameworks.md',
    /^\| h3 1 in Nitro 2, middleware \| ([\d.]+) \|/m,
  ],
  [
    'docs/frameworks/h3.md',
    /of Nitro ([\d.]+) with/,
    'docs/frameworks.md',
    /^\| h3 2 in Nitro 3, middleware \| ([\d.]+) \|/m,
  ],
  [
    'docs/frameworks/react-router.md',
    /React Router ([\d.]+) on/,
    'docs/frameworks.md',
    /^\| react-router 7 \| ([\d.]+) \|/m,
  ],
  [
    'docs/frameworks/react-router.md',
    /and ([\d.]+) on Node\.js 24/,
    'docs/frameworks.md',
    /^\| react-router 8 \| ([\d.]+) \|/m,
  ],
  ['docs/behind-a-proxy.md', /\| nginx (\d+\.\d+) \|/, 'docs/runtimes.md', /^\| nginx \| (\d+\.\d+)/m],
  ['docs/behind-a-proxy.md', /\| Apache (\d+\.\d+) \|/, 'docs/runtimes.md', /^\| Apache \| (\d+\.\d+)/m],
  ['docs/behind-a-proxy.md', /\| HAProxy (\d+\.\d+) \|/, 'docs/runtimes.md', /^\| HAProxy \| (\d+\.\d+)/m],
  ['docs/behind-a-proxy.md', /\| Caddy (\d+\.\d+) \|/, 'docs/runtimes.md', /^\| Caddy \| (\d+\.\d+)/m],
]
/** @type {Claim[]} */
const versionClaims = versions.map(([page, quoted, measuredPage, measured]) => ({
  what: 'tested version',
  page,
  quoted,
  command: 'npm run test:all',
  measured: fromPage(measuredPage, measured),
  agrees: (a, b) => a === b,
  slow: true,
}))

// Pages whose text a test compares with what the command would write.
const written = [
  ['docs/attacks.md', 'npm run attacks', 'tools', 'tools/test/attacks.test.ts'],
  ['docs/broken-validators.md', 'npm run broken', 'heavy', 'conformance/heavy/broken.test.ts'],
  ['docs/webhook-kinds.md', 'npm run kinds', 'tools', 'tools/test/webhook-kinds.test.ts'],
  ['docs/why-does-validation-fail.md', 'npm run causes', 'tools', 'tools/test/causes.test.ts'],
]
/** @type {Claim[]} */
const writtenClaims = written.map(([page = '', command = '', project = '', file = '']) => ({
  what: 'the whole page',
  page,
  quoted: new RegExp(`(\`${escapeText(command)}\`)`),
  command: `npx vitest run --project ${project} ${file}`,
  measured: fromExitCode,
  agrees: holds,
}))

/** @type {Claim[]} */
export const claims = [
  ...sizeClaims,
  ...['SECURITY.md', 'packages/tollgate/README.md', 'CONTRIBUTING.md'].map((page) => ({
    what: 'dependencies of the library',
    page,
    quoted: /(?:library has|CommonJS;) (\w+) dependency/,
    command: 'npm run sbom',
    measured: fromOutput(/^\| tollgate \| (\d+) \|/m),
    agrees: equals,
  })),
  {
    what: 'no foreign licence and no install script',
    page: 'SECURITY.md',
    quoted: /There is (no) install script/,
    command: 'npm run sbom',
    measured: fromExitCode,
    agrees: holds,
  },
  ...['README.md', 'docs/benchmarks.md', 'docs/migrating-from-twilio.md'].map((page) => ({
    what: 'version of twilio',
    page,
    quoted: /`?twilio`? (\d+\.\d+\.\d+)/,
    command: 'npm run size',
    measured: fromOutput(/twilio (\d+\.\d+\.\d+)/),
    agrees: /** @type {Claim['agrees']} */ ((a, b) => a === b),
  })),
  ...writtenClaims,
  {
    what: 'random requests that both packages check',
    page: 'docs/migrating-from-sendgrid-eventwebhook.md',
    quoted: /^([\d,]+) random requests/m,
    command: 'npx vitest run --project heavy --reporter=verbose conformance/heavy/sendgrid-differential.test.ts',
    measured: ({ code, output }) => (code === 0 ? readFigure(/on ([\d,]+) requests/, output) : undefined),
    agrees: equals,
    slow: true,
  },
  {
    what: 'comparison in constant time',
    page: 'SECURITY.md',
    quoted: /compared in (constant time)/,
    command: 'npm run timing',
    measured: fromExitCode,
    agrees: holds,
    slow: true,
  },
  {
    what: "the gateway's throughput, times that of nginx",
    page: 'docs/gateway.md',
    quoted: /less than ([\d.]+) times that of nginx/,
    command: 'npm run bench -- gateway',
    measured: fromExitCode,
    agrees: holds,
    slow: true,
  },
  ...benchClaims,
  ...mutationClaims,
  ...suiteClaims,
  ...versionClaims,
  ...hostileClaims,
]
