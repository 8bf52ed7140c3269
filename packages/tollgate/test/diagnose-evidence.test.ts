import { describe, expect, test, vi } from 'vitest'
import { get, json, post, sms } from '../../../conformance/diagnosis/requests.ts'
import { encodeForm } from '../../../conformance/kit/sign.ts'
import { causes, type DiagnosableRequest, diagnose as search } from '../src/diagnose/index.ts'
import { createVerifier, type Diagnoser, fromRequest, type IncomingRequest } from '../src/index.ts'
import { stopClock } from './process-clock.ts'
import { authToken, options, origin, otherToken } from './requests.ts'

// What is suspected does not depend on how long a search was hopeless.
const diagnose = (...[request, given]: Parameters<typeof search>) => search(request, { maxTries: 1000, ...given })

const url = `${origin}/sms`

/** Writes an explanation as the option `diagnose` does. */
async function explain(request: IncomingRequest, native: unknown, given = options): Promise<string> {
  const lines: string[] = []
  const spy = vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)))
  stopClock()
  let explained: unknown
  const explainer: Diagnoser = {
    explain(rejected) {
      explained = search.explain(rejected)
    },
  }
  await createVerifier({ ...given, diagnose: explainer }).verify(request, native)
  await explained
  spy.mockRestore()
  return lines.join()
}

describe('evidence that the request has', () => {
  test('the path and the host in the event of a Lambda function', async () => {
    const native = {
      headers: {},
      requestContext: { path: '/acme-7/sms', domainName: 'hooks.example.com', stage: 'prod' },
    }
    const text = await explain(post('https://hooks.example.com/acme-7/sms', { url: '/sms' }), native)
    expect(text).toContain('requestContext.path')
    expect(text).toContain("publicUrl: 'https://hooks.example.com/acme-7'")
  })

  test.each(['methodArn', 'routeArn'])(
    'the %s in the event of a Lambda authorizer, which has no body',
    async (name) => {
      const native = { type: 'REQUEST', [name]: 'arn:aws:execute-api:a', headers: {}, requestContext: {} }
      for (const { body, ...sent } of [post(url), json('{"specversion":"1.0"}')]) {
        const headers = { ...sent.headers, 'content-length': `${String(body).length}` }
        const text = await explain({ ...sent, headers }, native)
        expect(text).toMatch(/Fix: Verify in the function behind the authorizer/)
        expect(text).not.toMatch(/read (the body|it) before/)
      }
    },
  )

  test.each(['Fastly-Orig-Host', 'Tailscale-Ingress-Target', 'X-Original-Host'])('%s', async (name) => {
    const headers = { host: 'app:3000', [name.toLowerCase()]: 'hooks.example.com' }
    const { proven } = await diagnose(post('https://hooks.example.com/sms', { headers }), options)
    expect(proven?.causes).toMatchObject([{ id: 'host', detail: expect.stringContaining(name) }])
  })

  describe('a FormData under the type of another body', () => {
    const line = '\r\n'
    const write = (boundary: string, pairs: readonly (readonly [string, string])[] = sms) =>
      `${pairs.map(([name, value]) => `--${boundary}${line}Content-Disposition: form-data; name="${name}"${line}${line}${value}${line}`).join('')}--${boundary}--${line}`
    const boundaries = ['----formdata-undici-015279876543', '----WebKitFormBoundary7MA4YWxkTrZu0gW', 'x']
    const types = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain;charset=UTF-8', undefined]
    test.each(types)('is proven: %s', async (type) => {
      for (const boundary of boundaries) {
        const request = post(url, { body: write(boundary), headers: { 'content-type': type as never } })
        const { proven } = await diagnose(request, options)
        expect(proven?.causes).toMatchObject([
          {
            id: 'form_taken_as_json',
            detail: expect.stringMatching(/^The body is that of a FormData \(multipart\), and its Content-Type is /),
            fix: expect.stringContaining('request.clone()'),
          },
        ])
      }
    })

    test('is suspected if the token is another', async () => {
      const { suspected, proven } = await diagnose(post(url, { body: write('b1'), secret: otherToken }), options)
      expect(proven).toBeUndefined()
      expect(suspected[0]).toMatchObject({ id: 'form_taken_as_json', fix: expect.stringContaining('request.clone()') })
    })

    test('is not seen in multipart with its boundary, or in a form', async () => {
      const multipart = { 'content-type': 'multipart/form-data; boundary="b1"' }
      const other = [['Body', `--x${line}Content-Disposition: form-data; name="a"`]] as const
      for (const request of [post(url, { body: write('b1'), headers: multipart }), post(url, { params: other })]) {
        const { proven, suspected } = await diagnose(request, { ...options, authToken: [authToken] })
        const all = [...(proven?.causes ?? []), ...suspected].map(({ detail }) => detail).join()
        expect(all).not.toContain('FormData')
      }
    })

    test('costs little if it is hostile', async () => {
      const part = `--b${line}`
      const head = `Content-Disposition: form-data; name="a"${line}`
      for (const body of [part + head.repeat(6000), `${part}${head}${line}`.repeat(4000), `--${'b'.repeat(250_000)}`]) {
        const start = performance.now()
        await diagnose(post(url, { body, secret: otherToken }), { ...options, maxTries: 10 })
        expect(performance.now() - start).toBeLessThan(5000)
      }
    })
  })

  test('a multipart that a parser read has no place for captureRawBody', async () => {
    const fix = 'Put twilioWebhook first, or give express.json or urlencoded { verify: captureRawBody }.'
    const read = async (type: string) => {
      const body = { consumedBy: 'a body parser', fix }
      const { suspected } = await diagnose({ ...post(url, { headers: { 'content-type': type } }), body }, options)
      return suspected[0]?.fix ?? ''
    }
    expect(await read('multipart/form-data; boundary=b')).toMatch(/^Put the guard before the parser of multipart/)
    expect(await read('multipart/form-data; boundary=b')).not.toContain('captureRawBody')
    expect(await read('application/x-www-form-urlencoded')).toBe(fix)
  })

  describe('a GET that became a POST', () => {
    const fields = encodeForm(sms)
    const become = (query: string, body: string, signed = `${url}${query}`) => {
      const { headers } = get(signed, { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
      return { method: 'POST', url: '/sms', headers, body }
    }
    test.each([
      ['', become(`?${fields}`, fields)],
      [' with a query of its own', { ...become(`?tenant=1&${fields}`, fields), url: '/sms?tenant=1' }],
      [' with %20 for a space', become(`?${fields.replaceAll('+', '%20')}`, fields)],
    ])('is proven%s', async (_, request) => {
      const { proven } = await diagnose(request, options)
      expect(proven?.causes).toMatchObject([{ id: 'method', fix: expect.stringContaining('HTTP POST') }])
      expect(proven?.signedUrl).toContain('AccountSid=')
    })

    test('is proven with the URL at Twilio too', async () => {
      const signed = `https://old.example.net/x?${fields}`
      const { proven } = await search(become('', fields, signed), { ...options, otherUrls: [signed] })
      expect(proven?.causes.map(({ id }) => id)).toContain('method')
    })

    test('is not proven for another form', async () => {
      const { proven, suspected } = await search(become(`?${fields}`, `${fields}&x=1`), options)
      expect(proven).toBeUndefined()
      expect(suspected.map(({ id }) => id)).not.toContain('method')
    })
  })

  test('another method than Twilio sent', () => {
    const find = (sent: string, seen: string) =>
      causes.method.differences?.find(({ applies }) =>
        applies({ what: 'method', name: undefined, sent: [sent], seen: [seen] }, []),
      )?.fix
    expect(find('GET', 'POST')).toContain('HTTP POST')
    expect(find('POST', 'GET')).toContain('change the method')
    expect(find('POST', 'PUT')).toBeUndefined()
  })

  test.each([
    'x-original-x-twilio-signature',
    'X-Relay-7-X-Twilio-Signature',
    'HTTP_X_TWILIO_SIGNATURE',
    'x-twilio-signature-original',
  ])('a signature in the header %s', async (name) => {
    const signed = post(url)
    const { 'x-twilio-signature': value, ...rest } = signed.headers as Record<string, string>
    const request = { ...signed, headers: { ...rest, [name]: value } }
    const { proven } = await diagnose(request as typeof signed, options)
    expect(proven?.causes).toMatchObject([
      { id: 'signature_missing', detail: expect.stringMatching(/is in the header/) },
    ])
    const other = await diagnose({ ...request, url: '/unknown/path/x' } as typeof signed, options)
    expect(other.proven).toBeUndefined()
    expect(other.suspected.filter(({ id }) => id === 'signature_missing')).toHaveLength(1)
  })

  test.each(['x-twilio-signature-key-sid', 'x-signature', 'x-twilio-signatures'])(
    'the header %s is no signature under another name',
    async (name) => {
      const signed = post(url)
      const { 'x-twilio-signature': value, ...rest } = signed.headers as Record<string, string>
      const { proven, suspected } = await diagnose({ ...signed, headers: { ...rest, [name]: value ?? '' } }, options)
      expect(proven).toBeUndefined()
      expect(suspected.map(({ detail }) => detail).join()).not.toContain('is in the header')
    },
  )

  test('an unsigned webhook of a program, and an unsigned request of a scanner', async () => {
    const bare = { 'x-twilio-signature': undefined, 'i-twilio-idempotency-token': undefined }
    const sentOn = await diagnose(post(url, { headers: { ...bare, 'user-agent': 'pipedream/1' } }), options)
    expect(sentOn.suspected[0]).toMatchObject({
      id: 'not_from_twilio',
      detail: expect.stringContaining('another User-Agent, pipedream/1,'),
      fix: expect.stringMatching(/^If a program of yours sends it on/),
    })
    const headers = { 'user-agent': `zgrab/0.x ${authToken}`, 'content-type': 'application/x-www-form-urlencoded' }
    const scan = await diagnose({ method: 'POST', url: '/sms', headers, body: 'a=1' }, options)
    expect(scan.suspected[0]?.fix).toMatch(/^If a stranger sent it/)
    expect(JSON.stringify(scan)).not.toContain(authToken)
    const token = { 'user-agent': authToken }
    const hidden = await diagnose({ method: 'POST', url: '/sms', headers: token, body: 'a=1' }, options)
    expect(JSON.stringify(hidden)).not.toContain(authToken)
  })

  test('a form that a person wrote without encoding', async () => {
    for (const [agent, fix] of [
      ['curl/8.5.0', /%2B/],
      ['TwilioProxy/1.1', /Decode the form exactly once/],
    ] as const) {
      const signed = post(url, { headers: { 'user-agent': agent } })
      const { proven } = await diagnose({ ...signed, body: `${signed.body}`.replaceAll('%2B', '+') }, options)
      expect(proven?.causes).toMatchObject([{ id: 'params_plus_as_space', fix: expect.stringMatching(fix) }])
    }
  })

  test('marks of redaction', async () => {
    const sent = sms.map(([name, value]) => [name, name === 'Body' ? '[REDACTED]' : value] as const)
    const { suspected } = await diagnose(post(url, { sent }), options)
    expect(suspected[0]).toMatchObject({ id: 'params_missing', detail: expect.stringContaining('"Body"') })
    const hidden = await diagnose(post(url, { headers: { 'x-twilio-signature': '[REDACTED]' } }), options)
    expect(hidden.suspected).toMatchObject([{ id: 'signature_encoding', detail: expect.stringContaining('hidden') }])
  })

  test('JSON whose line ends are gone was not parsed', async () => {
    const data = { flow_sid: 'FW1', note: 'a  b', list: [1, { deep: true }] }
    const lines = (indent: number | string, end = '') => `${JSON.stringify(data, null, indent)}${end}`
    for (const sent of [lines(2), lines(4, '\n'), lines('\t'), lines(2, '\n').replaceAll('\n', '\r\n')]) {
      const request = json(sent, { headers: { 'user-agent': 'curl/8.5.0' } })
      const { proven } = await diagnose(
        { ...request, body: sent.replace(/[\r\n]/g, '') } as DiagnosableRequest,
        options,
      )
      expect(proven?.causes).toMatchObject([{ id: 'body_whitespace', fix: expect.stringContaining('--data-binary') }])
      const parsed = await diagnose({ ...request, body: JSON.stringify(data) } as DiagnosableRequest, options)
      expect(parsed.proven?.causes[0]?.id).toBe('body_reserialized')
      expect(JSON.stringify(parsed)).not.toContain('--data-binary')
    }
  })

  test('a forwarded port that is not listed', async () => {
    for (const [port, host] of [
      ['8443', 'api.example.com'],
      ['9443', 'hooks.example.net'],
    ] as const) {
      const rule = (hosts: string[]) =>
        fromRequest({ allowedHosts: hosts, trustedProxies: 'loopback', forwardedBy: 'x-forwarded' })
      const headers = { host: 'app:3000', 'x-forwarded-host': host, 'x-forwarded-proto': 'https' }
      const signed = post(`https://${host}:${port}/sms`, {
        url: '/sms',
        headers: { ...headers, 'x-forwarded-port': port },
      })
      const request = { ...signed, remoteAddress: '127.0.0.1' }
      const { proven } = await diagnose(request, { authToken, publicUrl: rule([host]) })
      expect(proven?.causes.map(({ detail }) => detail).join()).toContain(`X-Forwarded-Port says ${port}`)
      const mended = createVerifier({ authToken, publicUrl: rule([`${host}:${port}`]) })
      expect(await mended.verify(request)).toMatchObject({ ok: true })
    }
  })

  test.each([
    ['\ufeff', 'byte order mark', 'UTF8Encoding'],
    ['\n', 'White space or a line break', 'trimming'],
  ])('%j before a form', async (added, detail, fix) => {
    const request = post(`${origin}/sms`)
    const { proven } = await diagnose({ ...request, body: added + request.body }, options)
    expect(proven?.causes).toMatchObject([
      { id: 'body_whitespace', detail: expect.stringContaining(detail), fix: expect.stringContaining(fix) },
    ])
  })

  test.each([
    ['/Twilio/InboundSms', '/twilio/inboundsms', /letter case/],
    ['/hooks/sms', '/Hooks/Sms', /letter case/],
    ['/hooks/a%20b', '/hooks/a b', /undecoded/],
  ])('the path %s that arrives as %s', async (signed, url, fix) => {
    const otherUrls = [`${origin}${signed}`]
    const { proven } = await diagnose(post(`${origin}${signed}`, { url }), { ...options, otherUrls })
    expect(proven?.causes).toMatchObject([{ id: 'path_encoding', fix: expect.stringMatching(fix) }])
  })

  test.each(['Ce-Twiliosignature', 'ce-xtwiliosignature-none', 'X-TwilioSignature', 'kn-twilio_signature'])(
    'the signature in %s',
    async (name) => {
      const { headers, ...signed } = post(url)
      const { 'x-twilio-signature': value = '', ...rest } = headers as Record<string, string>
      const { proven } = await diagnose({ ...signed, headers: { ...rest, [name]: value } }, options)
      const isName = !name.endsWith('none')
      expect(proven?.causes.map(({ id }) => id)).toEqual(isName ? ['signature_missing'] : undefined)
      if (isName) expect(proven?.causes[0]?.detail).toContain(name.toLowerCase())
    },
  )

  test.each(['Make/production', 'azure-logic-apps/1.0 (workflow 1; version 2)', 'Zapier', 'n8n'])(
    'a signature that %s copied',
    async (agent) => {
      const headers = { 'user-agent': agent, 'i-twilio-idempotency-token': undefined }
      const few = sms.slice(0, 4)
      const signed = post('https://hook.example.net/a1', { url: '/sms', params: sms, sent: few, headers })
      const wrapped = { '$content-type': 'application/x-www-form-urlencoded', $content: btoa(`${signed.body}`) }
      const asJson = { ...signed.headers, 'content-type': 'application/json' }
      for (const request of [signed, { ...signed, headers: asJson, body: JSON.stringify(wrapped) }]) {
        const { proven, suspected } = await diagnose(request as typeof signed, options)
        expect(proven).toBeUndefined()
        expect(suspected[0]).toMatchObject({
          id: 'host',
          fix: expect.stringMatching(/^Let Twilio call this server itself/),
        })
        expect(suspected.map(({ id }) => id)).not.toContain('not_from_twilio')
      }
      // A program with its own token signs for this server.
      expect((await diagnose(post(url, { headers }), options)).verdict.ok).toBe(true)
    },
  )

  test('headers as the list of Node.js, and a method in lower case', async () => {
    const request = post(url)
    const list = { ...request, headers: Object.entries(request.headers).flat() as never }
    const { suspected } = await diagnose(list, options)
    expect(suspected.map(({ id }) => id)).toEqual(['signature_missing'])
    expect(suspected[0]).toMatchObject({
      detail: expect.stringContaining('a list, such as rawHeaders'),
      fix: expect.stringContaining('req.headers'),
    })
    const lower = await diagnose({ ...request, method: 'post' }, options)
    expect(lower.proven?.causes[0] ?? lower.suspected[0]).toMatchObject({
      id: 'method',
      detail: expect.stringContaining('is post,'),
      fix: expect.stringContaining("'POST'"),
    })
  })
})
