import {
  authToken,
  type DirectRow,
  event,
  get,
  json,
  mapped,
  origin,
  parsed,
  post,
  signature,
  sms,
  withSignature,
} from './direct.ts'

/** Two and three causes at once. */
export const directTogetherRows: readonly DirectRow[] = [
  {
    name: 'a prefix behind an http proxy',
    expected: ['scheme', 'path_prefix'],
    request: post(`${origin}/hooks7/sms`, {
      url: '/sms',
      headers: { 'x-forwarded-prefix': '/hooks7', 'x-forwarded-proto': 'https' },
    }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'scheme and host',
    expected: ['scheme', 'host'],
    request: post(`${origin}/sms`, { headers: { host: 'localhost:3000', 'x-forwarded-host': 'api.example.com' } }),
    options: { publicUrl: 'http://localhost:3000' },
  },
  {
    name: 'scheme and slash',
    expected: ['scheme', 'trailing_slash'],
    request: post(`${origin}/sms`, { url: '/sms/' }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'host and port',
    expected: ['host', 'port'],
    request: post('https://hooks.example.com:8443/sms', { headers: { host: 'hooks.example.com:8443' } }),
  },
  {
    name: 'trimmed and nulled',
    expected: ['params_trimmed', 'params_null'],
    request: parsed(Object.fromEntries(sms.map(([name, value]) => [name, value.trim() || null])), sms),
  },
  {
    name: 'trimmed and blanks dropped',
    expected: ['params_trimmed', 'params_blank_dropped'],
    request: post(`${origin}/sms`, {
      sent: sms.map(([name, value]) => [name, value.trim()] as const).filter(([, value]) => value !== ''),
    }),
  },
  {
    name: 'scheme and blanks',
    expected: ['scheme', 'params_blank_dropped'],
    request: post(`${origin}/sms`, { sent: sms.filter(([, value]) => value !== '') }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'scheme and token',
    expected: ['scheme', 'token_whitespace'],
    request: post(`${origin}/sms`),
    options: { publicUrl: 'http://api.example.com', authToken: ` ${authToken}` },
  },
  {
    name: 'prefix and token',
    expected: ['path_prefix', 'token_quoted'],
    request: post(`${origin}/api/sms`, { url: '/sms' }),
    options: { authToken: `'${authToken}'` },
  },
  {
    name: 'token spaced and quoted',
    expected: ['token_whitespace', 'token_quoted'],
    request: post(`${origin}/sms`),
    options: { authToken: `"${authToken}\n"` },
  },
  {
    name: 'hash lost, JSON written again',
    expected: ['body_hash_missing', 'body_reserialized'],
    request: json(event.trim(), { url: '/events', body: JSON.stringify(JSON.parse(event)) }),
  },
  {
    name: 'JSON written again and trimmed',
    expected: ['body_reserialized', 'body_whitespace'],
    request: json(event, { body: JSON.stringify(JSON.parse(event)) }),
  },
  {
    name: 'scheme and JSON written again',
    expected: ['scheme', 'body_reserialized'],
    request: json(event.trim(), { body: JSON.stringify(JSON.parse(event)) }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'order and encoding',
    expected: ['query_order', 'query_encoding'],
    request: get(`${origin}/v?z=a+b&a=2`, { url: '/v?a=2&z=a%20b' }),
  },
  {
    name: 'scheme and query',
    expected: ['scheme', 'query_encoding'],
    request: get(`${origin}/v?z=a:b&a=2`, { url: '/v?z=a%3Ab&a=2' }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'plus lost and trimmed',
    expected: ['params_plus_as_space', 'params_trimmed'],
    request: post(`${origin}/sms`, {
      params: sms.map(([name, value]) => [name, name === 'Body' ? 'Hi' : value] as const),
      sent: sms.map(([name, value]) => [name, name === 'Body' ? 'Hi' : value.replaceAll('+', ' ').trim()] as const),
    }),
  },
  {
    name: 'signature re-encoded behind http',
    expected: ['scheme', 'signature_encoding'],
    request: withSignature(encodeURIComponent(signature)),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'three of a proxy',
    expected: ['scheme', 'host', 'path_prefix'],
    request: post(`${origin}/hooks7/sms`, {
      url: '/sms',
      headers: { host: 'localhost:3000', 'x-forwarded-host': 'api.example.com', 'x-forwarded-prefix': '/hooks7' },
    }),
    options: { publicUrl: 'http://localhost:3000' },
  },
  {
    name: 'three of a framework',
    expected: ['scheme', 'trailing_slash', 'params_trimmed'],
    request: post(`${origin}/sms`, { url: '/sms/', sent: mapped((value) => value.trim()) }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'prefix, blanks and token',
    expected: ['path_prefix', 'params_blank_dropped', 'token_whitespace'],
    request: post(`${origin}/api/sms`, { url: '/sms', sent: sms.filter(([, value]) => value !== '') }),
    options: { authToken: `${authToken} ` },
  },
]
