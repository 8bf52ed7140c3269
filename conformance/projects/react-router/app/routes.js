// A splat does not match the root, so the root would answer 405.
export default [
  { path: '*', file: 'webhook.js' },
  { index: true, id: 'index', file: 'webhook.js' },
]
