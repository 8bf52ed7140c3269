import { call, type DirectRow, get, handshake, origin, parsed, post, sms, toObject } from './direct.ts'

/** Changes of the URL. */
export const directUrlRows: readonly DirectRow[] = [
  {
    name: 'a step of a call',
    expected: ['scheme'],
    request: post(`${origin}/gather`, { params: call }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    name: 'the app sees http',
    expected: ['scheme'],
    request: post(`${origin}/sms`),
    options: { publicUrl: 'http://api.example.com' },
  },
  { name: 'Twilio uses http', expected: ['scheme'], request: post('http://api.example.com/sms') },
  {
    name: 'the Host header differs from publicUrl',
    expected: ['host'],
    request: post('https://hooks.example.com/sms', { headers: { host: 'hooks.example.com' } }),
  },
  {
    name: 'a proxy names the host',
    expected: ['host'],
    request: post('https://hooks.example.com/sms', { headers: { 'x-forwarded-host': 'a.example, hooks.example.com' } }),
  },
  {
    name: 'an old host',
    expected: ['host'],
    request: post('https://old.example.com/sms'),
    options: { otherHosts: ['old.example.com'] },
  },
  {
    name: 'a Forwarded host',
    expected: ['host'],
    request: post('https://f.example.com/sms', {
      headers: { forwarded: 'for=1.2.3.4;host="f.example.com";proto=https' },
    }),
  },
  {
    name: 'a host outside the list',
    expected: ['host'],
    request: post(`${origin}/sms`, { headers: { host: 'localhost:3000' } }),
    options: { publicUrl: [origin, 'https://b.example.com'] },
  },
  {
    name: 'a host in capitals',
    expected: ['host_case'],
    request: post('https://API.Example.com/sms', { headers: { host: 'API.Example.com' } }),
  },
  {
    name: 'publicUrl in capitals',
    expected: ['host_case'],
    request: post(`${origin}/sms`),
    options: { publicUrl: 'https://API.example.com' },
  },
  {
    name: 'a port in the console',
    expected: ['port'],
    request: post('https://api.example.com:8443/sms', { headers: { 'x-forwarded-port': '8443' } }),
  },
  { name: 'a usual port', expected: ['port'], request: post('https://api.example.com:3000/sms') },
  {
    name: 'a stripped prefix that the proxy names',
    expected: ['path_prefix'],
    request: post(`${origin}/hooks7/sms`, { url: '/sms', headers: { 'x-forwarded-prefix': '/hooks7' } }),
  },
  {
    name: 'a stripped prefix, in X-Original-URL',
    expected: ['path_prefix'],
    request: post(`${origin}/hooks7/sms`, { url: '/sms', headers: { 'x-original-url': '/hooks7/sms' } }),
  },
  { name: 'an added prefix', expected: ['path_prefix'], request: post(`${origin}/sms`, { url: '/internal/sms' }) },
  { name: 'Supabase', expected: ['path_prefix'], request: post(`${origin}/functions/v1/sms`, { url: '/sms' }) },
  { name: 'API Gateway', expected: ['path_prefix'], request: post(`${origin}/prod/sms`, { url: '/sms' }) },
  { name: 'Netlify', expected: ['path_prefix'], request: post(`${origin}/.netlify/functions/sms`, { url: '/sms' }) },
  {
    name: 'a prefix of one’s own',
    expected: ['path_prefix'],
    request: post(`${origin}/t-7/sms`, { url: '/sms' }),
    options: { prefixes: ['/t-7'] },
  },
  {
    name: 'a mount point that is the whole path',
    expected: ['path_prefix'],
    request: post(`${origin}/t-7/sms`, { url: '/' }),
    options: { prefixes: ['/t-7/sms'] },
  },
  {
    name: 'publicUrl repeats the prefix',
    expected: ['path_prefix'],
    request: post(`${origin}/hooks7/sms`),
    options: { publicUrl: `${origin}/hooks7` },
  },
  {
    name: 'a decoded path',
    expected: ['path_encoding'],
    request: post(`${origin}/sms/caf%C3%A9/a%20b`, { url: '/sms/café/a%20b' }),
  },
  {
    name: 'an encoded path',
    expected: ['path_encoding'],
    request: post(`${origin}/sms/user:7@x`, { url: '/sms/user%3A7%40x' }),
  },
  {
    name: 'lower-case hex',
    expected: ['path_encoding'],
    request: post(`${origin}/sms/caf%C3%A9`, { url: '/sms/caf%c3%a9' }),
  },
  { name: 'a decoded slash', expected: ['path_encoding'], request: post(`${origin}/sms/a%2Fb`, { url: '/sms/a/b' }) },
  { name: 'a slash added', expected: ['trailing_slash'], request: post(`${origin}/sms`, { url: '/sms/' }) },
  { name: 'a slash dropped', expected: ['trailing_slash'], request: post(`${origin}/sms/`, { url: '/sms' }) },
  { name: 'an index page', expected: ['trailing_slash'], request: post(`${origin}/sms/`, { url: '/sms/index.php' }) },
  {
    name: 'signed with its userinfo',
    expected: ['userinfo'],
    request: post('https://user:pass@api.example.com/sms'),
    options: { publicUrl: 'https://user:pass@api.example.com' },
  },
  {
    name: 'userinfo from Basic authentication',
    expected: ['userinfo'],
    request: post('https://user:pass@api.example.com/sms', {
      headers: { authorization: `Basic ${btoa('user:pass')}` },
    }),
  },
  {
    name: 'a fragment passed to the verifier',
    expected: ['fragment'],
    request: post(`${origin}/sms`, { url: '/sms#rc=2' }),
  },
  {
    name: 'a fragment signed',
    expected: ['fragment'],
    request: post(`${origin}/sms#rc=2`, { url: '/sms' }),
    options: { publicUrl: `${origin}#rc=2` },
  },
  {
    name: 'a handshake at a route of express-ws',
    expected: ['path_prefix'],
    request: { ...handshake('wss://api.example.com/stream'), url: '/stream/.websocket' },
  },
  { name: 'a handshake signed as https', expected: ['websocket_scheme'], request: handshake(`${origin}/stream`) },
  {
    name: 'a handshake without its Upgrade',
    expected: ['websocket_scheme'],
    request: { ...handshake('wss://api.example.com/stream', { upgrade: undefined }), handshake: false },
  },
  {
    name: 'a handshake at a route that does not open sockets',
    expected: ['websocket_scheme'],
    request: { ...handshake('wss://api.example.com/stream'), handshake: false },
  },
  {
    name: 'a query whose value a log hid',
    expected: ['query_missing'],
    suspected: true,
    request: post(`${origin}/sms?code=a1b2`, { url: '/sms?code=***' }),
  },
  {
    name: 'a lost query',
    expected: ['query_missing'],
    request: post(`${origin}/sms?tenant=7`, { url: '/sms', headers: { 'x-original-uri': '/sms?tenant=7' } }),
  },
  {
    name: 'an added parameter',
    expected: ['query_extra'],
    request: post(`${origin}/sms?tenant=7`, { url: '/sms?tenant=7&x-vercel-id=1' }),
  },
  {
    name: 'a query of the proxy',
    expected: ['query_extra'],
    request: post(`${origin}/sms`, { url: '/sms?route=sms' }),
  },
  {
    name: 'a sorted query',
    expected: ['query_order'],
    request: get(`${origin}/v?z=1&a=2&m=3`, { url: '/v?a=2&m=3&z=1' }),
  },
  { name: '%20 for +', expected: ['query_encoding'], request: get(`${origin}/v?a=x+y`, { url: '/v?a=x%20y' }) },
  {
    name: 'a query written as a form',
    expected: ['query_encoding'],
    request: get(`${origin}/v?a=x:y@z,(1)`, { url: '/v?a=x%3Ay%40z%2C%281%29' }),
  },
  {
    name: 'a decoded query',
    expected: ['query_encoding'],
    request: get(`${origin}/v?a=x%3Ay%40z`, { url: '/v?a=x:y@z' }),
  },
  {
    name: 'query and parameters as one',
    expected: ['query_counted_as_params'],
    request: parsed({ tenant: '7', ...toObject(sms) }, sms, `${origin}/sms?tenant=7`),
  },
  {
    name: 'a GET with its query as parameters',
    expected: ['query_counted_as_params'],
    request: { ...get(`${origin}/v?a=1&b=2`), params: { a: '1', b: '2' } },
  },
  {
    name: 'forwarding headers from a proxy that is not trusted',
    expected: ['forwarding_headers'],
    request: post('http://api.example.com/sms', { headers: { 'x-forwarded-proto': 'http' } }),
    options: { fromRequest: { allowedHosts: ['api.example.com'] } },
  },
  {
    // https://serverdevworker.com/2256ba447: proxy_pass http://app/hooks/$1?$args
    name: 'a "?" that a proxy added without a query',
    expected: ['query_extra'],
    request: post(`${origin}/hooks/sms`, { url: '/hooks/sms?' }),
  },
  {
    // https://serverdevworker.com/2256ba447: proxy_pass http://app/$request_uri
    name: 'a second slash at the start of the path',
    expected: ['path_prefix'],
    request: post(`${origin}/sms`, { url: '//sms' }),
  },
  {
    // https://github.com/kubernetes/ingress-nginx/issues/3733
    name: 'a prefix that a header names as a regular expression',
    expected: ['path_prefix'],
    request: post(`${origin}/my-service/sms`, { url: '/sms', headers: { 'x-forwarded-prefix': '/my-service/?(.*)' } }),
  },
  {
    // https://github.com/geostrategists/react-router-aws/pull/11
    name: 'a host in a header that a function of a CDN writes',
    expected: ['host'],
    request: post('https://hooks.example.com/sms', {
      headers: { host: 'abcdef.lambda-url.us-east-1.on.aws', 'x-viewer-host': 'hooks.example.com' },
    }),
    options: { publicUrl: 'https://abcdef.lambda-url.us-east-1.on.aws' },
  },
  {
    name: 'an "&" at the end of the query',
    expected: ['query_extra'],
    request: post(`${origin}/sms?a=1`, { url: '/sms?a=1&' }),
  },
  {
    // https://github.com/cloudflare/cloudflared/issues/50
    name: 'a Host that a tunnel replaced, and a list with the right host',
    expected: ['host'],
    request: post('https://app.example.com/sms', { headers: { host: 'localhost:3000' } }),
    options: { publicUrl: ['https://app.example.com', 'https://other.example.com'] },
  },
]
