const routed = {
  sms: 'sms',
  'billing/paid': 'billing-paid',
  ':a/sms': 'a-sms',
  ':a/:b/:c': 'a-b-c',
  'files/*': 'files',
}

// A splat does not match the root, so the root would answer 405.
export default [
  ...Object.entries(routed).map(([path, file]) => ({ path: `routed/${path}`, file: `routed/${file}.js` })),
  { path: '*', file: 'webhook.js' },
  { index: true, id: 'index', file: 'webhook.js' },
]
