import { otherToken, sharedKey } from '../webhooks.ts'
import { app, forwardedScheme, httpOfHost, httpsOfHost, type Site, type Wrap } from './site.ts'

export const wrapNginx: Wrap = (lines, port, { crt, key }) => `server {
  listen 127.0.0.1:${port} ssl;
  ssl_certificate ${crt};
  ssl_certificate_key ${key};
${lines}
}`

const host = 'proxy_set_header Host $http_host;'

export const nginxSites: readonly Site[] = [
  {
    name: 'no X-Forwarded-Proto',
    webhook: 'sms-inbound',
    lines: `location / { proxy_pass http://APP; ${host} }`,
    options: { signedUrl: forwardedScheme },
    expected: ['scheme'],
  },
  {
    name: 'the default Host of proxy_pass, and X-Forwarded-Host',
    webhook: 'voice-gather-speech',
    lines: 'location / { proxy_pass http://APP; proxy_set_header X-Forwarded-Host $http_host; }',
    options: { signedUrl: httpsOfHost },
    expected: ['host'],
  },
  {
    name: 'the default Host of proxy_pass, and http',
    webhook: 'voice-inbound-get',
    lines: `location / { proxy_pass http://APP; proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme; }`,
    options: { signedUrl: httpOfHost },
    expected: ['host', 'scheme'],
  },
  {
    name: '$host drops the port',
    webhook: 'message-status-delivered',
    wish: { url: 'https://app.example.com:8443/twilio/status' },
    lines: 'location / { proxy_pass http://APP; proxy_set_header Host $host; proxy_set_header X-Forwarded-Port 8443; }',
    options: { signedUrl: httpsOfHost },
    expected: ['port'],
  },
  {
    name: '$host drops the port, and a prefix is stripped',
    webhook: 'conference-end',
    wish: { url: 'https://app.example.com:8443/twilio/conf' },
    lines: `location /twilio/ { proxy_pass http://APP/; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-Port 8443; proxy_set_header X-Forwarded-Prefix /twilio; }`,
    options: { signedUrl: httpsOfHost },
    expected: ['path_prefix', 'port'],
  },
  {
    name: 'a location that strips its prefix',
    webhook: 'whatsapp-inbound-text',
    lines: `location /twilio/ { proxy_pass http://APP/; ${host} proxy_set_header X-Original-URI $request_uri; }`,
    expected: ['path_prefix'],
  },
  {
    name: 'a location that strips its prefix, and http',
    webhook: 'voice-status-completed',
    lines: `location /twilio/ { proxy_pass http://APP/; ${host} }`,
    options: { signedUrl: httpOfHost },
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'a location that strips its prefix, another Host, and http',
    webhook: 'debugger-event',
    lines: `location /twilio/ { proxy_pass http://APP/; proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Forwarded-Prefix /twilio; }`,
    options: { signedUrl: httpOfHost },
    expected: ['host', 'path_prefix', 'scheme'],
  },
  {
    name: 'a location that adds a prefix',
    webhook: 'studio-http-request-json',
    wish: { url: `${app}/studio?flow=ivr` },
    lines: `location / { proxy_pass http://APP/internal/; ${host} }`,
    expected: ['path_prefix'],
  },
  {
    name: 'a proxy_pass with a path decodes %7E',
    webhook: 'recording-completed',
    wish: { url: `${app}/%7Eacme/recording` },
    lines: `location / { proxy_pass http://APP/; ${host} }`,
    expected: ['path_encoding'],
  },
  {
    name: 'a rewrite adds a slash',
    webhook: 'voice-gather-dtmf',
    lines: `location / { rewrite ^(.*[^/])$ $1/ break; proxy_pass http://APP; ${host} }`,
    expected: ['trailing_slash'],
  },
  {
    name: 'a rewrite adds a slash, and http',
    webhook: 'taskrouter-event',
    lines: `location / { rewrite ^(.*[^/])$ $1/ break; proxy_pass http://APP; ${host} }`,
    options: { signedUrl: httpOfHost },
    expected: ['scheme', 'trailing_slash'],
  },
  {
    name: '$uri leaves out the query',
    webhook: 'voice-gather-dtmf',
    lines: `location / { proxy_pass http://APP$uri; ${host} proxy_set_header X-Original-URI $request_uri; }`,
    expected: ['query_missing'],
  },
  {
    name: 'a rewrite adds to the query',
    webhook: 'sms-inbound',
    lines: `location / { rewrite ^/twilio/(.*)$ /twilio/$1?route=$1 break; proxy_pass http://APP; ${host} }`,
    expected: ['query_extra'],
  },
  {
    name: 'no Upgrade',
    webhook: 'media-stream-handshake',
    lines: `location / { proxy_pass http://APP; ${host} }`,
    expected: ['websocket_scheme'],
  },
  {
    name: 'headers are named one by one, the signature is not',
    webhook: 'transcription-legacy',
    lines: `location / { proxy_pass http://APP; proxy_pass_request_headers off; ${host}
      proxy_set_header Content-Type $content_type; proxy_set_header User-Agent $http_user_agent; }`,
    expected: ['signature_missing'],
  },
  {
    name: 'headers are named one by one, the settings are not',
    webhook: 'sms-inbound-sharedkey-sha256',
    wish: { sharedKey },
    lines: `location / { proxy_pass http://APP; proxy_pass_request_headers off; ${host}
      proxy_set_header Content-Type $content_type; proxy_set_header X-Twilio-Signature $http_x_twilio_signature; }`,
    options: { sharedKeys: { [sharedKey.id]: sharedKey.secret } },
    expected: ['algorithm'],
    // No settings header names the key, nor with it the algorithm.
    or: [['shared_key_unconfigured']],
  },
  {
    name: 'the type is set to JSON',
    webhook: 'conversations-onMessageAdded',
    lines: `location / { proxy_pass http://APP; ${host} proxy_set_header Content-Type application/json; }`,
    expected: ['form_taken_as_json'],
  },
  {
    name: 'the default Host of proxy_pass, and the token of a subaccount',
    webhook: 'subaccount-sms',
    wish: { token: otherToken },
    lines: 'location / { proxy_pass http://APP; proxy_set_header X-Forwarded-Host $http_host; }',
    options: { signedUrl: httpsOfHost, otherTokens: { subaccount: otherToken } },
    expected: ['host', 'token_of_other_account'],
  },
]
