import { createHash } from 'node:crypto'
import type { CauseId } from '../src/diagnose/causes/index.ts'
import type { IncomingRequest, VerifierOptions } from '../src/index.ts'
import { kinds } from '../src/schemes/twilio/webhooks/index.ts'

/** A refused request as it is, read here without the code under test. */
export interface Refused {
  readonly request: IncomingRequest & { readonly params?: unknown }
  readonly options: VerifierOptions & { readonly fromRequest?: Readonly<Record<string, unknown>> }
  readonly code: string
  readonly body: Uint8Array | undefined
  /** The URLs that the user gave as those at Twilio. */
  readonly otherUrls?: readonly string[]
}

/**
 * One sentence of a suspicion. The groups of the pattern are what it names, and `isTrue` says from
 * the request and the options alone if it may be said.
 */
export type Claim = readonly [sentence: RegExp, isTrue: (refused: Refused, named: readonly string[]) => boolean]

function readHeader({ request }: Refused, name: string): string[] {
  return Object.entries(Object(request.headers))
    .filter(([one]) => one.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => [value].flat())
    .filter((value) => value !== undefined)
    .map(String)
}

const has = (refused: Refused, name: string): boolean => readHeader(refused, name).length > 0
const text = ({ body }: Refused): string => (body === undefined ? '' : Buffer.from(body).toString())
const isUtf8 = ({ body }: Refused): boolean => Buffer.from(text({ body } as Refused)).equals(Buffer.from(body ?? []))
const type = (refused: Refused): string => readHeader(refused, 'content-type').join()
const isForm = (refused: Refused): boolean => /^application\/x-www-form-urlencoded/i.test(type(refused).trim())
const query = ({ request: { url } }: Refused): string => /\?[^#]*/.exec(`${url}`)?.[0] ?? ''
const isEmpty = ({ body }: Refused): boolean => body === undefined || body.length === 0
const form = (refused: Refused): [string, string][] => [...new URLSearchParams(text(refused))]
const parsed = ({ request: { params } }: Refused): [string, unknown][] =>
  params instanceof Map || params instanceof URLSearchParams ? [...params] : Object.entries(Object(params))
/** The names and values of the form, of the query, or of what a parser made of them. */
const params = (refused: Refused): [string, unknown][] => [
  ...form(refused),
  ...new URLSearchParams(query(refused)),
  ...parsed(refused),
]
const names = (refused: Refused): string[] => params(refused).map(([name]) => name)
const hash = (refused: Refused): string | undefined => /[?&]bodySHA256(?:=|&|$)([^&]*)/i.exec(query(refused))?.[1]
const hasOtherHash = (refused: Refused): boolean =>
  hash(refused) !== undefined &&
  hash(refused)?.toLowerCase() !==
    createHash('sha256')
      .update(refused.body ?? '')
      .digest('hex')
const accounts = (refused: Refused): unknown[] => [
  ...new Set(
    params(refused)
      .filter(([name]) => ['AccountSid', 'account_sid', 'interactionAccountSid'].includes(name))
      .map(([, value]) => value),
  ),
]
/** Every token that the options hold. */
const tokens = ({ options: { authToken } }: Refused): string[] => {
  const list = authToken instanceof Map ? [...authToken.values()] : Object.values(Object(authToken))
  if (typeof authToken === 'function') {
    const found = (authToken as () => unknown)()
    return typeof found === 'string' ? [found] : []
  }
  return (typeof authToken === 'string' ? [authToken] : list).flat().map(String)
}
/** The look-up takes an argument, and does not name what Tollgate gives. */
const readsNoObject = ({ options: { authToken } }: Refused): boolean =>
  typeof authToken === 'function' && authToken.length === 1 && !`${authToken}`.includes('accountSid')
/** The status that Twilio's API gave to a look-up of the test, and whether that has an API key. */
const answered = ({ code, options: { authToken } }: Refused): { status?: number; hasKey?: boolean } =>
  code === 'key_lookup_failed' ? Object(authToken) : {}
/** The user named the URL that the options make of the request. */
const namesChecked = ({ request: { url }, options: { publicUrl }, otherUrls = [] }: Refused): boolean =>
  otherUrls.some((one) => `${publicUrl}${url}` === one || `${publicUrl}${url}`.startsWith(`${one}?bodySHA256=`))
const secrets = (refused: Refused): string[] => [
  ...tokens(refused),
  ...Object.values(Object(refused.options.sharedKeys)).map((key) => String(Object(key).secret ?? key)),
]
const urls = ({ options: { publicUrl } }: Refused): string[] =>
  [publicUrl].flat().filter((one): one is string => typeof one === 'string')
const isSigned = (refused: Refused): boolean =>
  readHeader(refused, 'x-twilio-signature').some((one) => one.trim() !== '')
const namesKey = (refused: Refused): boolean =>
  has(refused, 'x-twilio-webhooks-signature-settings') || has(refused, 'x-twilio-signature-key-sid')
const forwarding = ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded']
/** Every host that the request or the options name. */
const namesHost = (refused: Refused, host: string): boolean =>
  [
    ...Object.values(Object(refused.request.headers)).flat().map(String),
    ...urls(refused),
    `${refused.request.url}`,
    'localhost',
  ].some((one) => one.toLowerCase().includes(host.toLowerCase()))
/** JSON with all these names at its root, or one level below. */
const hasInJson = (refused: Refused, expected: readonly RegExp[]): boolean => {
  try {
    const json: unknown = JSON.parse(text(refused))
    return [json, ...Object.values(Object(json))].some((one) =>
      expected.every((name) => Object.keys(Object(one)).some((key) => name.test(key))),
    )
  } catch {
    return false
  }
}
const mayHaveForm = (refused: Refused): boolean => hasInJson(refused, [/Sid$|_sid$/])
const hasForm = (refused: Refused): boolean =>
  hasInJson(refused, [/^(MessageSid|CallSid)$/, /^AccountSid$/, /^From$/, /^To$/, /Status$/])
const isHandshake = ({ request }: Refused): boolean => request.handshake === true
const isRead = ({ body }: Refused): boolean => body !== undefined
const always = (): boolean => true
const isRefusedAs =
  (...codes: string[]) =>
  ({ code }: Refused): boolean =>
    codes.includes(code)

/** The sentences of each row. A row that suspects without a claim fails the test. */
export const claims: Readonly<Partial<Record<CauseId, readonly Claim[]>>> = {
  scheme: [
    [
      /^X-Forwarded-Proto says (https?), and X-Forwarded-Port says (443|80), the port of (https?): "allowedHosts" has no/,
      (one, [is = '', port = '', other]) =>
        is !== other &&
        (port === '443') === (other === 'https') &&
        readHeader(one, 'x-forwarded-proto').includes(is) &&
        readHeader(one, 'x-forwarded-port').includes(port) &&
        one.code === 'url_not_allowed',
    ],
  ],
  host: [
    [
      /^User-Agent names (Make|Zapier|n8n|Azure Logic Apps|Pipedream|Workato|Power Automate), which sends a request of its own/,
      (one, [named = '']) =>
        readHeader(one, 'user-agent').join().toLowerCase().includes(named.toLowerCase().replaceAll(' ', '-')) &&
        has(one, 'x-twilio-signature'),
    ],
    [
      /^The request names the host "(.+)", a site that s(?:hows requests|ends requests on)/,
      (one, [host = '']) => namesHost(one, host),
    ],
    [
      /^The Host of the request, "(.+)", is not in "allowedHosts"\. (.+) names "(.+)", and "forwardedBy"/,
      (one, [host = '', header = '', other = '']) =>
        one.code === 'url_not_allowed' && namesHost(one, host) && readHeader(one, header).join().includes(other),
    ],
    [
      /^The host of the request, "(.+)", is not in "(allowedHosts|publicUrl)"\.$/,
      (one, [host = '', list]) =>
        one.code === 'url_not_allowed' &&
        namesHost(one, host) &&
        (list === 'publicUrl'
          ? !urls(one).some(
              (url) =>
                url
                  .replace(/^\w+:\/\//, '')
                  .replace(/\/.*$/, '')
                  .toLowerCase() === host.toLowerCase(),
            )
          : !Array.isArray(one.options.publicUrl)),
    ],
    [
      /^Host or a forwarding header is missing, malformed or repeated/,
      (one) =>
        !has(one, 'host') ||
        ['host', ':authority', ...forwarding].some((name) => {
          const values = readHeader(one, name)
          return values.length > 1 || values.some((value) => !/^[\w.:[\]-]+$/.test(value))
        }),
    ],
    [
      /^The function "signedUrl" (threw|returned)/,
      ({ options, code }) => code === 'url_not_allowed' && options.signedUrl !== undefined,
    ],
    [
      /^The request has (X-\S+), which (Hookdeck|Convoy) adds to what it sends on: .* checks the host "(.+)"\.$/,
      (one, [header = '', service = '', host = '']) =>
        has(one, header) && header.includes(service) && namesHost(one, host) && one.options.signedUrl === undefined,
    ],
    [
      /^This server checks the host "(.+)", which Twilio cannot reach/,
      (one, [host = '']) => namesHost(one, host) && (!host.includes('.') || /^[\d.[]|local|internal/.test(host)),
    ],
    [
      /^The request names the host "(.+)" \((.+)\), and this server checks "(.+)"\.$/,
      (one, [host = '', , checked = '']) =>
        namesHost(one, host) && namesHost(one, checked) && host.toLowerCase() !== checked.toLowerCase(),
    ],
    [
      /^The request has a signature and the parameters of a webhook, and another User-Agent(?:, (\S+))?: if/,
      (one, [named = '']) =>
        readHeader(one, 'user-agent').join().startsWith(named) &&
        isSigned(one) &&
        has(one, 'user-agent') &&
        !/^TwilioProxy/.test(readHeader(one, 'user-agent').join()) &&
        (params(one).length >= 8 || mayHaveForm(one)),
    ],
    [
      /^This server checks "(.+)", the name of a tunnel, .* and no header of the request names it\.$/,
      (one, [host = '']) =>
        urls(one).some((url) => url.includes(host)) &&
        !Object.values(Object(one.request.headers)).flat().includes(host),
    ],
    [
      /^This server checks the host of the platform, "(.+)", and the request came through a CDN \((.+)\)/,
      (one, [host = '', header = '']) => namesHost(one, host) && has(one, header),
    ],
    [
      /^The console may have another host than "(.+)", which this server checks/,
      (one, [host = '']) => namesHost(one, host),
    ],
  ],
  port: [
    [
      /^Host is "(.+)", and "publicUrl" lists this host (?:without a port|with the port (\d+))\.$/,
      (one, [named = '']) => namesHost(one, named) && Array.isArray(one.options.publicUrl),
    ],
    [
      /^X-Forwarded-Port says (\d+), so the URL would have this port/,
      (one, [port = '']) => readHeader(one, 'x-forwarded-port').join().includes(port),
    ],
  ],
  forwarding_headers: [
    [
      /^The request has (.+), and the peer that sent it/,
      (one, [list = '']) => list.split(' and ').every((name) => has(one, name)) && isRefusedAs('url_not_allowed')(one),
    ],
    [
      /^([\w-]+) holds (\d+) values/,
      (one, [name = '', count]) => readHeader(one, name).join().split(',').length === Number(count),
    ],
  ],
  path_prefix: [
    [
      /^Something on the way may have changed the path (.+), by a prefix/,
      (one, [path = '']) => path !== '' && isSigned(one),
    ],
    [
      /^([\w-]+) names the prefix (\/.*), and this server checks the path (\/.*)\. With the prefix alone/,
      (one, [header = '', prefix = '', path = '']) =>
        readHeader(one, header).join().includes(prefix.slice(1)) && !`${path}/`.startsWith(`${prefix}/`),
    ],
    [
      /^The path ends with \/\.websocket, which express-ws adds/,
      (one) => isSigned(one) && /\/\.websocket(\?|$)/.test(one.request.url),
    ],
    [
      /^([\w-]+) names the path (\/.*), and this server checks (\/.*)\. With that path alone/,
      (one, [header = '', path = '', checked]) => readHeader(one, header).join().includes(path) && path !== checked,
    ],
  ],
  path_encoding: [[/^The path is malformed: something decoded/, isRefusedAs('url_not_allowed')]],
  query_encoding: [
    [/^The query is malformed: something decoded/, (one) => one.code === 'url_not_allowed' && query(one) !== ''],
    [/^The query has more than 10,000 fields/, (one) => query(one).split('&').length > 10_000],
    [/^The platform passes the query on decoded/, ({ request }) => Boolean(request.urlIsNormalized)],
  ],
  query_missing: [
    [/^If this is a handshake of ConversationRelay/, (one) => isHandshake(one) && query(one).length < 2],
    [
      /^Every GET of Twilio’s has parameters in its query, and this one has no query/,
      (one) => one.request.method === 'GET' && query(one).length < 2,
    ],
    [
      /^If the URL in the Twilio console has a query .* this server sees none/,
      (one) => query(one) === '' || one.options.signedUrl !== undefined,
    ],
    [
      /^The value of "(\w+)" in the query looks like the mark of a log/,
      (one, [name = '']) =>
        /[*•]{3}|^x{3,}$|redacted|masked|hidden/i.test(new URLSearchParams(query(one)).get(name) ?? ''),
    ],
    [/^The query may be another than that of the URL/, always],
  ],
  body_reserialized: [[/^The body does not have the hash that bodySHA256/, hasOtherHash]],
  body_whitespace: [[/^The body does not have the hash that bodySHA256/, hasOtherHash]],
  body_charset: [
    [
      /^The form is not UTF-8/,
      (one) =>
        one.code === 'body_malformed' &&
        isForm(one) &&
        (!isUtf8(one) || /%[89a-f]/i.test(text(one)) || /%(?![0-9a-f]{2})/i.test(text(one))),
    ],
    [/^It has characters \(U\+FFFD\)/, (one) => text(one).includes('\ufffd') || /%EF%BF%BD/i.test(text(one))],
  ],
  body_base64: [
    [/^The body was decoded from Base64 although it was not encoded/, (one) => !isEmpty(one) && !isUtf8(one)],
  ],
  body_hash_missing: [
    [
      /^The body is JSON, and the URL has no bodySHA256/,
      (one) => /^\ufeff?\s*[[{]/.test(text(one)) && hash(one) === undefined && !hasForm(one),
    ],
  ],
  json_taken_as_form: [
    [
      /^The body is JSON, and its Content-Type is that of a form/,
      (one) => /^\ufeff?\s*[[{]/.test(text(one)) && isForm(one),
    ],
  ],
  body_truncated: [
    [
      /^The JSON ends in the middle/,
      (one) => hash(one) !== undefined && /^\s*[[{]/.test(text(one)) && !/[}\]]\s*$/.test(text(one)),
    ],
    [/^The form ends inside an escape/, (one) => isForm(one) && /%[0-9a-f]{0,2}$/i.test(text(one))],
  ],
  form_taken_as_json: [
    [
      /^The request has a signature, and nothing of Twilio’s in its body and its User-Agent/,
      (one) =>
        isSigned(one) &&
        !/AccountSid|com\.twilio/i.test(text(one)) &&
        has(one, 'user-agent') &&
        !/^TwilioProxy/.test(readHeader(one, 'user-agent').join()),
    ],
    [
      /^The body has the parameters of a form webhook, and no parser finds them/,
      (one) => /AccountSid/.test(text(one)) && !form(one).some(([name]) => name === 'AccountSid'),
    ],
    [/^The parameters are a text/, ({ request }) => typeof request.params === 'string'],
    [
      /^The body is JSON with the parameters of a form webhook, and the URL has no bodySHA256/,
      (one) => mayHaveForm(one) && hash(one) === undefined,
    ],
    [
      /^The body is JSON with the parameters of a form webhook, and its Content-Type is that of a form/,
      (one) => mayHaveForm(one) && isForm(one),
    ],
    [
      /^The body is that of a FormData \(multipart\), and its Content-Type is (?:missing|"(.*?)", without its boundary):/,
      (one, [named]) => {
        const [, boundary = ''] = /^--(.*)\r\n/.exec(text(one)) ?? []
        return boundary !== '' && !type(one).includes(boundary) && type(one).startsWith(named ?? '')
      },
    ],
    [/^The body is multipart\/form-data/, (one) => /^multipart\/form-data/i.test(type(one))],
    [
      /^The Content-Type is (?:missing|"(.*)")\. Twilio sends forms and JSON/,
      (one, [named]) => !isForm(one) && (named === undefined ? type(one) === '' : type(one).startsWith(named)),
    ],
  ],
  body_compressed: [
    [/^The request has a Content-Encoding/, (one) => has(one, 'content-encoding')],
    [/^The body is compressed, and no Content-Encoding says so/, (one) => !isUtf8(one)],
  ],
  body_limit: [[/^The body is larger than "maxBodyBytes"/, isRefusedAs('body_too_large')]],
  body_already_parsed: [
    [/^The body was read before the verifier could read it/, (one) => !isRead(one)],
    [
      /^The verifier got no body, but Content-Length is (\d+)/,
      (one, [length = '']) => isEmpty(one) && readHeader(one, 'content-length').join().includes(length),
    ],
    [/^The body is "\[object Object\]"/, (one) => text(one).startsWith('[object Object]')],
  ],
  body_missing: [
    [
      /^The request is a GET without a body, and (\S+) says (\w+): a proxy asks/,
      (one, [header = '', method]) =>
        one.request.method === 'GET' && isEmpty(one) && readHeader(one, header).join() === method,
    ],
    [
      /^The request is a GET without a body and a query/,
      (one) => one.request.method === 'GET' && isEmpty(one) && query(one).length < 2 && isForm(one),
    ],
    [
      /^The Content-Type is that of a form, and the request arrived without a body/,
      (one) => isForm(one) && isEmpty(one),
    ],
  ],
  params_plus_as_space: [
    [/^A phone number starts with a space/, (one) => params(one).some(([, value]) => /^ \d{7,}/.test(`${value}`))],
  ],
  params_converted: [
    [
      /^"(\w+)Zip" has (\d) digits, and a ZIP code of the US has 5/,
      (one, [place, count]) =>
        params(one).some(([name, value]) => name === `${place}Zip` && `${value}`.length === Number(count)) &&
        params(one).some(([name, value]) => name === `${place}Country` && value === 'US'),
    ],
  ],
  params_nested: [
    [/^A value is "\[object Object\]"/, (one) => params(one).some(([, value]) => /^\[object \w+\]$/.test(`${value}`))],
  ],
  params_repeats_dropped: [
    [
      /^Twilio repeats "MessagingBinding\.Address"/,
      (one) => names(one).filter((name) => /^(MessagingBinding\.Address$|Field_)/.test(name)).length >= 1,
    ],
  ],
  params_missing: [
    [/^No parameters were passed/, (one) => parsed(one).length === 0],
    [
      /^The form has (one|\d+) parameters? of Twilio’s, and not the SID that every webhook has/,
      (one, [count]) =>
        [form(one), parsed(one), Object.entries(Object(one.request.body))]
          .map((pairs) => new Set(pairs.map(([name]) => name)))
          .some((found) => found.size === (count === 'one' ? 1 : Number(count)) && !/sid/i.test([...found].join())),
    ],
    [
      /^The verifier got a form of (\d+) bytes, and Content-Length is (\d+)/,
      (one, [bytes, length = '']) =>
        one.body?.length === Number(bytes) && readHeader(one, 'content-length').includes(length) && bytes !== length,
    ],
    [
      /^The phone number in "(.+)" is masked/,
      (one, [name]) => params(one).some(([key, value]) => key === name && /[*•]|x{3}/i.test(`${value}`)),
    ],
    [
      /^The phone number in "(.+)" has other characters than "\+" and digits/,
      (one, [name]) => params(one).some(([key, value]) => key === name && /[^+\d]/.test(`${value}`)),
    ],
    [
      /^The value of "(.+)" looks like a mark/,
      (one, [name]) =>
        params(one).some(
          ([key, value]) =>
            key === name && /[*•]{3}|redact|filter|mask|hidden|remov|sanit|sensit|secret|scrub|omit/i.test(`${value}`),
        ),
    ],
    [
      /^Twilio sends "AccountSid" and other parameters with "From" and "To"/,
      (one) => names(one).includes('From') && !names(one).some((name) => /sid/i.test(name)),
    ],
    [
      /^Twilio sends "AccountSid" with every webhook of a call/,
      (one) =>
        /(Call|Message|Sms|Recording|Conference|Transcription|Task)Sid/.test(names(one).join()) &&
        !names(one).includes('AccountSid'),
    ],
    [
      /^The request has the parameters of a webhook "([a-z._-]+)"\. Twilio sends (.+) with those, and (?:it is|they are) missing\.$/,
      (one, [kind = '', list = '']) =>
        Object.hasOwn(kinds, kind) && list.split(', ').every((name) => !names(one).includes(name.replaceAll('"', ''))),
    ],
    [
      /^Webhooks with these parameters usually have \d+ others too, such as "(\w+)"/,
      (one, [name = '']) => !names(one).includes(name),
    ],
    [
      /^The text in "(.+)" has two spaces together/,
      (one, [name]) => params(one).some(([key, value]) => key === name && /\S {2,}\S/.test(`${value}`)),
    ],
    [/^Something may have changed or removed a parameter/, (one) => params(one).length > 0],
  ],
  token_of_other_account: [
    [/^The URL at Twilio is the one that was checked, so it is most likely the key\. The /, namesChecked],
    [
      /^The configured Auth Token (?:is|has|must)/,
      (one) =>
        tokens(one).some((token) => token.trim() === '' || /undefined|null|nan|object|your|[<>{}x*]/i.test(token)),
    ],
    [
      /^No Auth Token is configured for the account (AC\w+), which the request names/,
      (one, [account = '']) =>
        accounts(one).includes(account) && !Object.keys(Object(one.options.authToken)).includes(account),
    ],
    [
      /^The look-up in "authToken" was asked for the account (AC\w+), and found no token\. It is called with an object/,
      (one, [account = '']) => readsNoObject(one) && accounts(one).includes(account),
    ],
    [
      /^The look-up in "authToken" was asked for the account (AC\w+), and found no token\. It remembers this for up to (\d+) seconds/,
      (one, [account = '', seconds]) =>
        accounts(one).includes(account) &&
        Number(Object(one.options.authToken).negativeTtlMs) === Number(seconds) * 1000,
    ],
    [
      /^The look-up in "authToken" was asked for the account (AC\w+), and found no token\.$/,
      (one, [account = '']) => typeof one.options.authToken === 'function' && accounts(one).includes(account),
    ],
    [
      /^The look-up in "authToken" found no token\. This request names (no account|several accounts)/,
      (one, [which]) =>
        typeof one.options.authToken === 'function' &&
        (which === 'no account' ? accounts(one).length === 0 : accounts(one).length > 1),
    ],
    [
      /^The request names the account (AC\w+), and TWILIO_ACCOUNT_SID is (AC\w+)/,
      (one, [account = '', own]) => accounts(one).join() === account && own === process.env.TWILIO_ACCOUNT_SID,
    ],
    [
      /^The Auth Token that the look-up (?:in "authToken" returned for (AC\w+)|returned) may be old or secondary/,
      (one, [account]) =>
        typeof one.options.authToken === 'function' && (account === undefined || accounts(one).includes(account)),
    ],
    [
      /^The configured Auth Token may be old or secondary, .* X-Home-Region says (.+)\.$/,
      (one, [region = '']) => region !== 'us1' && readHeader(one, 'x-home-region').includes(region),
    ],
    [
      /^The configured Auth Token may be old or secondary/,
      (one) => !namesKey(one) && one.options.authToken !== undefined,
    ],
  ],
  key_lookup: [
    [
      /^Twilio's API refuses the Auth Token with which "twilioAccountTokens" asks/,
      (one) => answered(one).status === 401 && answered(one).hasKey === false,
    ],
    [
      /^Twilio's API refuses the API key with which "twilioAccountTokens" asks/,
      (one) => answered(one).status === 401 && answered(one).hasKey === true,
    ],
    [/^Twilio's API does not let "twilioAccountTokens" read/, (one) => answered(one).status === 403],
    [/^"twilioAccountTokens" cannot reach Twilio's API/, (one) => answered(one).status === 0],
    [/^Twilio's API answers "twilioAccountTokens" with 429/, (one) => answered(one).status === 429],
    [/^Twilio's API answers "twilioAccountTokens" with an error/, (one) => answered(one).status === 502],
    [/^What answers "twilioAccountTokens" does not seem/, (one) => answered(one).status === 200],
    [
      /^The look-up of the key took longer than "timeoutMs" of "cached"/,
      (one) => Number.isNaN(answered(one).status) && typeof Object(one.options.authToken).refresh === 'function',
    ],
    [
      /^The function inside "cached" returned something else/,
      (one) => typeof Object(one.options.authToken).refresh === 'function',
    ],
    [
      /^The look-up of the key threw an error\. It is called with an object/,
      (one) => one.code === 'key_lookup_failed' && readsNoObject(one),
    ],
    [/^The look-up of the key (?!threw an error\. It)/, (one) => one.code === 'key_lookup_failed'],
    [
      /^The look-up in "authToken" returned an object without "authToken"/,
      (one) => typeof one.options.authToken === 'function' && tokens(one).length === 0,
    ],
    [
      /^The look-up in "authToken" returned an object without "accountSid"/,
      ({ options: { authToken } }) =>
        typeof authToken === 'function' && !('accountSid' in Object((authToken as () => unknown)())),
    ],
  ],
  token_shape: [
    [
      /^The (?:configured Auth Token|Auth Token that the look-up returned) is not a token but /,
      (one) => tokens(one).some((token) => !/^[0-9a-f]{32}$/.test(token)),
    ],
    [
      /^The (?:configured Auth Token|Auth Token that the look-up returned) has no letter and no digit/,
      (one) => tokens(one).some((token) => !/\w/.test(token)),
    ],
    [
      /^The (?:configured Auth Token|Auth Token that the look-up returned) has other characters/,
      (one) => tokens(one).some((token) => /[^0-9a-f]/.test(token)),
    ],
    [
      /^The (?:configured Auth Token|Auth Token that the look-up returned) has (\d+) characters/,
      (one, [count]) => tokens(one).some((token) => token.length === Number(count) && count !== '32'),
    ],
  ],
  token_whitespace: [
    [
      /^The configured (?:Auth Token|secret of the SharedKey) (?:is|has)/,
      (one) => secrets(one).some((token) => token !== token.trim() || /\p{Cc}/u.test(token) || token === ''),
    ],
  ],
  token_quoted: [
    [
      /^The configured (?:Auth Token|secret of the SharedKey) is in quotes/,
      (one) => secrets(one).some((token) => /^\W*["'`]/.test(token)),
    ],
  ],
  token_is_api_key: [
    [/^The SID of an API key is configured/, (one) => tokens(one).some((token) => /^\W*SK/.test(token))],
    [/^The configured Auth Token has letters after "f"/, (one) => tokens(one).some((token) => /[g-z]/i.test(token))],
  ],
  token_is_account_sid: [
    [/^An AccountSid is configured as the Auth Token/, (one) => tokens(one).some((token) => /^\W*AC/.test(token))],
    [
      /^The configured Auth Token is the AccountSid without its "AC"/,
      (one) =>
        tokens(one).some((token) => [...accounts(one), one.options.allowedAccounts].flat().includes(`AC${token}`)),
    ],
  ],
  shared_key_unconfigured: [
    [
      /^(The settings header|X-Twilio-Signature-Key-Sid) names the SharedKey "(.+)", but no secret is configured for it/,
      (one, [header, id = '']) =>
        has(one, header === 'The settings header' ? 'x-twilio-webhooks-signature-settings' : `${header}`) &&
        !Object.keys(Object(one.options.sharedKeys)).includes(id),
    ],
    [
      /^The signature has the length of those that SharedKeys make, but no settings header/,
      (one) => !namesKey(one) && readHeader(one, 'x-twilio-signature').some((value) => value.length >= 43),
    ],
    [/^The secret of the SharedKey (?:is|has|must)/, (one) => namesKey(one)],
    [
      /^The request names no SharedKey, so an Auth Token signed it/,
      (one) => !namesKey(one) && one.code === 'key_not_allowed',
    ],
  ],
  shared_key_wrong: [
    [
      /^The URL at Twilio is the one that was checked, so it is most likely the key\. The secret that is configured for the SharedKey/,
      (one) => namesChecked(one) && namesKey(one),
    ],
    [
      /^The secret that is configured for the SharedKey "(.+)" has no letter and no digit/,
      (one) => namesKey(one) && secrets(one).some((secret) => !/\w/.test(secret)),
    ],
    [
      /^The secret that is configured for the SharedKey "(.+)" may be/,
      (one, [id = '']) =>
        namesKey(one) &&
        (typeof one.options.sharedKeys === 'function' || Object.keys(Object(one.options.sharedKeys)).includes(id)),
    ],
  ],
  algorithm: [
    [
      /^The settings header is malformed, or names an algorithm/,
      isRefusedAs('algorithm_unsupported', 'signature_settings_malformed'),
    ],
  ],
  method: [
    [
      /^The method is (\w+), which "methods" does not list/,
      ({ request, code }, [method]) =>
        code === 'method_not_allowed' && (request.method === method || method === 'unknown'),
    ],
  ],
  other_product: [
    [
      /^The request is one of (.+), as (?:its body|the header (\S+)) shows/,
      (one, [, header]) => !has(one, 'x-twilio-signature') && (header === undefined ? !isEmpty(one) : has(one, header)),
    ],
  ],
  signature_missing: [
    [/^The X-Twilio-Signature header is blank/, (one) => readHeader(one, 'x-twilio-signature').join('').trim() === ''],
    [
      /^The signature is in the header "(.+)" instead of/,
      (one, [name = '']) => has(one, name) && !has(one, 'x-twilio-signature'),
    ],
    [
      /^The request looks like one of Twilio’s, but has no X-Twilio-Signature/,
      (one) => !has(one, 'x-twilio-signature'),
    ],
    [/^The request has no X-Twilio-Signature header/, (one) => !has(one, 'x-twilio-signature')],
    [/^The headers were passed as a list/, ({ request }) => Array.isArray(request.headers)],
  ],
  signature_encoding: [
    [
      /^X-Twilio-Signature was hidden/,
      (one) => /redact|filter|mask|hidden|\*{3}/i.test(readHeader(one, 'x-twilio-signature').join()),
    ],
    [/^X-Twilio-Signature holds no signature in a known encoding/, isRefusedAs('signature_malformed')],
  ],
  not_from_twilio: [
    [
      /^A page in a browser sent the request: it has Origin or Referer, and no signature\.$/,
      (one) => (has(one, 'origin') || has(one, 'referer')) && !has(one, 'x-twilio-signature'),
    ],
    [
      /^User-Agent names a monitor, (.+), and the request has no signature\.$/,
      (one, [named = '']) => readHeader(one, 'user-agent').join().includes(named) && !has(one, 'x-twilio-signature'),
    ],
    [
      /^The handshake has another User-Agent(?:, (\S+),)? than Twilio’s\.$/,
      (one, [named = '']) =>
        (isHandshake(one) || /websocket/i.test(readHeader(one, 'upgrade').join())) &&
        readHeader(one, 'user-agent').join().startsWith(named) &&
        !/^Twilio/i.test(readHeader(one, 'user-agent').join()),
    ],
    [
      /^User-Agent names a tool(?:, (\S+))?: a signature that was copied/,
      (one, [named = '']) => readHeader(one, 'user-agent').join().startsWith(named) && has(one, 'x-twilio-signature'),
    ],
    [/^The form is larger than any known webhook/, (one) => (one.body?.length ?? 0) > 50_000],
    [
      /^The request has (no|another) User-Agent(?:, (\S+),)? and no I-Twilio-Idempotency-Token header, which Twilio sends\.$/,
      (one, [which, named = '']) =>
        readHeader(one, 'user-agent').join().startsWith(named) &&
        !has(one, 'i-twilio-idempotency-token') &&
        (which === 'no') === !has(one, 'user-agent') &&
        !/^TwilioProxy/i.test(readHeader(one, 'user-agent').join()),
    ],
  ],
}
