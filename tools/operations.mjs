import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleSource } from './causes.mjs'
import { rejectionPages } from './rejection-pages.mjs'
import { root } from './run.mjs'
import { codeTexts, otherStatuses, statusTexts, twilioDoes } from './runbook-texts.mjs'

/**
 * @typedef {{ type: string, name: string, help: string, labels?: Record<string, 'open' | readonly string[]> }} Metric
 * @typedef {{ machine: string, rounds: number, requests: { what: string, cpuMicros: number, memory: number }[],
 *   accounts: { accounts: number, startMs: number, memory: number }[] }} Sizing
 * @typedef {object} Source the tables of the source
 * @property {Record<string, { status: number, message: string }>} rejections
 * @property {Record<string, { status: string, meaning: string }>} gatewayCodes
 * @property {Record<string, string>} answerTexts
 * @property {Record<string, Metric>} metricRows
 */

/** The pages with blocks that this program writes. */
export const pages = ['docs/gateway.md', 'docs/operations.md', 'docs/runbook.md']

// <!-- operations NAME --> and everything up to <!-- /operations -->.
const block = /(<!-- operations (\w+) -->\n)[\s\S]*?(<!-- \/operations -->)/g

const tables = `export { rejections } from './tollgate/src/verdict.ts'
export { gatewayCodes } from './gateway/src/codes.ts'
export { answerTexts } from './gateway/src/answers.ts'
export { metricRows } from './gateway/src/metric-rows.ts'`

/**
 * Reads the tables of the source.
 * @returns {Promise<Source>}
 */
export function readSource() {
  return bundleSource(join(root, 'packages'), tables)
}

/** @type {Readonly<Record<string, (source: Source) => string>>} */
const blocks = {
  metrics: ({ metricRows }) =>
    `| metric | type | labels | meaning |\n|---|---|---|---|\n${Object.values(metricRows).map(renderMetric).join('\n')}`,
  codes: ({ gatewayCodes }) =>
    `| code | status | meaning |\n|---|---|---|\n${Object.entries(gatewayCodes)
      .map(([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`)
      .join('\n')}`,
  statuses: renderStatuses,
  runbook: renderCodes,
  sizing: renderSizing,
}

/** The part of its core that a gateway should use at most, so that bursts are served too. */
const busyPart = 0.6
const rates = [10, 100, 500, 1000, 5000]

/** Renders the figures of `npm run bench -- gateway-sizing --write`. */
function renderSizing() {
  /** @type {Sizing} */
  const { machine, rounds, requests, accounts } = JSON.parse(
    readFileSync(join(root, 'benchmarks/gateway/sizing.json'), 'utf8'),
  )
  const [plain, withRedis] = requests
  /** One more than needed, so that one can be missing. @param {number} rate @param {number} [cpuMicros] */
  const count = (rate, cpuMicros = 0) => 1 + Math.ceil((rate * cpuMicros) / (busyPart * 1e6))
  /** @param {number} number */
  const format = (number) => number.toLocaleString('en')
  return [
    `${machine}. Medians of ${rounds} rounds.`,
    '',
    '| a request that is | CPU time | requests per second of one gateway, at 60 % of its core | memory afterwards |',
    '|---|---|---|---|',
    ...requests.map(
      ({ what, cpuMicros, memory }) =>
        `| ${what} | ${format(cpuMicros)} µs | ${format(Math.floor((busyPart * 1e6) / cpuMicros))} | ${memory} MB |`,
    ),
    '',
    '| genuine requests per second | gateways | gateways with `replay` in Redis |',
    '|---|---|---|',
    ...rates.map(
      (rate) => `| ${format(rate)} | ${count(rate, plain?.cpuMicros)} | ${count(rate, withRedis?.cpuMicros)} |`,
    ),
    '',
    '| accounts with two tokens in key files | CPU time of the start | memory after the start |',
    '|---|---|---|',
    ...accounts.map((row) => `| ${format(row.accounts)} | ${(row.startMs / 1000).toFixed(1)} s | ${row.memory} MB |`),
  ].join('\n')
}

/** @param {Metric} metric */
function renderMetric({ type, name, help, labels = {} }) {
  const names = Object.keys(labels).map((label) => `\`${label}\``)
  return `| \`${name}\` | ${type} | ${names.join(', ')} | ${help.replaceAll('"', '`')} |`
}

/**
 * Lists the statuses that the gateway answers with itself.
 * @param {Source} source
 */
export function listStatuses({ answerTexts }) {
  return Object.keys(answerTexts)
}

/** @param {Source} source */
function renderStatuses(source) {
  const all = listCodes(source)
  const own = listStatuses(source).map((status) => {
    const row = statusTexts[status]
    if (row === undefined) throw new Error(`The status ${status} has no row in tools/runbook-texts.mjs.`)
    const codes = linkCodes(all, status)
    const { means, act } = row
    const look = `\`tollgate_responses_total{status="${status}",by!="upstream"}\`, and \`"status":${status}\` with \`by\` other than \`upstream\` in the log. ${row.look}`
    const twilio = twilioDoes[Number(status) < 500 ? '4xx' : '5xx']
    return renderSection({
      id: `status-${status}`,
      title: `Status ${status}`,
      means,
      codes,
      twilio,
      look,
      act,
      again: row.again,
    })
  })
  const others = Object.entries(otherStatuses).map(([status, { title, means, look, act, twilio, again }]) =>
    renderSection({
      id: `status-${status}`,
      title,
      means,
      codes: linkCodes(all, status),
      twilio: twilioDoes[/** @type {keyof typeof twilioDoes} */ (twilio)],
      look,
      act,
      again,
    }),
  )
  return [...own, ...others].join('\n\n')
}

/** @param {ReturnType<typeof listCodes>} all @param {string} status */
function linkCodes(all, status) {
  return all
    .filter(({ code, statuses }) => statuses.includes(status) && codeTexts[code]?.never === undefined)
    .map(({ code }) => `[\`${code}\`](#${code})`)
}

/**
 * Lists every code that a request can have in the log, except `accepted`.
 * @param {Source} source
 */
export function listCodes({ rejections, gatewayCodes }) {
  return [
    ...Object.entries(rejections).map(([code, { status, message }]) => ({
      code,
      statuses: [String(status)],
      means: `${message} The [page of the code](codes/${code}.md) has the questions to ask.`,
      fix: rejectionPages[code]?.fix.replaceAll('](../', '](') ?? '',
    })),
    ...Object.entries(gatewayCodes).map(([code, { status, meaning }]) => ({
      code,
      statuses: status.split(', '),
      means: `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`,
      fix: '',
    })),
  ]
}

/** @param {Source} source */
function renderCodes(source) {
  return listCodes(source)
    .map(({ code, statuses, means, fix }) => {
      const row = codeTexts[code] ?? {}
      const title = `\`${code}\``
      if (row.never !== undefined)
        return `<a id="${code}"></a>\n\n### ${title}\n\n${means}\n\n**Not from the gateway.** ${row.never}`
      const links = statuses.map((status) =>
        status === 'any' ? status : `[${status === '0' ? 'none' : status}](#status-${status})`,
      )
      const [status = ''] = statuses
      const twilio = status === '0' ? twilioDoes.none : twilioDoes[Number(status) >= 500 ? '5xx' : '4xx']
      const look = [`\`tollgate_verdicts_total{code="${code}"}\`, and \`"code":"${code}"\` in the log.`, row.look ?? '']
      const own = statusTexts[status] ?? otherStatuses[/** @type {'0'} */ (status)]
      const act = row.fix ?? (fix || own?.act || '')
      return renderSection({
        id: code,
        title,
        means: `${means} Status: ${links.join(' or ')}.`,
        codes: [],
        twilio,
        look: look.join(' ').trim(),
        act,
        again: row.again ?? own?.again,
      })
    })
    .join('\n\n')
}

/**
 * @param {{ id: string, title: string, means: string, codes: readonly string[], twilio: string,
 *   look: string, act: string, again?: string | undefined }} section
 */
function renderSection({ id, title, means, codes, twilio, look, act, again = notSeen }) {
  const list = codes.length === 0 ? '' : ` Codes: ${codes.join(', ')}.`
  // A heading has an id of its own, which can differ between GitHub and the site.
  const anchor = id === title.toLowerCase().replace(' ', '-') ? '' : `<a id="${id}"></a>\n\n`
  return `${anchor}### ${title}

${means}${list}

- **Twilio:** ${twilio}
- **Look at:** ${look}
- **Do:** ${act}
- **Send again:** ${again}`
}

const notSeen =
  'the backend has not seen the request. Once the reason is gone, [send it again](#send-a-webhook-again) if it was genuine.'

/**
 * Renders a page with its blocks.
 * @param {string} page
 * @param {Source} source
 */
export function renderPage(page, source) {
  return readFileSync(join(root, page), 'utf8').replace(block, (_all, start, name, end) => {
    const render = blocks[name]
    if (render === undefined) throw new Error(`${page} has a block "${name}", which no program writes.`)
    return `${start}${render(source)}\n${end}`
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const source = await readSource()
  for (const page of pages) writeFileSync(join(root, page), renderPage(page, source))
}
