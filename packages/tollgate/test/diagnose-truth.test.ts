import { describe, expect, test } from 'vitest'
import { json, post, sms } from '../../../conformance/diagnosis/requests.ts'
import { encodeForm } from '../../../conformance/kit/sign.ts'
import { causes } from '../src/diagnose/causes/index.ts'
import { type DiagnoseOptions, type Diagnosis, diagnose, diagnoseSendGrid } from '../src/diagnose/index.ts'
import { fromRequest, type IncomingRequest, type VerifierOptions } from '../src/index.ts'
import { signRequest } from '../src/testing/index.ts'
import { accountSid, authToken, options, origin, otherToken } from './requests.ts'
import { genuine, post as postSendGrid } from './sendgrid-support.ts'

/** Joins what a user reads: every sentence and every fix. */
function read({ proven, suspected }: Diagnosis): string {
  return [...(proven?.causes ?? []), ...suspected].map(({ detail, fix }) => `${detail} ${fix}`).join('\n')
}

function explain(request: unknown, given: VerifierOptions & DiagnoseOptions = {} as never): Promise<Diagnosis> {
  return diagnose(request as IncomingRequest, { ...options, ...given })
}

const url = `${origin}/sms`

describe('what is said is true', () => {
  test('a look-up that was asked for an account is not told that the request names none', async () => {
    const diagnosis = await explain(post(url), { authToken: () => undefined })
    expect(diagnosis.suspected[0]).toMatchObject({ id: 'token_of_other_account' })
    expect(diagnosis.suspected[0]?.detail).toContain(accountSid)
    expect(read(diagnosis)).not.toMatch(/name no account|is undefined/)
    // A JSON event does name none.
    const { headers, body, url: target } = signRequest({ url, json: { type: 'a' }, authToken })
    const event = await explain(
      { method: 'POST', url: target, headers, body },
      { authToken: ({ accountSid: asked }) => (asked === undefined ? undefined : authToken) },
    )
    expect(read(event)).toMatch(/names no account/)
  })

  test.each([
    ['in parts of hex', `v1:${'0a'.repeat(12)}:${'1b'.repeat(16)}:${'2c'.repeat(32)}`, true],
    ['in Base64', Buffer.alloc(60, 7).toString('base64'), true],
    ['cut', 'a1b2'.repeat(6), false],
  ])('a token that a look-up returns encrypted is not in the console: %s', async (_how, token, isEncrypted) => {
    const { suspected } = await explain(post(url), { authToken: () => token })
    const { fix } = suspected.find(({ id }) => id === 'token_shape') ?? {}
    expect(fix).toMatch(isEncrypted ? /decrypt it/i : /Copy the Auth Token/)
    const fixed = await explain(post(url), { authToken: token })
    expect(read(fixed)).not.toContain('look-up')
  })

  test('a host that is allowed is not called missing: the Host that was checked is named', async () => {
    const publicUrl = fromRequest({
      allowedHosts: ['api.example.com'],
      trustedProxies: 'loopback',
      forwardedBy: 'forwarded',
    })
    const headers = { host: 'app:3000', 'x-forwarded-host': 'api.example.com', 'x-forwarded-proto': 'https' }
    for (const secret of [authToken, otherToken]) {
      const request = { ...post(url, { headers, secret }), remoteAddress: '127.0.0.1' }
      const diagnosis = await explain(request, { publicUrl })
      const text = read(diagnosis)
      expect(text).toMatch(/"app(:3000)?"/)
      expect(text).toMatch(/Set ("publicUrl" to the scheme and host of|publicUrl: 'https:)/)
      expect(text).not.toMatch(/"api\.example\.com"[^.]* is not in "allowedHosts"/)
    }
  })

  test('a port that the proxy adds to Host is named, and not a scheme that the server does not check', async () => {
    const publicUrl = fromRequest({
      allowedHosts: ['api.example.com'],
      trustedProxies: 'loopback',
      forwardedBy: 'x-forwarded',
    })
    const headers = { host: 'api.example.com:80', 'x-forwarded-proto': 'https' }
    for (const [path, ids] of [
      ['/sms', ['host']],
      ['/twilio/sms', ['path_prefix', 'host']],
    ] as const) {
      const request = { ...post(`${origin}${path}`, { headers, url: '/sms' }), remoteAddress: '127.0.0.1' }
      const { proven } = await explain(request, { publicUrl })
      expect(proven?.causes.map(({ id }) => id)).toEqual(ids)
      expect(proven?.causes.map(({ detail }) => detail).join()).toContain('"api.example.com:80"')
      expect(proven?.setting).toBe(`publicUrl: '${origin}${path.replace('/sms', '')}'`)
    }
  })

  test('the forwarded host is named if it is the one that was checked', async () => {
    const publicUrl = fromRequest({
      allowedHosts: ['api.example.com'],
      trustedProxies: 'loopback',
      forwardedBy: 'x-forwarded',
    })
    const headers = { host: 'api.example.com', 'x-forwarded-host': 'hooks.example.net', 'x-forwarded-proto': 'https' }
    const request = { ...post(url, { headers, secret: otherToken }), remoteAddress: '127.0.0.1' }
    expect(read(await explain(request, { publicUrl }))).toContain('"hooks.example.net"')
  })

  test.each(['localhost:3000', '127.0.0.1:8080', '[::1]:3000', '192.168.1.20', 'host.docker.internal:3000'])(
    'Twilio signed nothing for %s: a program of the user did, and publicUrl stays',
    async (host) => {
      const { headers, body } = signRequest({ url: `http://${host}/sms`, params: sms, authToken })
      const request = { method: 'POST', url: '/sms', headers: { ...headers, host, 'user-agent': 'my-script/1' }, body }
      const diagnosis = await explain(request)
      expect(diagnosis.proven?.causes.map(({ id }) => id)).toEqual(['not_from_twilio'])
      expect(diagnosis.proven?.setting).toBeUndefined()
      expect(read(diagnosis)).not.toMatch(/Twilio signed|Set publicUrl/)
      expect(read(diagnosis)).toContain('Leave "publicUrl" as it is')
    },
  )

  test('a server whose publicUrl is a local host is tested with it', async () => {
    const request = post('http://localhost:3000/app/sms')
    const { proven } = await explain({ ...request, url: '/sms' }, { publicUrl: 'http://localhost:3000' })
    expect(proven?.causes.map(({ id }) => id)).toEqual(['path_prefix'])
  })

  test.each([
    [`${authToken};`, 'token_quoted'],
    [`TWILIO_AUTH_TOKEN="${authToken}"`, 'token_quoted'],
    [`${authToken}\\n`, 'token_whitespace'],
  ])('what is around the token %s is proven', async (given, id) => {
    const { proven } = await explain(post(url), { authToken: given })
    expect(proven?.causes.map((one) => one.id)).toEqual([id])
  })

  test('a mail above "maxBodyBytes" is not called parsed', async () => {
    const body = `--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n${'a'.repeat(3000)}\r\n--b--\r\n`
    const request = postSendGrid({}, body)
    const headers = { ...request.headers, 'content-type': 'multipart/form-data; boundary=b' }
    const { verdict, suspected } = await diagnoseSendGrid(
      { ...request, headers },
      { publicKey: genuine.publicKey, maxBodyBytes: 1000 },
    )
    expect(verdict).toMatchObject({ code: 'body_too_large' })
    expect(suspected.map(({ id }) => id)).toEqual(['body_limit'])
  })

  test('JSON that was written again in an unknown way is not called white space', async () => {
    const { headers, url: target } = signRequest({ url, json: { type: 'a', n: 1, text: 'x/y' }, authToken })
    for (const body of ['{"n": 1.0,"type":"a", "text":"x\\/y"}', '{"type":"a","text":"x/y"}', '{ "n" : 1 }']) {
      const request = { method: 'POST', url: target, headers, body }
      const diagnosis = await explain(request)
      const ids = [...(diagnosis.proven?.causes ?? []), ...diagnosis.suspected].map(({ id }) => id)
      expect(ids, body).toContain('body_reserialized')
      expect(ids, body).not.toContain('body_whitespace')
      expect(read(diagnosis)).not.toMatch(/white space or line breaks changed/i)
    }
  })

  test('JSON whose line breaks have one carriage return too many is not called CRLF', async () => {
    const tell = async (sent: string, body: string) => read(await explain(json(sent, { body })))
    for (const sent of ['{\r\n  "a": 1\r\n}', '[{"a":1},\r\n{"b":2}]\r\n', '{\n"a": 1,\r\n"b": 2}\n'])
      expect(await tell(sent, sent.replaceAll('\n', '\r\n'))).toMatch(
        /gained one carriage return in each of its line breaks[\s\S]*text mode of Windows/,
      )
    const crlf = await tell('{\n  "a": 1\n}', '{\r\n  "a": 1\r\n}')
    expect(crlf).toMatch(/changed to CRLF/)
    expect(crlf).not.toMatch(/text mode|too many/)
  })

  test('Nest applications that have rawBody: true get the fix for those', () => {
    for (const id of ['body_already_parsed', 'params_missing', 'params_trimmed'] as const)
      expect((causes[id] as { fixes?: { nest?: string } }).fixes?.nest).toMatch(/useBodyParser/)
  })

  test.each(['Save 20% today', 'Save today'])(
    'JSON under the type of a form is no other character set: %s',
    async (Body) => {
      const params = sms.map(([name, value]) => [name, name === 'Body' ? Body : value] as const)
      const request = { ...post('https://other.example.net/hook', { params, secret: otherToken }), url: '/hook' }
      const diagnosis = await explain({ ...request, body: JSON.stringify(Object.fromEntries(params)) })
      expect(read(diagnosis)).not.toMatch(/character set/)
      const [first] = diagnosis.suspected
      expect(first).toMatchObject({
        id: 'form_taken_as_json',
        detail: expect.stringMatching(/is JSON with the parameters/),
      })
    },
  )

  describe('a body that the verifier cannot read is named', () => {
    const local = { publicUrl: 'http://localhost:3000' }
    const text = '50% off & more'
    const params = sms.map(([name, value]) => [name, name === 'Body' ? text : value] as const)
    const sent = post('https://smee.io/a1B2c3', { params, headers: { host: 'localhost:3000' } })
    const arrived = { ...sent, url: '/hook' }

    test('beside a host that is local', async () => {
      const form = await explain({ ...arrived, body: JSON.stringify(Object.fromEntries(params)) }, local)
      expect(form.verdict).toMatchObject({ code: 'body_malformed' })
      expect(form.suspected.map(({ id }) => id)).toContain('form_taken_as_json')
      for (const body of ['[{"share":"50%"}]', '{"share":"50%"}']) {
        const event = await explain({ ...arrived, body }, local)
        expect(event.verdict).toMatchObject({ code: 'body_malformed' })
        expect(event.suspected.map(({ id }) => id)).toContain('json_taken_as_form')
        expect(read(event)).not.toMatch(/character set/)
      }
    })

    test.each(['https://smee.io/a1B2c3', 'https://relay.example.net/in'])('beside the host %s', async (signed) => {
      const { headers, body } = post(signed, { params, headers: { host: 'localhost:3000' } })
      const request = { method: 'POST', url: '/hook', headers }
      const given = { ...local, otherUrls: [signed] }
      for (const [id, changed] of [
        ['form_taken_as_json', JSON.stringify(Object.fromEntries(params))],
        ['params_plus_as_space', String(body).replace('50%25', '50%')],
      ] as const) {
        const { verdict, proven } = await explain({ ...request, body: changed }, given)
        expect(verdict).toMatchObject({ code: 'body_malformed' })
        const ids = proven?.causes.map((one) => one.id)
        expect(ids).toContain('host')
        expect(ids).toContain(id)
      }
    })

    test('alone, if only the body keeps the verifier from reading it', async () => {
      const request = post(url, { params })
      const { proven } = await explain({ ...request, body: String(request.body).replace('50%25', '50%') })
      expect(proven?.causes).toMatchObject([{ id: 'params_plus_as_space', detail: expect.stringContaining('"%"') }])
    })

    test('but not for a form that has another length and can be read', async () => {
      const request = post(url, { params })
      const headers = { ...request.headers, 'content-length': '9000' }
      const { verdict, proven } = await explain(
        { ...request, headers },
        { publicUrl: 'https://b.example.com', otherHosts: ['api.example.com'] },
      )
      expect(verdict).toMatchObject({ code: 'body_malformed' })
      expect(proven?.causes.map(({ id }) => id)).toEqual(['host'])
    })
  })

  test('a body that lost characters or has a mark is named by these', async () => {
    const { headers, body, url: target } = signRequest({ url, json: { type: 'a', text: 'größe' }, authToken })
    const sent = {
      method: 'POST',
      url: target,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(String(body))) },
    }
    const text = String(body)
    const cases = [
      ['body_charset', Buffer.from(text.replace('ö', '\ufffd\ufffd'))],
      ['body_reserialized', Buffer.from(text.replace('ö', 'C"'))],
      ['body_whitespace', Buffer.from(`\ufeff${text}`)],
    ] as const
    for (const [id, changed] of cases) {
      const diagnosis = await explain({ ...sent, body: changed })
      expect([...(diagnosis.proven?.causes ?? []), ...diagnosis.suspected].map((one) => one.id)).toEqual([id])
      if (id === 'body_whitespace') expect(read(diagnosis)).toMatch(/byte order mark/)
      // These have as many bytes as were sent.
      if (id === 'body_reserialized') expect(read(diagnosis)).not.toMatch(/cut off/)
    }
  })

  test('a "?" or a slash too much is no second query, and no prefix', async () => {
    const empty = read(await explain(post(`${origin}/sms`, { url: '/sms?' })))
    expect(empty).toMatch(/has a "\?" at its end, without a query/)
    expect(empty).not.toMatch(/twice|rewrite/)
    const slashes = read(await explain(post(`${origin}/sms`, { url: '//sms' })))
    expect(slashes).toMatch(/begins with 2 slashes, and Twilio signed it with one: \/sms\./)
    expect(slashes).not.toMatch(/starts with \/,|add \/ to|sent a copy/)
  })

  test('a host that a list has is not one to set', async () => {
    const request = post('https://app.example.com/sms', { headers: { host: 'localhost:3000' } })
    const several = ['https://app.example.com', 'https://b.example.com']
    const diagnosis = await explain(request, { publicUrl: several })
    expect(diagnosis.proven?.causes[0]?.fix).toMatch(/^"publicUrl" lists this host, and Host has another/)
    const { proven } = await explain(request, { publicUrl: several.slice(0, 1) })
    expect(proven?.setting).toBe("publicUrl: 'https://app.example.com'")
  })

  test('a form that was cut is not said to lack what its kind does not have', async () => {
    const body = encodeForm(sms).slice(0, 170)
    const diagnosis = await explain(post(`${origin}/sms`, { body }))
    expect(read(diagnosis)).toMatch(/Twilio sends .*"AccountSid"/)
    expect(read(diagnosis)).not.toMatch(/Direction/)
  })

  test('a path that "publicUrl" adds is not one that a proxy adds', async () => {
    const request = post('https://proj.example.net/hooks/sms', { headers: { host: 'proj.example.net' } })
    const diagnosis = await explain(request, { publicUrl: 'https://fn.example.com/sms' })
    expect(diagnosis.proven?.causes.map(({ id }) => id).sort()).toEqual(['host', 'path_prefix'])
    expect(read(diagnosis)).not.toMatch(/path starts with|no proxy of yours|sent a copy/)
    expect(read(diagnosis)).toMatch(/"publicUrl" has the path \/sms, and Twilio signed \/hooks\/sms\./)
    for (const [prefix, signed] of [
      ['/a/b', '/b/sms'],
      ['/hook', '/webhooks/sms'],
    ]) {
      const text = read(await explain(post(`${origin}${signed}`, { url: '/sms' }), { publicUrl: `${origin}${prefix}` }))
      expect(text).toMatch(new RegExp(`"publicUrl" has the path ${prefix}, and Twilio signed ${signed}\\.`))
      expect(text).not.toMatch(/on the way|of yours/)
    }
    const twice = await explain(post(`${origin}/api/sms`, { url: '/api/sms' }), { publicUrl: `${origin}/api` })
    expect(read(twice)).toMatch(/"publicUrl" has the path \/api, and the request has it too/)
  })

  test('a prefix that is there twice is not called unsigned', async () => {
    const diagnosis = await explain(post(`${origin}/hook/sms`, { url: '/hook/hook/sms' }))
    expect(diagnosis.proven?.causes.map(({ id }) => id)).toEqual(['path_prefix'])
    expect(read(diagnosis)).not.toMatch(/\/hook, which Twilio did not sign/)
    expect(read(diagnosis)).toMatch(/\/hook twice/)
    // Only one of two equal parts is too much.
    expect(read(await explain(post(`${origin}/sms`, { url: '/api/sms' })))).toMatch(/\/api, which Twilio did not sign/)
  })
})
