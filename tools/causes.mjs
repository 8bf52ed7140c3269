import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { rejectionPages } from './rejection-pages.mjs'
import { root } from './run.mjs'

/**
 * @typedef {{ title: string, symptom: string, reason: string, fix: string, question?: string,
 *   codes?: readonly string[], fixes?: Record<string, string> }} Cause
 * @typedef {{ status: number, message: string }} Rejection
 * @typedef {{ causes: Record<string, Cause>, sendGridCauses: Record<string, Cause>, questions: Record<string, string>, places:
 *   Record<string, string>, rejections: Record<string, Rejection> }} Tables
 */

const pageOfTwilio = 'why-does-validation-fail.md'
const pageOfSendGrid = 'why-does-sendgrid-validation-fail.md'

const mark = '<!-- Written by `npm run causes`; change the table of causes instead. -->'

/**
 * Bundles a part of the library's source and imports it.
 * @template T
 * @param {string} source the folder
 * @param {string} contents the module to bundle, with imports relative to the folder
 * @returns {Promise<T>} the module
 */
export async function bundleSource(source, contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: source, loader: 'ts' },
    alias: { '#hmac': join(source, 'hmac/node.ts'), '#ecdsa': join(source, 'ecdsa/node.ts') },
    platform: 'node',
    bundle: true,
    format: 'esm',
    write: false,
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? '').toString('base64')}`)
}

const tables = `export { causes, sendGridCauses } from './diagnose/index.ts'
export { places, questions } from './diagnose/causes/row.ts'
export { rejections } from './verdict.ts'`

/**
 * Renders the pages.
 * @param {string} [source] the folder of the library's source
 * @returns {Promise<Map<string, string>>} the text of each page, by its path from the root
 */
export async function renderPages(source = join(root, 'packages/tollgate/src')) {
  /** @type {Tables} */
  const read = await bundleSource(source, tables)
  const pages = new Map([
    [`docs/${pageOfTwilio}`, renderDecisions(read)],
    [`docs/${pageOfSendGrid}`, renderSendGrid(read)],
  ])
  for (const [code, rejection] of Object.entries(read.rejections))
    pages.set(`docs/codes/${code}.md`, renderCode(code, rejection, read))
  return pages
}

/**
 * Groups the causes by their question, in the order of the questions.
 * @param {Tables} tables
 * @returns {readonly (readonly [question: string, ids: readonly string[]])[]}
 */
function groupByQuestion({ causes, questions }) {
  return Object.entries(questions).map(([key, question]) => [
    question,
    Object.keys(causes).filter((id) => causes[id]?.question === key),
  ])
}

/**
 * Lists the causes that are usual for a code.
 * @param {string} code
 * @param {Record<string, Cause>} causes
 */
function listUsual(code, causes) {
  return Object.keys(causes).filter((id) => causes[id]?.codes?.includes(code))
}

/** @param {Tables} tables */
function renderDecisions(tables) {
  const { causes, places, rejections } = tables
  /** @param {string} id */
  const link = (id) => `[${causes[id]?.title}](#${id})`
  const codes = Object.keys(rejections).map((code) => {
    const usual = listUsual(code, causes).map(link).join(', ')
    return `| [\`${code}\`](codes/${code}.md) | ${rejections[code]?.status} | ${usual || 'see its page'} |`
  })
  const groups = groupByQuestion(tables)
  const asked = groups.map(([question, ids], index) => `| ${index + 1} | ${question} | ${ids.map(link).join(', ')} |`)
  return `${mark}

# Why does validation fail?

Your server refuses Twilio's webhooks, although you have done what the documentation says. The signature covers the whole
URL that Twilio requested, and every form parameter or, through \`bodySHA256\`, every byte of the body. So if validation
fails, something between Twilio and your code changed one of these, or the key is wrong. [\`diagnose\`](diagnosis.md) finds
out which: it tries the causes on this page and tells you which one makes the signature match. If you prefer to look
yourself, answer these questions in order, because the most frequent causes are first.

| | question | likely cause |
|---|---|---|
${asked.join('\n')}

## From the rejection code

If you already know the rejection code, you can start with it. You find it in your log, and in \`onVerdict\`. The caller
never sees it, because an attacker could learn from it. Each code has a page with what to check first.

| code | status | usual causes |
|---|---|---|
${codes.join('\n')}

# The causes

Each section begins with the id that \`diagnose\` prints. It then says how you recognise the cause, why it happens and
how you fix it. If your framework, platform or proxy is in the table of a section, follow its row.

${groups
  .flatMap(([, ids]) => ids)
  .map((id) => renderCause(id, causes[id], places))
  .join('\n\n')}
`
}

/** @param {Tables} tables */
function renderSendGrid({ sendGridCauses: causes }) {
  return `${mark}

# Why does the validation of SendGrid's requests fail?

Your server refuses SendGrid's webhooks, although you have set the public key. The signature covers the timestamp and every
byte of the body, but not the URL. So if validation fails, something between SendGrid and your code changed one of these,
or the key is wrong. \`diagnoseSendGrid\` of \`tollgate/diagnose\` finds out for you which it is: see [the Event
Webhook](sendgrid-event-webhook.md). These are the causes that it knows, and another page is about [Twilio's
requests](${pageOfTwilio}).

${Object.entries(causes)
  .map(([id, cause]) => renderCause(id, cause, {}))
  .join('\n\n')}
`
}

/** @param {string} id @param {Cause | undefined} cause @param {Record<string, string>} places */
function renderCause(id, cause, places) {
  if (cause === undefined) throw new Error(`There is no cause "${id}".`)
  const fixes = Object.entries(places).flatMap(([place, name]) => {
    const fix = cause.fixes?.[place]
    return fix === undefined ? [] : [`| ${name} | ${escapeCell(markAddresses(fix))} |`]
  })
  const table = fixes.length === 0 ? '' : `\n\n| with | do this |\n|---|---|\n${fixes.join('\n')}`
  return `<a id="${id}"></a>

## ${cause.title}

\`${id}\`

**Symptom.** ${cause.symptom}

**Reason.** ${cause.reason}

**Fix.** ${markAddresses(cause.fix)}${table}`
}

/**
 * Shows an example of an address as code, because sites make a link of it otherwise.
 * @param {string} text
 */
function markAddresses(text) {
  return text.replace(/"(https?:[^"]+)"/g, '`$1`')
}

/** @param {string} text */
function escapeCell(text) {
  return text.replaceAll('|', '\\|')
}

/** @param {string} code @param {Rejection} rejection @param {Tables} tables */
function renderCode(code, { status, message }, { causes, sendGridCauses }) {
  const page = rejectionPages[code]
  if (page === undefined) throw new Error(`The code "${code}" has no row in tools/rejection-pages.mjs.`)
  /** @param {string} file @param {Record<string, Cause>} table */
  const list = (file, table) =>
    listUsual(code, table).map(
      (id) => `- [${table[id]?.title}](../${file}#${id}): ${markAddresses(table[id]?.fix ?? '')}`,
    )
  const usual = [...list(pageOfSendGrid, sendGridCauses), ...list(pageOfTwilio, causes)]
  const body =
    status === 403
      ? ' The sender reads only "Twilio Request Validation Failed.", as for every code with this status, because an attacker could learn from more.'
      : ''
  return `${mark}

# ${code}

> ${message}

Your log has this message because Tollgate refused a request, and answered it with status ${status}.${body} If Twilio sent the request, [its log](../twilio-error-codes.md) shows this answer too.

**Meaning.** ${page.means}

**Check first:**

${page.look.map((line) => `- ${line}`).join('\n')}

${usual.length === 0 ? '' : `**Usual causes, each with its fix:**\n\n${usual.join('\n')}\n\n`}**What to do.** ${page.fix}

If you are not sure, pass [\`diagnose\`](../diagnosis.md) to the verifier during development: it names the cause of the next refused request. Or go through all causes in [why does validation fail?](../why-does-validation-fail.md)
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await renderPages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
