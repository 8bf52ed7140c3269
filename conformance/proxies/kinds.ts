import { type StartProxy, startApache, startCaddy, startHaproxy, startNginx } from '../../tools/services/proxies.mjs'

/**
 * Targets that no URL can have, as bytes, and some that a server may refuse for their length or
 * form.
 */
export const oddTargets = {
  'a raw space': '/sms?q=a b',
  'a raw control character': '/sms?q=a\x01b',
  'a raw DEL': '/sms?q=a\x7fb',
  'raw bytes beyond ASCII': '/sms?q=\xc3\xbc',
  'a raw #': '/sms?q=a#b',
  'a lone % in the path': '/a%',
  '9 KB': `/sms?q=${'a'.repeat(9 * 1024)}`,
  '40 KB': `/sms?q=${'a'.repeat(40 * 1024)}`,
  'an absolute URL of another host': 'http://evil.example/sms',
  'an asterisk': '*',
} as const

type OddTarget = keyof typeof oddTargets

/** A proxy, its configurations and its known behaviour. */
export interface ProxyKind {
  readonly name: string
  readonly start: StartProxy
  /**
   * The configurations of the documentation: the main one, the one for RFC 7239, and for Apache
   * that of index pages.
   */
  readonly sites: { readonly forwarding: string; readonly forwarded: string; readonly index?: string }
  /**
   * A careless site, as they are common: it keeps the forwarding headers of the client, or adds to
   * them.
   */
  readonly careless: string
  /** The behaviour of the careless site if a client sends X-Forwarded-Host twice. */
  readonly repeats: 'kept' | 'reduced to the last'
  /**
   * Targets of `oddTargets` that the proxy answers itself, with the status. The others reach the
   * app.
   */
  readonly answers: Readonly<Partial<Record<OddTarget, number>>>
  /** Targets that the careless site re-encodes when it strips /twilio. */
  readonly reencodes?: readonly string[]
  /** Cases that the proxy makes impossible, with its behaviour. They still run, and must fail. */
  readonly exceptions: Readonly<Record<string, string>>
}

const nginx: ProxyKind = {
  name: 'nginx',
  start: startNginx,
  sites: { forwarding: 'nginx.conf', forwarded: 'nginx-forwarded.conf' },
  careless: `map $http_x_forwarded_proto $listed_proto {
  "" $scheme;
  default "$http_x_forwarded_proto, $scheme";
}
server {
  listen 443 ssl;
  ssl_certificate /etc/ssl/example.com.crt;
  ssl_certificate_key /etc/ssl/example.com.key;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-Proto $listed_proto;
  location / {
    proxy_pass http://127.0.0.1:3000;
  }
  location /twilio/ {
    proxy_pass http://127.0.0.1:3000/;
  }
}`,
  repeats: 'kept',
  answers: {
    'a raw space': 400,
    'a raw control character': 400,
    'a raw DEL': 400,
    'a lone % in the path': 400,
    '9 KB': 414,
    '40 KB': 414,
    'an asterisk': 400,
  },
  reencodes: ['/%7Ea', '/a%2Fb', '/%e2%82%ac', '/a//b', '/a/./b', '/sms?'],
  exceptions: {
    'a path with %00': 'it answers 400 itself',
    'a path with %00, a prefix stripped': 'it answers 400 itself',
  },
}

const apache: ProxyKind = {
  name: 'Apache',
  start: startApache,
  sites: { forwarding: 'apache.conf', forwarded: 'apache-forwarded.conf', index: 'apache-index.conf' },
  careless: `<VirtualHost *:443>
  SSLEngine on
  SSLCertificateFile /etc/ssl/example.com.crt
  SSLCertificateKeyFile /etc/ssl/example.com.key
  ProxyPreserveHost On
  RequestHeader append X-Forwarded-Proto https
  ProxyPass "/" "http://127.0.0.1:3000/"
</VirtualHost>`,
  repeats: 'kept',
  answers: {
    'a raw space': 400,
    'a raw control character': 400,
    'a raw DEL': 400,
    'a raw #': 400,
    'a lone % in the path': 400,
    '9 KB': 414,
    '40 KB': 414,
    'an asterisk': 400,
  },
  exceptions: {
    'a path with %00': 'it answers 404 itself',
    'a path with %00, a prefix stripped': 'it answers 404 itself',
  },
}

const haproxy: ProxyKind = {
  name: 'HAProxy',
  start: startHaproxy,
  sites: { forwarding: 'haproxy.cfg', forwarded: 'haproxy-forwarded.cfg' },
  careless: `listen careless
  mode http
  bind :443 ssl crt /etc/ssl/example.com.pem
  http-request add-header X-Forwarded-Proto https
  http-request add-header X-Forwarded-Host %[req.hdr(Host)]
  server app 127.0.0.1:3000`,
  repeats: 'kept',
  answers: {
    'a raw space': 400,
    'a raw control character': 400,
    'a raw DEL': 400,
    'raw bytes beyond ASCII': 400,
    'a raw #': 400,
    '40 KB': 400,
    'an absolute URL of another host': 400,
    'an asterisk': 400,
  },
  exceptions: {},
}

const caddy: ProxyKind = {
  name: 'Caddy',
  start: startCaddy,
  sites: { forwarding: 'Caddyfile', forwarded: 'Caddyfile-forwarded' },
  careless: `https://app.example.com {
  tls /etc/ssl/example.com.crt /etc/ssl/example.com.key
  reverse_proxy 127.0.0.1:3000 {
    trusted_proxies 127.0.0.0/8
  }
}`,
  repeats: 'reduced to the last',
  answers: {
    'a raw space': 400,
    'a raw control character': 400,
    'a raw DEL': 400,
    'a lone % in the path': 400,
    // The empty page for an unknown host.
    'an absolute URL of another host': 200,
  },
  exceptions: {
    "a path with a raw ', a prefix stripped": 'it escapes the apostrophe, and the request still verifies',
    'a path with raw ( ) ! * ~ $ , : @ =, a prefix stripped': 'it escapes some raw characters',
    'a path with raw | and [': 'it escapes a raw | and [',
    'a path with raw | and [, a prefix stripped': 'it escapes a raw | and [',
    'a path with //, a prefix stripped': 'it merges the two slashes',
  },
}

export const proxyKinds: readonly ProxyKind[] = [nginx, apache, haproxy, caddy]
