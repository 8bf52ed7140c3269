import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../tools/run.mjs'

/** The sections and their pages, in order. The other pages of a section's folder follow by name. */
const sections = [
  {
    title: 'Start',
    pages: [
      'README.md',
      'docs/options.md',
      'docs/testing-your-webhooks.md',
      'docs/rolling-out.md',
      'docs/migrating-from-twilio.md',
    ],
  },
  { title: 'Frameworks', pages: ['docs/frameworks.md'], folder: 'docs/frameworks' },
  {
    title: 'When a request is refused',
    pages: [
      'docs/why-does-validation-fail.md',
      'docs/twilio-error-codes.md',
      'docs/diagnosis.md',
      'docs/behind-a-proxy.md',
    ],
    folder: 'docs/codes',
  },
  {
    title: 'Guides',
    pages: [
      'docs/other-languages.md',
      'docs/cloudflare-workers.md',
      'docs/platforms.md',
      'docs/json-webhooks.md',
      'docs/get-webhooks.md',
      'docs/status-callbacks.md',
      'docs/studio.md',
      'docs/twiml.md',
      'docs/typescript.md',
      'docs/many-tenants.md',
      'docs/subaccounts.md',
      'docs/rotation-and-shared-keys.md',
      'docs/oauth-webhooks.md',
      'docs/replay.md',
      'docs/several-instances.md',
      'docs/without-an-adapter.md',
      'docs/parameters.md',
      'docs/stream-tickets.md',
      'docs/webhook-kinds.md',
      'docs/schemas.md',
      'docs/schemes.md',
      'docs/sendgrid-event-webhook.md',
      'docs/why-does-sendgrid-validation-fail.md',
      'docs/sendgrid-inbound-parse.md',
      'docs/migrating-from-sendgrid-eventwebhook.md',
    ],
  },
  {
    title: 'Programs',
    pages: [
      'docs/command-line.md',
      'docs/audit.md',
      'docs/calls.md',
      'docs/conform.md',
      'docs/gateway.md',
      'docs/operations.md',
      'docs/runbook.md',
      'docs/upgrading-the-gateway.md',
      'docs/inspector.md',
    ],
  },
  {
    title: 'Proof',
    pages: ['SECURITY.md', 'docs/attacks.md', 'docs/benchmarks.md', 'docs/mutation.md', 'docs/runtimes.md'],
  },
  { title: 'Decisions', pages: [], folder: 'docs/decisions' },
  { title: 'More', pages: ['CHANGELOG.md', 'CONTRIBUTING.md'] },
]

/**
 * Lists every page of the repository that the site shows.
 * @returns {string[]}
 */
export function listPages() {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  return [
    'README.md',
    'SECURITY.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    ...docs
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => `docs/${name}`),
  ]
}

/** The pages that only the site has: its front page and the playground. */
export const ownPages = ['site/index.md', 'site/playground.md']

/**
 * Returns the path of a page on the site: `docs/replay.md` is `replay.md`, and the README is
 * `overview.md`.
 * @param {string} page
 */
export function placeOf(page) {
  if (page === 'README.md') return 'overview.md'
  return /^(docs|site)\//.test(page) ? page.slice('docs/'.length) : page.toLowerCase()
}

/** @param {string} page */
export function titleOf(page) {
  if (page === 'README.md') return 'Overview'
  return /^# (.+)$/m.exec(readFileSync(join(root, page), 'utf8'))?.[1]?.replaceAll('`', '') ?? page
}

/** Lists the sections with the pages that exist. Every page is in exactly one section. */
export function listSections() {
  const all = listPages()
  return sections.map(({ title, pages, folder }) => {
    const named = pages.filter((page) => all.includes(page))
    const others = folder ? all.filter((page) => page.startsWith(`${folder}/`) && !named.includes(page)) : []
    return { title, pages: [...named, ...others] }
  })
}
