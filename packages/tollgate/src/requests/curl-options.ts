import { findNearest } from '../checks/options.ts'

// Options whose effect has the same name.
const named = [
  'header',
  'data',
  'data-raw',
  'data-binary',
  'data-urlencode',
  'json',
  'request',
  'user',
  'user-agent',
  'referer',
  'cookie',
  'url',
  'url-query',
  'request-target',
  'get',
  'head',
] as const

/**
 * The effect of a curl option on the request. Options with `value` (takes a value) or `ignore`
 * (takes none) have no effect. The others change the request, or are refused.
 */
export type CurlEffect = (typeof named)[number] | 'value' | 'ignore' | 'multipart' | 'upload' | 'refused'

const withoutValue: readonly CurlEffect[] = ['get', 'head', 'ignore']

export function takesValue(effect: CurlEffect): boolean {
  return !withoutValue.includes(effect)
}

function list(effect: CurlEffect, names: string): [string, CurlEffect][] {
  return names.split(/\s+/).map((name) => [name, effect])
}

// https://curl.se/docs/manpage.html
export const longOptions: ReadonlyMap<string, CurlEffect> = new Map([
  ...named.flatMap((name) => list(name, name)),
  ...list('data', 'data-ascii'),
  ...list('multipart', 'form form-string'),
  ...list('upload', 'upload-file'),
  ...list('refused', 'config variable proto-default'),
  ...list(
    'value',
    `output max-time connect-timeout write-out resolve connect-to proxy proxy-user cacert capath cert cert-type key
     key-type pass retry retry-delay retry-max-time cookie-jar limit-rate interface ciphers tls13-ciphers tls-max
     dump-header max-redirs noproxy unix-socket dns-servers range time-cond trace trace-ascii stderr keepalive-time
     expect100-timeout max-filesize local-port speed-limit speed-time curves pinnedpubkey output-dir socks5
     socks5-hostname preproxy parallel-max rate aws-sigv4 oauth2-bearer ipfs-gateway`,
  ),
  ...list(
    'ignore',
    `compressed insecure silent show-error location location-trusted verbose include fail fail-with-body globoff
     path-as-is http0.9 http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only no-buffer progress-bar
     no-progress-meter ipv4 ipv6 tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 ssl-reqd remote-name remote-header-name
     no-keepalive no-sessionid no-alpn no-npn tcp-nodelay tcp-fastopen junk-session-cookies disable basic digest
     anyauth negotiate ntlm create-dirs raw tr-encoding trace-time ssl ssl-allow-beast retry-connrefused
     retry-all-errors post301 post302 post303 proxytunnel styled-output proxy-insecure no-location no-compressed
     no-silent no-verbose no-include no-progress-bar no-globoff no-fail parallel`,
  ),
])

export const shortOptions: ReadonlyMap<string, CurlEffect> = new Map<string, CurlEffect>([
  ['H', 'header'],
  ['d', 'data'],
  ['X', 'request'],
  ['u', 'user'],
  ['A', 'user-agent'],
  ['e', 'referer'],
  ['b', 'cookie'],
  ['G', 'get'],
  ['I', 'head'],
  ['F', 'multipart'],
  ['T', 'upload'],
  ['K', 'refused'],
  [':', 'refused'],
  ...Array.from('omwxUEcCDrtyYzQ', (letter): [string, CurlEffect] => [letter, 'value']),
  ...Array.from('ksSLvifgN#460123OJjqpnlanBRZ', (letter): [string, CurlEffect] => [letter, 'ignore']),
])

/** Returns the option that a misspelled one probably means, with its dashes. */
export function nameLikeOption(name: string): string | undefined {
  const near = findNearest(name.replace(/^-+/, ''), [...longOptions.keys()])
  return near === undefined ? undefined : `--${near}`
}
