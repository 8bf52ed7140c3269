import { sampleWebhook } from 'tollgate/testing'
import { type Fixture, listFixtures } from '../data/fixtures.ts'
import published from '../data/published.json' with { type: 'json' }
import { encodeForm, type Pairs } from '../kit/sign.ts'

/** One request in a form that can be altered. It is genuine, except for a few published ones. */
export interface Specimen {
  readonly title: string
  readonly method: string
  /** The public URL of the request as the server knows it, with path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The form's parameters, from which the body is made. */
  readonly params?: Pairs
  readonly body?: string
  readonly secret: string
  readonly sharedKeyId?: string
  readonly handshake: boolean
  readonly valid: boolean
}

const keyId = 'test_key'
const settingsHeader = 'x-twilio-webhooks-signature-settings'

/** The vectors in Twilio's documentation and libraries. */
export const publishedSpecimens: readonly Specimen[] = published.map((vector) => {
  const isSha256 = vector.algorithm === 'HMAC_SHA256'
  return {
    title: vector.title,
    method: vector.params === null && vector.body === null ? 'GET' : 'POST',
    url: vector.url,
    headers: {
      'content-type': vector.body === null ? 'application/x-www-form-urlencoded' : 'application/json',
      'x-twilio-signature': vector.signature,
      ...(isSha256 && { [settingsHeader]: `key=${keyId},algorithm=HMAC_SHA256` }),
    },
    ...(vector.params !== null && { params: toPairs(vector.params) }),
    ...(vector.body !== null && { body: vector.body }),
    secret: vector.secret,
    ...(isSha256 && { sharedKeyId: keyId }),
    handshake: false,
    valid: vector.valid,
  }
})

const fixtures = listFixtures(sampleWebhook)

/** The webhooks that Twilio's own schemes sign. */
export const fixtureSpecimens: readonly Specimen[] = fixtures.map(toSpecimen)

function toSpecimen(fixture: Fixture): Specimen {
  const headers = Object.fromEntries(
    Object.entries(fixture.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const sharedKeyId = /^key=([^,]*)/.exec(headers[settingsHeader] ?? '')?.[1]
  const isForm = fixture.method === 'POST' && fixture.scheme === 'twilio'
  return {
    title: fixture.id,
    method: fixture.method,
    url: fixture.receivedUrl,
    headers,
    ...(isForm && { params: fixture.params }),
    ...(!isForm && fixture.rawBody && { body: fixture.rawBody }),
    secret: fixture.secret,
    ...(sharedKeyId !== undefined && { sharedKeyId }),
    handshake: fixture.scheme === 'twilio-websocket',
    valid: true,
  }
}

/** The body of each form as it is sent, with its parameters. */
export const fixtureBodies: readonly { readonly title: string; readonly wire: string; readonly params: Pairs }[] =
  fixtures
    .filter(({ scheme, method }) => scheme === 'twilio' && method === 'POST')
    .map(({ id, rawBody, params }) => ({ title: id, wire: rawBody, params }))

export function bodyOf(specimen: Specimen): string | undefined {
  return specimen.params === undefined ? specimen.body : encodeForm(specimen.params)
}

function toPairs(params: Readonly<Record<string, unknown>>): Pairs {
  return Object.entries(params).flatMap(([name, value]) =>
    [value].flat().map((one): readonly [string, string] => [name, String(one)]),
  )
}
