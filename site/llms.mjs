import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../tools/run.mjs'
import { listPages, listSections, placeOf, titleOf } from './pages.mjs'

// The pages for language models, in the format of https://llmstxt.org.

const summary =
  'Tollgate proves that Twilio sent a request. It is a JavaScript library for every runtime and framework, with a ' +
  'verifying proxy, a command line and a diagnosis that says why a signature does not match.'

const about = `The npm package is \`tollgate\`. Never build the URL from the Host header or from forwarding headers: an attacker sets them.
Give the URL that Twilio calls as \`publicUrl\`. The Auth Token comes from \`TWILIO_AUTH_TOKEN\`. Mount the guard before body
parsers, and read parameters from the webhook. In tests, sign requests with \`tollgate/testing\` and do not switch the
check off.`

// Sentences that say how a page came about, or the same on many pages.
const dull = /writes this page|^\*\*Answer:|^Use "Report a vulnerability"/

const head = `# Tollgate\n\n> ${summary}\n\n${about}`

/** Returns the first sentence of a page, without links. @param {string} page */
function describePage(page) {
  const text = readPage(page).replace(/```[\s\S]*?```|<!--[\s\S]*?-->/g, '')
  const sentences = text.split(/\n\s*\n/).flatMap((paragraph) => {
    const label = /^\*\*[^*]+\.\*\*(?= )/
    const prose = paragraph.trim().replace(/\s+/g, ' ').replace(/^> /, '').replace(label, '').trim()
    return /^[A-Z*`[]/.test(prose) && !prose.endsWith(':') ? prose.split(/(?<=[.!?]) (?=[A-Z`[*])/) : []
  })
  const [first = ''] = sentences.filter((sentence) => !dull.test(sentence))
  return first.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('**', '')
}

/** @param {string} page */
function readPage(page) {
  return readFileSync(join(root, page), 'utf8')
}

/** Where the page is on the site. @param {string} page */
function linkTo(page) {
  const { homepage } = JSON.parse(readPage('release.json'))
  const path = placeOf(page).replace(/\.md$/, '.html')
  return homepage === '' ? `/${path}` : new URL(path, homepage.replace(/\/?$/, '/')).href
}

/** Renders the list of pages. */
export function renderList() {
  const sections = listSections().filter(({ pages }) => pages.length > 0)
  const isOptional = (/** @type {{ title: string }} */ { title }) => /^(Decisions|More)$/.test(title)
  const optional = sections.filter(isOptional).flatMap(({ pages }) => pages)
  // llmstxt.org: a reader who needs less may skip the section with this name.
  return [...sections.filter((section) => !isOptional(section)), { title: 'Optional', pages: optional }]
    .reduce(
      (text, { title, pages }) =>
        `${text}\n\n## ${title}\n\n${pages.map((page) => `- [${titleOf(page)}](${linkTo(page)}): ${describePage(page)}`).join('\n')}`,
      head,
    )
    .concat('\n')
}

/** Lists the guides and the pages of frameworks. */
export function listGuides() {
  const others =
    /^docs\/(codes|decisions)\/|^docs\/(attacks|audit|benchmarks|broken-validators|command-line|frameworks|gateway|inspector|mutation|runtimes)\.md$/
  return listPages().filter((page) => page.startsWith('docs/') && !others.test(page))
}

/** Renders the text of all guides, each under the heading of its page. */
export function renderFull() {
  const texts = listGuides().map((page) =>
    readPage(page)
      .replace(/^<!-- from .* -->\n/gm, '')
      .trim(),
  )
  return [head, ...texts].join('\n\n').concat('\n')
}

/** Writes both pages into the built site. @param {string} out */
export function writeLlms(out) {
  writeFileSync(join(out, 'llms.txt'), renderList())
  writeFileSync(join(out, 'llms-full.txt'), renderFull())
}
