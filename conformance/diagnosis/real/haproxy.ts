import { sharedKey } from '../webhooks.ts'
import { app, forwardedScheme, httpOfHost, httpsOfHost, type Site, type Wrap } from './site.ts'

export const wrapHaproxy: Wrap = (lines, port, { pem }) => `listen site${port}
  mode http
  bind 127.0.0.1:${port} ssl crt ${pem}
${lines}
  server app APP`

export const haproxySites: readonly Site[] = [
  {
    name: 'no X-Forwarded-Proto',
    webhook: 'voice-inbound',
    lines: '',
    options: { signedUrl: forwardedScheme },
    expected: ['scheme'],
  },
  {
    name: 'set-header Host',
    webhook: 'mms-inbound-group',
    lines: `http-request set-header X-Forwarded-Host %[req.hdr(Host)]
http-request set-header Host backend.internal`,
    options: { signedUrl: httpsOfHost },
    expected: ['host'],
  },
  {
    name: 'set-header Host, and http',
    webhook: 'conversation-orchestrator',
    lines: `http-request set-header X-Forwarded-Host %[req.hdr(Host)]
http-request set-header Host backend.internal:8080`,
    options: { signedUrl: httpOfHost },
    expected: ['host', 'scheme'],
  },
  {
    name: 'the port taken out of Host',
    webhook: 'voice-status-completed',
    wish: { url: 'https://app.example.com:8443/twilio/call-status' },
    lines: 'http-request set-header X-Forwarded-Port 8443\nhttp-request set-header Host %[req.hdr(Host),field(1,:)]',
    options: { signedUrl: httpsOfHost },
    expected: ['port'],
  },
  {
    name: 'the port taken out of Host, and http',
    webhook: 'sms-inbound',
    wish: { url: 'https://app.example.com:8443/twilio/sms' },
    lines: 'http-request set-header X-Forwarded-Port 8443\nhttp-request set-header Host %[req.hdr(Host),field(1,:)]',
    options: { signedUrl: httpOfHost },
    expected: ['port', 'scheme'],
  },
  {
    name: 'replace-path strips a prefix',
    webhook: 'transcription-realtime-content',
    lines: 'http-request replace-path /twilio(/.*) \\1',
    expected: ['path_prefix'],
  },
  {
    name: 'replace-path strips a prefix, and http',
    webhook: 'sms-inbound',
    lines: 'http-request set-header X-Original-URL %[pathq]\nhttp-request replace-path /twilio(/.*) \\1',
    options: { signedUrl: httpOfHost },
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'replace-path adds a slash',
    webhook: 'voice-gather-dtmf',
    lines: 'http-request replace-path (.*[^/]) \\1/',
    expected: ['trailing_slash'],
  },
  {
    name: 'set-uri with the path alone',
    webhook: 'voice-inbound-get',
    lines: 'http-request set-header X-Original-URL %[pathq]\nhttp-request set-uri %[path]',
    expected: ['query_missing'],
  },
  {
    name: 'set-query adds to the query',
    webhook: 'studio-http-request-json',
    lines: 'http-request set-query %[query]&via=edge',
    expected: ['query_extra'],
  },
  {
    name: 'query-sort-by-name',
    webhook: 'voice-dial-action',
    wish: { url: `${app}/twilio/dial-done?tenant=7&agent=ana&queue=2` },
    lines: 'http-request normalize-uri query-sort-by-name',
    expected: ['query_order'],
  },
  {
    name: 'query-sort-by-name, and http',
    webhook: 'event-streams-batch',
    lines: 'http-request normalize-uri query-sort-by-name',
    options: { signedUrl: httpOfHost },
    expected: ['query_order', 'scheme'],
  },
  {
    name: 'percent-to-uppercase',
    webhook: 'message-status-delivered',
    wish: { url: `${app}/twilio/status?list=fr%c3%bchling%2fsommer` },
    lines: 'http-request normalize-uri percent-to-uppercase',
    expected: ['query_encoding'],
  },
  {
    name: 'percent-decode-unreserved',
    webhook: 'recording-completed',
    wish: { url: `${app}/%7Eacme%2Erecordings` },
    lines: 'http-request normalize-uri percent-decode-unreserved',
    expected: ['path_encoding'],
  },
  {
    name: 'del-header takes away the settings',
    webhook: 'event-streams-test',
    wish: { sharedKey },
    lines: 'http-request del-header x-twilio-webhooks- -m beg',
    options: { sharedKeys: { [sharedKey.id]: sharedKey.secret } },
    expected: ['algorithm'],
    // No settings header names the key, nor with it the algorithm.
    or: [['shared_key_unconfigured']],
  },
  {
    name: 'a path put back together, with a host of its own, and http',
    webhook: 'taskrouter-assignment',
    lines: `http-request set-header X-Forwarded-Host %[req.hdr(Host)]
http-request set-header X-Forwarded-Prefix /twilio
http-request set-header Host backend.internal
http-request replace-path /twilio(/.*) \\1`,
    options: { signedUrl: httpOfHost },
    expected: ['host', 'path_prefix', 'scheme'],
  },
]
