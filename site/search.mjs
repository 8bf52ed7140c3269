import { placeOf } from './pages.mjs'

/**
 * The words that readers search for, by page or by section of a page. Words of the page itself are
 * found without an entry. A page that does not exist yet may have one.
 * @type {Readonly<Record<string, string>>}
 */
export const keywords = {
  'README.md': 'get started install quick start',
  'docs/behind-a-proxy.md': 'behind a proxy load balancer reverse proxy',
  'docs/behind-a-proxy.md#trailing-slashes': 'trailing slash either',
  'docs/frameworks/twilio-functions.md': 'Twilio Functions serverless runtime protected',
  'docs/frameworks/ws.md': 'WebSocket Media Streams ConversationRelay',
  'docs/get-webhooks.md': 'GET callback webhook method query',
  'docs/inspector.md': 'test locally localhost development tunnel dev',
  'docs/many-tenants.md': 'many tenants customers domains hosts',
  'docs/migrating-from-twilio.md': 'migrate from twilio validateRequest webhook codemod switch',
  'docs/oauth-webhooks.md': 'OAuth Bearer token JWT',
  'docs/platforms.md#ngrok': 'behind ngrok tunnel',
  'docs/platforms.md#supabase': 'Supabase Edge Functions',
  'docs/rotation-and-shared-keys.md#rotating-an-auth-token': 'rotate a token Auth Token rotation secondary',
  'docs/several-instances.md': 'several instances cluster shared store Redis',
  'docs/status-callbacks.md': 'status callback delivery MessageStatus CallStatus',
  'docs/studio.md': 'Studio flow HTTP request widget',
  'docs/subaccounts.md': 'subaccounts subaccount',
  'docs/testing-your-webhooks.md': 'test locally unit test mock sign request',
  'docs/typescript.md': 'TypeScript types',
  'docs/without-an-adapter.md': 'createVerifier verify own framework server other Hapi Restify uWebSockets',
  'docs/why-does-validation-fail.md': 'validation fails 403 invalid signature mismatch debug',
}

/**
 * The keywords by the id that VitePress gives to a section: its address. Those of a page belong to
 * its title.
 */
const keywordsById = new Map(
  Object.entries(keywords).map(([name, words]) => {
    const [page = '', anchor] = name.split('#')
    const address = `/${placeOf(page).replace(/\.md$/, '.html')}`
    return [anchor === undefined ? address : `${address}#${anchor}`, words]
  }),
)

/** @typedef {{ id: string, titles: string[] } & Record<string, unknown>} Section */

// VitePress sends these functions to the browser as text, where no other name of this file exists.
// It calls `extractField` only during the build. It types neither `fields` nor this function's use.
/** @type {{}} */
const indexOptions = {
  fields: ['title', 'titles', 'text', 'keywords'],
  /** @param {Section} section @param {string} field */
  extractField: (section, field) => {
    if (field !== 'keywords') return section[field]
    const isTitle = section.titles?.length === 0
    return keywordsById.get(section.id) ?? (isTitle && keywordsById.get(section.id.replace(/#.*/, ''))) ?? ''
  },
  /** @param {string} term */
  processTerm: (term) => (/^(a|an|the|of|and)$/i.test(term) ? null : term.toLowerCase()),
}

/** The options of VitePress's search, which is MiniSearch. */
export const searchOptions = {
  miniSearch: {
    options: indexOptions,
    searchOptions: {
      boost: { keywords: 8, title: 4, text: 2, titles: 1 },
      // A word of three letters is close to many others: "get", "set", "let".
      /** @param {string} term */
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      // Guides come first, then what only looks similar in decisions and the reference.
      /** @param {string} id */
      boostDocument: (id) =>
        /^\/(reference|decisions)\/|^\/(changelog|contributing)\./.test(id)
          ? 0.05
          : /^\/(mutation|benchmarks|runtimes|broken-validators|attacks)\./.test(id)
            ? 0.5
            : 1,
    },
  },
}
