import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import { root } from './run.mjs'

/**
 * @typedef {object} Kind
 * @property {'GET' | 'POST'} method
 * @property {keyof typeof places} body
 * @property {boolean} neverRepeats
 * @property {boolean} mayBeAlike
 * @property {string | undefined} repeated
 * @property {boolean} batch
 * @property {readonly { name: string, always: boolean }[]} parameters
 * @property {readonly Condition[]} rule
 *
 * @typedef {{ name: string, isAbsent: boolean, values: readonly string[] | undefined }} Condition
 *
 * @typedef {object} Description
 * @property {string} text
 * @property {readonly { url: string, month: string | undefined }[]} pages
 */

const places = { form: 'a form', query: 'the query of a GET', json: 'JSON', handshake: 'a WebSocket handshake' }
const rows = join(root, 'packages/tollgate/src/schemes/twilio/webhooks')
const twilioDocs = 'https://www.twilio.com/docs/'

/**
 * Reads the rows of all kinds, and the comments above them.
 * @returns {Promise<readonly { name: string, row: Kind, description: Description }[]>} by name
 */
export async function readKinds() {
  const { kinds } = await importKinds()
  const descriptions = readDescriptions()
  return Object.keys(kinds)
    .sort()
    .map((name) => {
      const description = descriptions.get(name)
      if (description === undefined) throw new Error(`The row of "${name}" needs a comment that describes it.`)
      return { name, row: kinds[name], description }
    })
}

/** Renders the page of the kinds. */
export async function renderKinds() {
  const sections = (await readKinds()).map(({ name, row, description }) => renderKind(name, row, description))
  return `<!-- Written by \`node tools/webhook-schemas.mjs\`; change the rows in packages/tollgate/src/schemes/twilio/webhooks instead. -->

# Kinds of webhook

No parameter says which kind of webhook you have. So \`kindOf(params)\` recognises it by its parameters, and returns one of
the names on this page. [Parameters](parameters.md) shows how you read them with types, and [testing your
webhooks](testing-your-webhooks.md) how \`sampleWebhook(kind)\` makes one.

A kind is sent as a form and may be delivered twice, unless it says something else. If it never repeats, the [replay
guard](replay.md) with \`whenRepeated: 'reject'\` refuses a second delivery. If two
events may be alike, the guard marks nothing: the second one may be new.

- **Recognised by**: all conditions must be true. \`!Name\` is absent, and \`Name=a|b*\` has one of these values, where \`*\`
  stands for any ending.
- **Always sent**: promised by Twilio's page, or needed to recognise the kind. \`isKind\` is true only if all are present.
  \`{N}\` stands for an index from 0, and \`{To,From}{City,State}\` for the four names.
- **Source**: Twilio's page, and the month in which we compared our list with it. Without a month, our list comes from
  captures, other people's code and parts of the page, so please tell us if it is wrong.

${sections.join('\n\n')}

There is no kind for faxes, because Twilio no longer offers them.
`
}

/** @param {string} kind @param {Kind} row @param {Description} description */
function renderKind(kind, { body, neverRepeats, mayBeAlike, parameters, rule }, { text, pages }) {
  const conditions = rule.map(({ name, isAbsent, values }) => {
    return `${isAbsent ? '!' : ''}${name}${values ? `=${values.join('|')}` : ''}`
  })
  const always = parameters.filter((one) => one.always).map(({ name }) => name)
  const sometimes = parameters.filter((one) => !one.always).map(({ name }) => name)
  const sources = pages.map(
    ({ url, month }) => `[${url.replace(twilioDocs, '').replace(/#.*/, '')}](${url})${month ? ` (${month})` : ''}`,
  )
  const facts = [
    ...(body === 'form' ? [] : [`Sent as: ${places[body]}`]),
    `Recognised by: ${listCode(conditions) || 'nothing'}`,
    ...(neverRepeats ? ['Never repeats'] : mayBeAlike ? ['Two events may be alike'] : []),
    ...(always.length > 0 ? [`Always sent: ${listParameters(always)}`] : []),
    ...(sometimes.length > 0 ? [`Sometimes sent: ${listParameters(sometimes)}`] : []),
    `Source: ${sources.join(', ') || 'not documented'}`,
  ]
  return `## ${kind}\n\n${text}\n\n${facts.map((fact) => `- ${fact}`).join('\n')}`
}

/** @param {readonly string[]} words */
function listCode(words) {
  return words.map((word) => `\`${word}\``).join(', ')
}

const parts = ['City', 'State', 'Zip', 'Country']

/**
 * Lists parameters. The places of several numbers become one entry.
 * @param {readonly string[]} names
 */
function listParameters(names) {
  const whole = ['To', 'From', 'Called', 'Caller'].filter((end) => parts.every((part) => names.includes(end + part)))
  const places = whole.flatMap((end) => parts.map((part) => end + part))
  const others = names.filter((name) => !places.includes(name))
  return listCode(whole.length === 0 ? names : [...others, `{${whole.join(',')}}{${parts.join(',')}}`])
}

/** Imports the table of kinds from the source. */
async function importKinds() {
  const { outputFiles } = await build({
    entryPoints: [join(rows, 'index.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? '').toString('base64')}`)
}

/**
 * Reads the comments above the rows. A line with a URL is a source, the other lines describe the
 * kind.
 */
function readDescriptions() {
  /** @type {Map<string, Description>} */
  const found = new Map()
  for (const file of readdirSync(rows).filter((name) => name.endsWith('.ts') && !name.endsWith('.sample.ts'))) {
    const text = readFileSync(join(rows, file), 'utf8')
    /** @param {ts.Node} node */
    const visit = (node) => {
      if (ts.isPropertyAssignment(node) && (ts.isStringLiteral(node.name) || ts.isIdentifier(node.name)))
        addDescription(found, node.name.text, readComment(text, node))
      else ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest))
  }
  return found
}

/** @param {string} text @param {ts.Node} node */
function readComment(text, node) {
  const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []
  return ranges.map(({ pos, end }) => text.slice(pos, end).replace(/^\/\/ ?/, ''))
}

/** @param {Map<string, Description>} found @param {string} kind @param {readonly string[]} lines */
function addDescription(found, kind, lines) {
  if (lines.length === 0) return
  const isUrl = (/** @type {string} */ line) => line.startsWith('https://')
  const pages = lines.filter(isUrl).map((line) => {
    const [url = '', month] = line.split(' ')
    return { url, month: month?.replace(/[()]/g, '') }
  })
  found.set(kind, { text: lines.filter((line) => !isUrl(line)).join(' '), pages })
}
