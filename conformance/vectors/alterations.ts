import type { RejectionCode } from 'tollgate'
import { encodeForm, type Pairs } from '../kit/sign.ts'
import type { Specimen } from './specimens.ts'

/** A specimen with one change, and the codes that it must be refused with. */
interface Altered {
  readonly specimen: Specimen
  readonly codes: readonly RejectionCode[]
}

/** One way to alter requests. Returns all results for a specimen, or none if it does not apply. */
type Alteration = (specimen: Specimen) => readonly Altered[]

const mismatch: readonly RejectionCode[] = ['signature_mismatch']

const alterParams =
  (change: (params: Pairs, index: number) => Pairs): Alteration =>
  (specimen) => {
    const { params } = specimen
    if (params === undefined) return []
    return params.map((_, index) => ({ specimen: { ...specimen, params: change(params, index) }, codes: mismatch }))
  }

const replaceAt = (
  params: Pairs,
  index: number,
  change: (pair: readonly [string, string]) => [string, string],
): Pairs => params.map((pair, at) => (at === index ? change(pair) : pair))

const alterUrl =
  (codes: readonly RejectionCode[], change: (url: string, specimen: Specimen) => string | undefined): Alteration =>
  (specimen) => {
    const url = change(specimen.url, specimen)
    return url === undefined || url === specimen.url ? [] : [{ specimen: { ...specimen, url }, codes }]
  }

const withHeader = (specimen: Specimen, name: string, value: string | undefined): Specimen => {
  const { [name]: _dropped, ...rest } = specimen.headers
  return { ...specimen, headers: value === undefined ? rest : { ...rest, [name]: value } }
}

const isBound = (specimen: Specimen): boolean => specimen.body !== undefined && specimen.method === 'POST'

const alterMethod = (specimen: Specimen): Altered[] =>
  ['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'post', 'get', ''].map((method) => ({
    specimen: { ...specimen, method },
    codes: ['method_not_allowed'],
  }))

export const alterations: Readonly<Record<string, Alteration>> = {
  'each name': alterParams((params, index) => replaceAt(params, index, ([name, value]) => [`${name}x`, value])),
  'the letter case of each name': alterParams((params, index) =>
    replaceAt(params, index, ([name, value]) => [swapCase(name), value]),
  ),
  'each value': alterParams((params, index) => replaceAt(params, index, ([name, value]) => [name, `${value}x`])),
  'white space around each value': alterParams((params, index) =>
    replaceAt(params, index, ([name, value]) => [name, `${value} `]),
  ),
  // Equal pairs are signed once, so all of them must be removed.
  'each parameter dropped': alterParams((params, index) =>
    params.filter(([name, value]) => name !== params[index]?.[0] || value !== params[index]?.[1]),
  ),
  'a parameter added': (specimen) =>
    specimen.params === undefined
      ? []
      : [{ specimen: { ...specimen, params: [...specimen.params, ['Added', '1']] }, codes: mismatch }],
  'each name repeated with another value': alterParams((params, index) => [
    ...params,
    [params[index]?.[0] ?? '', 'evil'],
  ]),

  'the host': alterUrl(mismatch, (url) => url.replace(/:\/\/([^/:?]+)/, '://evil.$1')),
  'the scheme': alterUrl(mismatch, (url, { handshake }) => (handshake ? undefined : url.replace('https:', 'http:'))),
  'the path': alterUrl(mismatch, (url) => url.replace(/^([^?]*)/, '$1x')),
  'the letter case of the path': alterUrl(mismatch, (url) =>
    url.replace(/^(\w+:\/\/[^/]+)([^?]*)/, (_, start: string, path: string) => start + swapCase(path)),
  ),
  'a slash after the path': alterUrl(mismatch, (url, { handshake }) =>
    handshake ? undefined : url.replace(/^([^?]*[^?/])(\?|$)/, '$1/$2'),
  ),
  'a field added to the query': alterUrl(mismatch, (url) => `${url}${url.includes('?') ? '&' : '?'}x=1`),
  'the query dropped': (specimen) =>
    alterUrl(isBound(specimen) ? ['body_unsigned'] : mismatch, (url) => url.replace(/\?.*$/, ''))(specimen),
  'each field of the query': (specimen) => {
    const [path = '', query] = specimen.url.split(/\?(.*)/s)
    if (query === undefined) return []
    const fields = query.split('&')
    return fields.map((field, index) => ({
      specimen: { ...specimen, url: `${path}?${fields.map((one, at) => (at === index ? `${one}0` : one)).join('&')}` },
      codes:
        (isBound(specimen) || specimen.method === 'GET') && field.startsWith('bodySHA256')
          ? ['body_hash_mismatch']
          : mismatch,
    }))
  },

  'the method': alterMethod,
  'GET instead of POST': (specimen) =>
    specimen.method === 'POST' ? [{ specimen: { ...specimen, method: 'GET' }, codes: ['body_unsigned'] }] : [],
  'a body with a GET': (specimen) =>
    specimen.method === 'GET' ? [{ specimen: { ...specimen, body: 'a=1' }, codes: ['body_unsigned'] }] : [],
  'each byte of a body': (specimen) => {
    const { body } = specimen
    if (body === undefined || !isBound(specimen)) return []
    return [...body].map((_, at) => {
      const other = body[at] === 'x' ? 'y' : 'x'
      return {
        specimen: { ...specimen, body: body.slice(0, at) + other + body.slice(at + 1) },
        codes: ['body_hash_mismatch'],
      }
    })
  },
  'the body dropped': (specimen) =>
    isBound(specimen) ? [{ specimen: { ...specimen, body: '' }, codes: ['body_hash_mismatch'] }] : [],
  'the content type': (specimen) => {
    if (specimen.params !== undefined) {
      const { params, ...rest } = specimen
      const plain = { ...rest, body: encodeForm(params) }
      return [undefined, 'text/plain', 'application/json', 'multipart/form-data; boundary=x', 'text/xml'].map(
        (type) => ({
          specimen: withHeader(plain, 'content-type', type),
          codes: ['body_unsigned'],
        }),
      )
    }
    if (!isBound(specimen)) return []
    const form = withHeader(specimen, 'content-type', 'application/x-www-form-urlencoded')
    return [{ specimen: form, codes: ['signature_mismatch', 'body_malformed'] }]
  },

  'each character of the signature': (specimen) => {
    const signature = specimen.headers['x-twilio-signature'] ?? ''
    return [...signature].map((character, at) => {
      const other = character === 'A' ? 'Q' : 'A'
      const altered = signature.slice(0, at) + other + signature.slice(at + 1)
      return {
        specimen: withHeader(specimen, 'x-twilio-signature', altered),
        codes: at === signature.length - 1 ? ['signature_malformed'] : mismatch,
      }
    })
  },
  'the signature dropped': (specimen) => [
    { specimen: withHeader(specimen, 'x-twilio-signature', undefined), codes: ['signature_missing'] },
  ],
  'the spelling of the signature': (specimen) => {
    const signature = specimen.headers['x-twilio-signature'] ?? ''
    const spellings = [
      '',
      signature.slice(1),
      signature.slice(0, -1),
      `${signature}=`,
      ` ${signature}`,
      `${signature}, ${signature}`,
    ]
    return spellings.map((one) => ({
      specimen: withHeader(specimen, 'x-twilio-signature', one),
      codes: ['signature_malformed'],
    }))
  },
  'the secret': (specimen) => [{ specimen: { ...specimen, secret: 'another-secret' }, codes: mismatch }],
  'the algorithm': (specimen) => {
    const name = 'x-twilio-webhooks-signature-settings'
    const id = specimen.sharedKeyId
    if (id === undefined)
      return [{ specimen: withHeader(specimen, name, 'key=k,algorithm=HMAC_SHA256'), codes: ['signature_malformed'] }]
    return [
      { specimen: withHeader(specimen, name, undefined), codes: ['signature_malformed'] },
      { specimen: withHeader(specimen, name, `key=${id},algorithm=HMAC_SHA1`), codes: ['algorithm_unsupported'] },
      { specimen: withHeader(specimen, name, `key=${id},algorithm=none`), codes: ['algorithm_unsupported'] },
      { specimen: withHeader(specimen, name, `key=${id}x,algorithm=HMAC_SHA256`), codes: ['key_unknown'] },
    ]
  },
}

function swapCase(text: string): string {
  return text.replace(/[a-z]/i, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  )
}
