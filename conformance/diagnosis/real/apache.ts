import { app, httpOfHost, httpsOfHost, type Site, type Wrap } from './site.ts'

export const wrapApache: Wrap = (lines, port, { crt, key }) => `<VirtualHost *:${port}>
  SSLEngine on
  SSLCertificateFile ${crt}
  SSLCertificateKeyFile ${key}
  RewriteEngine On
${lines}
</VirtualHost>`

export const apacheSites: readonly Site[] = [
  {
    name: 'ProxyPass, and http',
    webhook: 'voice-dial-action',
    lines: 'ProxyPreserveHost On\nProxyPass "/" "http://APP/"',
    options: { signedUrl: httpOfHost },
    expected: ['scheme'],
  },
  {
    name: 'ProxyPass without ProxyPreserveHost',
    webhook: 'message-status-delivered',
    lines: 'ProxyPass "/" "http://APP/"',
    options: { signedUrl: httpsOfHost },
    expected: ['host'],
  },
  {
    name: 'ProxyPass without ProxyPreserveHost, and http',
    webhook: 'event-streams-batch',
    lines: 'ProxyPass "/" "http://APP/"\nRequestHeader set X-Forwarded-Proto https',
    options: { signedUrl: httpOfHost },
    expected: ['host', 'scheme'],
  },
  {
    name: 'ProxyPass strips a prefix',
    webhook: 'voice-amd-async',
    lines: 'ProxyPreserveHost On\nProxyPass "/twilio/" "http://APP/"',
    expected: ['path_prefix'],
  },
  {
    name: 'ProxyPass strips a prefix, and http',
    webhook: 'event-streams-test',
    lines: 'ProxyPreserveHost On\nProxyPass "/twilio/" "http://APP/"\nRequestHeader set X-Forwarded-Prefix /twilio',
    options: { signedUrl: httpOfHost },
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'ProxyPass strips a prefix and the port',
    webhook: 'proxy-interaction',
    wish: { url: 'https://app.example.com:8443/twilio/proxy' },
    lines: `ProxyPreserveHost On
RequestHeader set Host app.example.com
RequestHeader set X-Forwarded-Port 8443
ProxyPass "/twilio/" "http://APP/"`,
    options: { signedUrl: httpsOfHost },
    expected: ['path_prefix', 'port'],
  },
  {
    name: 'RewriteRule adds a slash',
    webhook: 'sms-inbound',
    lines: 'ProxyPreserveHost On\nRewriteRule ^(.*[^/])$ http://APP$1/ [P]',
    expected: ['trailing_slash'],
  },
  {
    name: 'RewriteRule decodes the path',
    webhook: 'voice-sip-inbound',
    wish: { url: `${app}/twilio/%7Eacme/sip` },
    lines: 'ProxyPreserveHost On\nRewriteRule ^(.*)$ http://APP$1 [P]',
    expected: ['path_encoding'],
  },
  {
    name: 'RewriteRule discards the query',
    webhook: 'voice-gather-speech',
    lines: `ProxyPreserveHost On
RewriteRule ^ - [E=ORIGINAL:%{REQUEST_URI}?%{QUERY_STRING}]
RequestHeader set X-Original-URL "%{ORIGINAL}e"
RewriteRule ^(.*)$ http://APP$1 [P,QSD]`,
    expected: ['query_missing'],
  },
  {
    name: 'RewriteRule puts its route before the query',
    webhook: 'message-status-undelivered-override',
    lines: 'ProxyPreserveHost On\nRewriteRule ^/(.*)$ http://APP/$1?route=$1 [P,QSA]',
    expected: ['query_extra'],
  },
  {
    name: 'no upgrade=websocket',
    webhook: 'conversationrelay-handshake-query',
    lines: 'ProxyPreserveHost On\nProxyPass "/" "http://APP/"\nRequestHeader unset Upgrade early',
    expected: ['websocket_scheme'],
  },
  {
    name: 'RequestHeader unsets the signature',
    webhook: 'whatsapp-inbound-button',
    lines: 'ProxyPreserveHost On\nProxyPass "/" "http://APP/"\nRequestHeader unset X-Twilio-Signature',
    expected: ['signature_missing'],
  },
]
