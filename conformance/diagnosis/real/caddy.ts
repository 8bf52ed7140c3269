import { app, httpOfHost, httpsOfHost, type Site, type Wrap } from './site.ts'

export const wrapCaddy: Wrap = (lines, port, { crt, key }) => `https://:${port} {
  tls ${crt} ${key}
${lines}
}`

export const caddySites: readonly Site[] = [
  {
    name: 'reverse_proxy, and http',
    webhook: 'conversations-onDeliveryUpdated',
    lines: 'reverse_proxy APP',
    options: { signedUrl: httpOfHost },
    expected: ['scheme'],
  },
  {
    name: 'header_up Host',
    webhook: 'voice-gather-dtmf',
    lines: 'reverse_proxy APP {\n header_up Host {upstream_hostport}\n}',
    options: { signedUrl: httpsOfHost },
    expected: ['host'],
  },
  {
    name: 'header_up Host, and http',
    webhook: 'whatsapp-inbound-location',
    lines: 'reverse_proxy APP {\n header_up Host {upstream_hostport}\n}',
    options: { signedUrl: httpOfHost },
    expected: ['host', 'scheme'],
  },
  {
    name: 'header_up Host without the port',
    webhook: 'video-composition-available',
    wish: { url: 'https://app.example.com:8443/twilio/video/compositions' },
    lines: 'reverse_proxy APP {\n header_up Host {host}\n header_up X-Forwarded-Port 8443\n}',
    options: { signedUrl: httpsOfHost },
    expected: ['port'],
  },
  {
    name: 'handle_path strips a prefix',
    webhook: 'voice-intelligence-transcript',
    lines: 'handle_path /twilio/* {\n reverse_proxy APP\n}',
    expected: ['path_prefix'],
  },
  {
    name: 'handle_path strips a prefix, and http',
    webhook: 'message-status-delivered',
    lines: 'handle_path /twilio/* {\n reverse_proxy APP {\n header_up X-Forwarded-Prefix /twilio\n}\n}',
    options: { signedUrl: httpOfHost },
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'rewrite adds a prefix',
    webhook: 'sms-inbound',
    wish: { url: `${app}/sms` },
    lines: 'rewrite * /internal{uri}\nreverse_proxy APP',
    expected: ['path_prefix'],
  },
  {
    name: 'rewrite adds a slash',
    webhook: 'recording-completed',
    lines: 'rewrite * {path}/\nreverse_proxy APP',
    expected: ['trailing_slash'],
  },
  {
    name: 'rewrite adds a slash, and http',
    webhook: 'debugger-event',
    lines: 'rewrite * {path}/\nreverse_proxy APP',
    options: { signedUrl: httpOfHost },
    expected: ['scheme', 'trailing_slash'],
  },
  {
    name: 'rewrite leaves out the query',
    webhook: 'message-status-undelivered-override',
    lines: 'rewrite * {path}?\nreverse_proxy APP {\n header_up X-Forwarded-Uri {http.request.orig_uri}\n}',
    expected: ['query_missing'],
  },
  {
    name: 'uri query adds to the query',
    webhook: 'voice-gather-speech',
    lines: 'rewrite * {path}?{query}&via=edge\nreverse_proxy APP',
    expected: ['query_extra'],
  },
  {
    name: 'a path that handle_path re-encodes',
    webhook: 'sms-inbound',
    wish: { url: `${app}/hooks/o'neil(emea)/sms` },
    lines: 'handle_path /hooks/* {\n rewrite * /hooks{path}\n reverse_proxy APP\n}',
    expected: ['path_encoding'],
  },
  {
    name: 'header_up takes away the signature',
    webhook: 'conference-participant-join',
    lines: 'reverse_proxy APP {\n header_up -X-Twilio-Signature\n}',
    expected: ['signature_missing'],
  },
  {
    name: 'header_up takes away Upgrade',
    webhook: 'media-stream-handshake',
    lines: 'request_header -Upgrade\nreverse_proxy APP',
    expected: ['websocket_scheme'],
  },
]
