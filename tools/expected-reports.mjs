const portable = ['vectors', 'verifier', 'sendgrid', 'attacks']
const onNode = [...portable, 'fetch adapter', 'node adapter', 'entry points']
const onWorkerd = [...portable, 'fetch adapter', 'entry points']

const behindProxy = [
  'publicUrl',
  'fromRequest, X-Forwarded-*',
  'fromRequest, Forwarded (RFC 7239)',
  'spoofed headers',
  'queries and paths as they were sent',
  'targets that are not URLs',
]

// Every supported major version and platform of each adapter. A set-up may follow, such as
// "nest 11, Express".
const frameworks = [
  'node',
  'fetch',
  'express 4',
  'express 5',
  'functions-framework 5',
  'fastify 5',
  'koa 3',
  'hono 4 on node-server',
  'hono 4 on Deno',
  'hono 4 on Bun',
  'hono 4 on workerd',
  'nest 11, Express',
  'nest 11, Fastify',
  'nest 12, Express',
  'nest 12, Fastify',
  'next 15, App Router',
  'next 16, App Router',
  'next 16, Pages Router',
  'h3 1',
  'h3 1 in Nitro 2',
  'h3 2',
  'h3 2 in Nitro 3',
  'sveltekit 3',
  'astro 7',
  'react-router 8',
  'elysia 1.4',
  'elysia 1.4, @elysiajs/node',
  'elysia 1.4 on Bun',
  'lambda, REST API',
  'lambda, HTTP API',
  'lambda, Function URL',
  'lambda, ALB',
  'middy 7',
  'azure',
  'ws: a plain upgrade handler',
  'ws: ws',
  'ws: @fastify/websocket',
  'ws: @hono/node-server',
]

/** The suites that each table must have for each name. A framework's set-ups count together. */
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
  frameworks: Object.fromEntries(frameworks.map((name) => [name, ['adapter']])),
  hostile: Object.fromEntries(frameworks.map((name) => [name, ['hostile requests']])),
}
