const portable = ['vectors', 'verifier', 'attacks']
const onNode = [...portable, 'fetch adapter', 'node adapter', 'entry points']
const onWorkerd = [...portable, 'fetch adapter', 'entry points']

const behindProxy = [
  'publicUrl',
  'fromRequest, X-Forwarded-*',
  'fromRequest, Forwarded (RFC 7239)',
  'spoofed headers',
  'queries and paths as they were sent',
  'targets that are no URL',
]

/** The suites that each table must have of each name; of a framework, those of any of its versions and set-ups. */
export const expected = {
  runtimes: {
    'Node.js 20': onNode,
    'Node.js 22': onNode,
    'Node.js 24': onNode,
    'Node.js 26': onNode,
    Deno: [...portable, 'fetch adapter'],
    Bun: [...portable, 'fetch adapter'],
    workerd: onWorkerd,
    'workerd, nodejs_compat': onWorkerd,
    Chromium: portable,
  },
  proxies: {
    nginx: behindProxy,
    Apache: [...behindProxy, 'trailing slash'],
    HAProxy: behindProxy,
    Caddy: behindProxy,
  },
  frameworks: Object.fromEntries(
    [
      'node',
      'fetch',
      'express',
      'fastify',
      'koa',
      'hono',
      'nest',
      'next',
      'h3',
      'sveltekit',
      'astro',
      'react-router',
      'elysia',
      'lambda',
      'azure',
      'ws',
    ].map((name) => [name, ['adapter']]),
  ),
}
