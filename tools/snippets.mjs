import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'

// Matches <!-- from examples/readme/options.mjs#proxy --> and the fenced block below it, which
// holds that region of that file.
const snippet = /<!-- from ([\w./+-]+)(?:#([\w-]+))? -->\n```(\w+)\n([\s\S]*?)```/g

/** The pages that have snippets. */
export function listPages() {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  return [
    'README.md',
    'packages/tollgate/README.md',
    'packages/cli/README.md',
    'packages/schemas/README.md',
    'packages/calls/README.md',
    'site/index.md',
    'skills/tollgate/SKILL.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ]
}

/** Returns the page with every snippet copied from its file. @param {string} page */
export function renderPage(page) {
  return readPage(page).replace(
    snippet,
    (_all, file, region, language) =>
      `<!-- from ${file}${region ? `#${region}` : ''} -->\n\`\`\`${language}\n${readRegion(file, region)}\`\`\``,
  )
}

/** Lists the source files of a page's snippets. @param {string} page @returns {string[]} */
export function listSources(page) {
  return listSnippets(page).map(({ file }) => file)
}

/** Lists the snippets of a page. @param {string} page */
export function listSnippets(page) {
  return [...readPage(page).matchAll(snippet)].map(([, file = '', , , code = '']) => ({ file, code }))
}

/**
 * Lists fenced JavaScript that does not come from a file.
 * @param {string} page
 * @returns {string[]}
 */
export function listLooseSnippets(page) {
  const loose = readPage(page).replace(snippet, '')
  return [...loose.matchAll(/```(?:js|mjs|ts|javascript|typescript)\n([\s\S]*?)```/g)].map(([, code = '']) => code)
}

/** @param {string} page */
export function readPage(page) {
  return readFileSync(join(root, page), 'utf8')
}

/** @param {string} file @param {string | undefined} region */
function readRegion(file, region) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  if (region === undefined) return lines.filter((line) => !isMark(line)).join('\n')
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`)
  const length = lines.slice(start + 1).findIndex((line) => line.trim() === '// #endregion')
  if (start === -1 || length === -1) throw new Error(`${file} has no region "${region}".`)
  const body = lines.slice(start + 1, start + 1 + length)
  const indent = Math.min(...body.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)))
  const text = body.map((line) => line.slice(indent)).join('\n')
  return `${text.trimEnd()}\n`
}

/** @param {string} line */
function isMark(line) {
  return /^\s*\/\/ #(region|endregion)/.test(line)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const page of listPages()) writeFileSync(join(root, page), renderPage(page))
