import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { rejectionPages } from './rejection-pages.mjs'
import { root } from './run.mjs'

/**
 * @typedef {{ title: string, symptom: string, reason: string, fix: string, fixes?: Record<string,
 *   string> }} Cause
 * @typedef {{ status: number, message: string }} Rejection
 */

/** The names of frameworks, platforms and proxies, in the order of the page. */
const places = {
  express: 'Express',
  fastify: 'Fastify',
  koa: 'Koa',
  hono: 'Hono',
  nest: 'Nest',
  next: 'Next',
  lambda: 'AWS Lambda',
  azure: 'Azure Functions',
  supabase: 'Supabase',
  netlify: 'Netlify',
  vercel: 'Vercel',
  firebase: 'Firebase, Cloud Functions',
  nginx: 'nginx',
  apache: 'Apache',
  caddy: 'Caddy',
  haproxy: 'HAProxy',
  alb: 'AWS load balancer (ALB)',
  ngrok: 'ngrok',
  cloudflare: 'Cloudflare',
}

/**
 * The questions of the decision page, most frequent answer first.
 * @type {readonly (readonly [question: string, ids: readonly string[]])[]}
 */
const questions = [
  [
    'Did **every** request start to fail behind a proxy, a tunnel or a load balancer?',
    ['scheme', 'host', 'port', 'host_case'],
  ],
  ['Does a body parser run before the check, or is the answer 500?', ['body_already_parsed']],
  [
    'Does every request fail although the URL is right?',
    ['token_of_other_account', 'token_whitespace', 'token_quoted', 'token_is_api_key', 'token_is_account_sid'],
  ],
  [
    'Does only JSON fail (Event Streams, Studio)?',
    ['body_reserialized', 'body_whitespace', 'body_hash_missing', 'json_taken_as_form'],
  ],
  [
    'Do only URLs with a query fail, or only GET?',
    ['query_encoding', 'query_counted_as_params', 'query_missing', 'query_order', 'query_extra'],
  ],
  ['Does the app see a different path than the Twilio console?', ['path_prefix', 'trailing_slash', 'path_encoding']],
  [
    'Do only some messages or numbers fail?',
    [
      'params_trimmed',
      'params_blank_dropped',
      'params_null',
      'params_plus_as_space',
      'params_repeats_dropped',
      'params_nested',
      'params_missing',
      'form_taken_as_json',
    ],
  ],
  ['Do only WebSocket streams fail?', ['websocket_scheme']],
  [
    'Is X-Twilio-Webhooks-Signature-Settings sent, or does the signature have 44 characters?',
    ['shared_key_unconfigured', 'algorithm'],
  ],
  ['Is the signature itself missing or malformed?', ['signature_missing', 'signature_encoding', 'signature_truncated']],
  ['Do you send the request yourself, or does the URL have an `@` or `#`?', ['userinfo', 'fragment']],
  ['None of these?', ['not_from_twilio']],
]

const mark = '<!-- Written by `npm run causes`; change the table of causes instead. -->'

/**
 * Reads the tables from the library's source.
 * @returns {Promise<{ causes: Record<string, Cause>, rejections: Record<string, Rejection> }>}
 */
async function readTables() {
  const source = join(root, 'packages/tollgate/src')
  const contents = "export { causes } from './diagnose/causes/index.ts'\nexport { rejections } from './verdict.ts'"
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: source, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? '').toString('base64')}`)
}

/**
 * Renders the pages.
 * @returns {Promise<Map<string, string>>} the text of each page, by its path from the root
 */
export async function renderPages() {
  const { causes, rejections } = await readTables()
  const pages = new Map([['docs/why-does-validation-fail.md', renderDecisions(causes, rejections)]])
  for (const [code, rejection] of Object.entries(rejections))
    pages.set(`docs/codes/${code}.md`, renderCode(code, rejection, causes))
  return pages
}

/** @param {Record<string, Cause>} causes @param {Record<string, Rejection>} rejections */
function renderDecisions(causes, rejections) {
  /** @param {string} id */
  const link = (id) => `[${causes[id]?.title}](#${anchor(id)})`
  const codes = Object.keys(rejections).map((code) => {
    const usual = (rejectionPages[code]?.causes ?? []).map(link).join(', ')
    return `| [\`${code}\`](codes/${code}.md) | ${rejections[code]?.status} | ${usual || 'see its page'} |`
  })
  const asked = questions.map(
    ([question, ids], index) => `| ${index + 1} | ${question} | ${ids.map(link).join(', ')} |`,
  )
  return `${mark}

# Why does validation fail?

The signature covers the whole URL that Twilio requested. It also covers every form parameter or, through
\`bodySHA256\`, every byte of the body. If validation fails, something between Twilio and your code changed one of these, or
the key is wrong. [\`diagnose\`](diagnosis.md) finds out which: it tries the causes on this page and says which one makes
the signature match. Or answer these questions in order. The most frequent causes are first.

| | question | likely cause |
|---|---|---|
${asked.join('\n')}

## From the rejection code

\`onVerdict\` and the log have the code. The caller never sees it.

| code | status | usual causes |
|---|---|---|
${codes.join('\n')}

# The causes

${questions
  .flatMap(([, ids]) => ids)
  .map((id) => renderCause(id, causes[id]))
  .join('\n\n')}
`
}

/** @param {string} id */
function anchor(id) {
  return id
}

/** @param {string} id @param {Cause | undefined} cause */
function renderCause(id, cause) {
  if (cause === undefined) throw new Error(`There is no cause "${id}".`)
  const fixes = Object.entries(places).flatMap(([place, name]) => {
    const fix = cause.fixes?.[place]
    return fix === undefined ? [] : [`| ${name} | ${escapeCell(fix)} |`]
  })
  const table = fixes.length === 0 ? '' : `\n\n| with | do this |\n|---|---|\n${fixes.join('\n')}`
  return `<a id="${anchor(id)}"></a>

## ${cause.title}

\`${id}\`

**Symptom.** ${cause.symptom}

**Reason.** ${cause.reason}

**Fix.** ${cause.fix}${table}`
}

/** @param {string} text */
function escapeCell(text) {
  return text.replaceAll('|', '\\|')
}

/** @param {string} code @param {Rejection} rejection @param {Record<string, Cause>} causes */
function renderCode(code, { status, message }, causes) {
  const page = rejectionPages[code]
  if (page === undefined) throw new Error(`The code "${code}" has no row in tools/rejection-pages.mjs.`)
  const usual = page.causes.map((id) => {
    const cause = causes[id]
    if (cause === undefined) throw new Error(`There is no cause "${id}".`)
    return `- [${cause.title}](../why-does-validation-fail.md#${anchor(id)}): ${cause.fix}`
  })
  return `${mark}

# ${code}

> ${message}

**Answer:** ${status}${status === 403 ? ', "Twilio Request Validation Failed.", the same for every code with this status' : ''}.

**Meaning.** ${page.means}

**Check.**

${page.look.map((line) => `- ${line}`).join('\n')}

${usual.length === 0 ? '' : `**Usual causes.**\n\n${usual.join('\n')}\n\n`}**What to do.** ${page.fix}

[\`diagnose\`](../diagnosis.md) names the cause: pass it to the verifier. All causes: [why does validation fail?](../why-does-validation-fail.md)
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await renderPages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
