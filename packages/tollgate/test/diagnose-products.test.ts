import { describe, expect, test } from 'vitest'
import { post, sms } from '../../../conformance/diagnosis/requests.ts'
import { diagnoseSendGrid, diagnose as search } from '../src/diagnose/index.ts'
import { fromRequest, type IncomingRequest } from '../src/index.ts'
import { options, origin, otherToken } from './requests.ts'
import { genuine } from './sendgrid-support.ts'

// What is suspected does not depend on how long a search was hopeless.
const diagnose = (...[request, given]: Parameters<typeof search>) => search(request, { maxTries: 1000, ...given })

/** What products other than Twilio's webhooks send, by their documentation. */
const others: readonly (readonly [string, Record<string, string>, string | undefined, RegExp])[] = [
  [
    'SendGrid with its signature',
    { 'x-twilio-email-event-webhook-signature': 'MEU=', 'x-twilio-email-event-webhook-timestamp': '1700000000' },
    undefined,
    /createSendGridVerifier/,
  ],
  ['SendGrid without a signature', { 'user-agent': 'SendGrid Event API' }, undefined, /no signature: turn on/],
  ['SendGrid, by its body', {}, '[{"email":"a@b.example","sg_event_id":"x"}]', /createSendGridVerifier/],
  [
    'Inbound Parse',
    { 'user-agent': 'Sendlib/1.0 server', 'content-type': 'multipart/form-data; boundary=b' },
    undefined,
    /Security Policy/,
  ],
  ['Authy', { 'x-authy-signature': 'abc=', 'x-authy-signature-nonce': '1' }, '{"device_uuid":1}', /X-Authy-Signature/],
  ['Segment', { 'user-agent': 'Segment.io/1.0', 'x-signature': 'ab' }, undefined, /X-Signature/],
  ['Segment, by its body', {}, '{"anonymousId":"a","receivedAt":"2024-01-01"}', /X-Signature/],
  ['WhatsApp of Meta', { 'x-hub-signature-256': 'sha256=ab' }, '{"entry":[]}', /Meta/],
  ['Pub/Sub', { 'user-agent': 'CloudPubSub-Google' }, '{"message":{"data":"QQ=="}}', /before it is published/],
  [
    'Pub/Sub, by its body',
    {},
    '{"message":{},"subscription":"projects/p-1/subscriptions/s"}',
    /before it is published/,
  ],
  ['Pub/Sub without its envelope', { 'x-goog-pubsub-message-id': '7' }, 'From=1', /before it is published/],
  [
    'Pub/Sub with a token',
    { 'user-agent': 'APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)' },
    undefined,
    /before it is published.* Or let Twilio call this server itself/,
  ],
  [
    'a channel of Calendar',
    { 'user-agent': 'APIs-Google', 'x-goog-channel-id': 'c1', 'x-goog-resource-state': 'exists' },
    undefined,
    /^Give it a route of its own/,
  ],
  [
    'Cloud Tasks',
    { 'x-cloudtasks-queuename': 'q', 'user-agent': 'Google-Cloud-Tasks' },
    'From=1',
    /before the task is/,
  ],
  ['SNS, by its body', {}, '{"Type" : "Notification", "TopicArn" : "arn:aws:sns:eu-west-1:1:t"}', /before it is publ/],
  ['SNS, raw', { 'user-agent': 'Amazon Simple Notification Service Agent' }, 'From=1', /before it is published/],
  ['EventBridge, by its body', {}, '{"version":"0","detail-type":"sms","detail":{}}', /before it is published/],
  [
    'Event Grid, by its body',
    {},
    '[{"topic":"/subscriptions/1/resourceGroups/g/providers/Microsoft.EventGrid/topics/t"}]',
    /before it is published/,
  ],
  ['SNS', { 'x-amz-sns-message-type': 'Notification' }, '{"Message":"From=1"}', /before it is published/],
  ['EventBridge', { 'user-agent': 'Amazon/EventBridge/ApiDestinations' }, '{}', /before it is published/],
  ['Event Grid', { 'aeg-event-type': 'Notification' }, '[{"data":{}}]', /before it is published/],
  [
    'Apps Script',
    { 'user-agent': 'Mozilla/5.0 (compatible; Google-Apps-Script; id: X)' },
    undefined,
    /Let Twilio call this server itself/,
  ],
  ['SignalWire', { 'x-signalwire-signature': 'ab' }, undefined, /SignalWire/],
  ['Mailgun', { 'user-agent': 'mailgun/treq-24.9.1' }, undefined, /^Give Mailgun a route of its own/],
  ['Mailgun, by its body', {}, '{"signature":{"token":"a"},"event-data":{"event":"opened"}}', /^Give Mailgun/],
  ['Postmark', { 'user-agent': 'Postmark' }, '{"RecordType":"Bounce"}', /^Give Postmark/],
  ['Mandrill', { 'x-mandrill-signature': 'ab=' }, 'mandrill_events=%5B%5D', /^Give Mandrill/],
  ['SparkPost', { 'x-messagesystems-batch-id': '7' }, '[]', /^Give SparkPost/],
  ['Resend', { 'svix-id': 'msg_1', 'svix-timestamp': '1', 'svix-signature': 'v1,ab' }, '{}', /Svix/],
]

describe('a request of another product', () => {
  test.each(others)('%s', async (_, headers, body, fix) => {
    const request = { method: 'POST', url: '/sms', headers: { host: 'api.example.com', ...headers }, body }
    const { suspected } = await diagnose(request, options)
    expect(suspected.map(({ id }) => id)).toEqual(['other_product'])
    expect(suspected[0]?.fix).toMatch(fix)
    expect(suspected[0]?.fix).not.toMatch(/pass X-Twilio-Signature on/)
    if (headers['x-twilio-email-event-webhook-signature'] !== undefined)
      expect(suspected[0]?.fix).not.toMatch(/no signature/)
  })

  test('of Twilio at the route of SendGrid', async () => {
    const { suspected } = await diagnoseSendGrid(post(`${origin}/sms`), { publicKey: genuine.publicKey })
    expect(suspected).toMatchObject([
      { id: 'other_product', fix: expect.stringContaining('without the option "verifier"') },
    ])
  })

  test.each([
    [{ 'user-agent': 'mailgun/treq-24.9.1' }, undefined, /^Give Mailgun a route/],
    [{ 'x-mandrill-signature': 'ab=' }, undefined, /^Give Mandrill a route/],
    [{ 'x-amz-sns-message-type': 'Notification' }, '{}', /such as Amazon SES, give it a route of its own/],
    [{ 'x-cloudtasks-queuename': 'q' }, '[]', /before the task is made/],
    [{ 'user-agent': 'Mozilla/5.0 (compatible; Google-Apps-Script)' }, '[]', /^Let SendGrid call this server itself/],
  ])('of %o at the route of SendGrid', async (headers, body, fix) => {
    const sent = { method: 'POST', url: '/events', headers, body } as IncomingRequest
    const { suspected } = await diagnoseSendGrid(sent, { publicKey: genuine.publicKey })
    expect(suspected).toMatchObject([{ id: 'other_product', fix: expect.stringMatching(fix) }])
    expect(suspected[0]?.fix).not.toMatch(/Turn on|of Twilio|X-Twilio-Signature/)
  })

  test.each(['mailgunner', 'my-postmark/1', 'Postmarks'])('is not seen in the User-Agent %s', async (agent) => {
    const sent = { method: 'POST', url: '/events', headers: { 'user-agent': agent }, body: '{"signature":"x"}' }
    const { suspected } = await diagnoseSendGrid(sent, { publicKey: genuine.publicKey })
    expect(suspected.map(({ id }) => id)).not.toContain('other_product')
  })

  test('is not seen in a request with a signature of Twilio', async () => {
    const headers = { 'user-agent': 'SendGrid Event API', 'stripe-signature': 'v1=1' }
    const { suspected } = await diagnose(post(`${origin}/sms`, { headers, secret: otherToken }), options)
    expect(suspected.map(({ id }) => id)).not.toContain('other_product')
  })
})

describe('a request that a developer sends by hand', () => {
  const unsigned = (headers: Record<string, string>, more: object = {}) => ({
    method: 'POST',
    url: '/sms',
    headers: { host: 'localhost:3000', 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: 'From=%2B15550001111&Body=hi',
    ...more,
  })
  const findFix = async (request: IncomingRequest, given: object = {}) =>
    (await diagnose(request, { ...options, ...given })).suspected[0]?.fix ?? ''

  test.each([
    ['curl/8.5.0', {}, 'sms --to localhost:3000/sms --public-url https://api.example.com'],
    ['PostmanRuntime/7.43.0', { host: '127.0.0.1:8080' }, 'sms --to 127.0.0.1:8080/sms --public-url https://api.ex'],
    ['Thunder Client (https://www.thunderclient.com)', {}, 'sms --to localhost:3000/sms --public-url'],
    ['Mozilla/5.0 (Windows NT 10.0) WindowsPowerShell/5.1', {}, 'sms --to localhost:3000/sms --public-url'],
  ])('to the own machine without a signature gets the line to paste: %s', async (agent, headers, command) => {
    const fix = await findFix(unsigned({ 'user-agent': agent, ...headers }))
    expect(fix).toMatch(/^If a stranger sent it, do nothing\. For your own tests: npx @tollgate\/cli send /)
    expect(fix).toContain(` send ${command}`)
  })

  test('has the kind by the path, the method, and the prefix of the public URL', async () => {
    const agent = { 'user-agent': 'curl/8.5.0' }
    expect(await findFix(unsigned(agent, { url: '/voice' }))).toContain('send call --to localhost:3000/voice ')
    expect(await findFix(unsigned(agent, { url: '/sms/callback' }))).toContain('send sms --to')
    expect(await findFix(unsigned(agent, { method: 'GET', body: undefined }))).toContain('send sms --method GET --to')
    const prefixed = await findFix(unsigned(agent), { publicUrl: 'https://api.example.com/twilio' })
    expect(prefixed).toContain('--to localhost:3000/sms --public-url https://api.example.com/twilio')
  })

  test('from elsewhere, or through a proxy, does not', async () => {
    const agent = { 'user-agent': 'curl/8.5.0' }
    for (const headers of [{ host: 'api.example.com' }, { 'x-forwarded-for': '203.0.113.9' }, { host: 'evil.example' }])
      expect(await findFix(unsigned({ ...agent, ...headers }))).toMatch(/^If a stranger sent it, do nothing\./)
    // A program that lost the signature is more likely than a test.
    expect(await findFix(unsigned({ 'user-agent': 'axios/1.7.2' }, { body: 'AccountSid=AC1' }))).toMatch(
      /^If a program of yours sends it on/,
    )
  })

  test('has nothing of a stranger in the command that is not plain', async () => {
    for (const url of ['/sms;id', '/$(id)', '/a b', '/`id`', "/sms'", '/sms&x', '/sms|x'])
      expect(await findFix(unsigned({ 'user-agent': 'curl/8.5.0' }, { url }))).not.toContain(`localhost:3000${url}`)
  })

  const edit = (agent: string, headers: Record<string, string> = {}) =>
    post(`${origin}/sms`, {
      sent: sms.map(([name, value]) => [name, name === 'Body' ? 'STOP' : value] as const),
      headers: { 'user-agent': agent, 'i-twilio-idempotency-token': [] as never, ...headers },
    })

  test.each([
    'PostmanRuntime/7.43.0',
    'curl/8.5.0',
    'insomnia/10.1.0',
    'HTTPie/3.2.4',
    'vscode-restclient',
    'xh/0.22.2',
  ])('with the signature of another text says that it covers that one: %s', async (agent) => {
    const { proven, suspected } = await diagnose(edit(agent), options)
    expect(proven).toBeUndefined()
    expect(suspected[0]).toMatchObject({
      id: 'not_from_twilio',
      detail: expect.stringMatching(/a copied signature is right only for the URL and the parameters/),
      fix: expect.stringContaining(`npx @tollgate/cli send sms --to ${origin}/sms --set NAME=VALUE`),
    })
    const local = await diagnose(edit(agent, { host: 'localhost:3000' }), options)
    expect(local.suspected.map(({ fix }) => fix).join()).toContain(`--to localhost:3000/sms --public-url ${origin} `)
  })

  test('of a page in a browser is named as one', async () => {
    const agent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0'
    const page = { 'user-agent': agent, origin: 'https://flex.twilio.com', host: 'api.example.com' }
    const { suspected } = await diagnose(unsigned(page, { body: 'Token=a&taskSid=WT1' }), options)
    expect(suspected[0]).toMatchObject({
      id: 'not_from_twilio',
      detail: expect.stringContaining('A page in a browser'),
      fix: expect.stringContaining('a route without this guard'),
    })
    const other = await diagnose(unsigned({ ...page, origin: [] as never }), options)
    expect(JSON.stringify(other)).not.toContain('A page in a browser')
  })

  test('with the token header of Twilio’s is a copy, whose form was decoded twice', async () => {
    const params = sms.map(([name, value]) => [name, encodeURIComponent(value)] as const)
    const copy = post(`${origin}/sms`, { params, sent: sms, headers: { 'user-agent': 'PostmanRuntime/7.43.0' } })
    const { proven } = await diagnose(copy, options)
    expect(proven?.causes[0]?.detail).toMatch(/^Values were decoded twice/)
  })

  test('names no host of the request in that command', async () => {
    const publicUrl = fromRequest({ allowedHosts: ['evil.example'] })
    const { suspected } = await diagnose(edit('curl/8.5.0', { host: 'evil.example' }), { ...options, publicUrl })
    expect(suspected[0]?.fix).toContain('npx @tollgate/cli send sms --to URL --set')
    expect(suspected[0]?.fix).not.toContain('evil')
  })

  test.each(['axios/1.7.2', 'undici', 'TwilioProxy/1.1'])('is not seen in what a program sends: %s', async (agent) => {
    const { suspected } = await diagnose(edit(agent), options)
    expect(suspected.map(({ detail }) => detail).join()).not.toContain('a copied signature')
  })
})

describe('a copy from a capture site', () => {
  const sites = [
    'webhook.site',
    'abc.webhook.site',
    'eo1.m.pipedream.net',
    'smee.io',
    'me.requestcatcher.com',
    'hkdk.events',
  ]
  test.each(sites)('of %s names the site, and no option with its host', async (host) => {
    for (const publicUrl of [origin, `${origin}/hooks`, [origin, 'https://b.example.com']]) {
      const request = post(`https://${host}/0b1c-22`, { headers: { host } })
      const diagnosis = await diagnose(request, { ...options, publicUrl })
      expect(diagnosis.proven?.causes).toMatchObject([{ id: 'host', fix: expect.stringContaining('your own server') }])
      expect(diagnosis.proven?.setting).toBeUndefined()
      const unproven = await diagnose(post(`https://${host}/0b1c-22`, { headers: { host }, secret: otherToken }), {
        ...options,
        publicUrl,
      })
      expect(unproven.suspected[0]).toMatchObject({ id: 'host', fix: expect.stringContaining('your own server') })
      for (const { fix } of [...(diagnosis.proven?.causes ?? []), ...unproven.suspected])
        expect(fix).not.toContain(host)
    }
  })

  test('a URL of such a site that the user names is proven, without an option', async () => {
    for (const host of ['webhook.site', 'eo1.m.pipedream.net']) {
      const request = { ...post(`https://${host}/0b1c-22`), url: '/sms' }
      const { proven } = await diagnose(request, { ...options, otherUrls: [`https://${host}/0b1c-22`] })
      expect(proven?.causes).toMatchObject([{ id: 'host', detail: expect.stringContaining(host) }])
      expect(proven?.causes[0]?.fix).toMatch(/^Point Twilio at your own server/)
      expect(proven?.setting).toBeUndefined()
    }
  })

  test('a service that sends requests on is called no site whose requests others can read', async () => {
    const host = 'hkdk.events'
    const { proven } = await diagnose(post(`https://${host}/1a2b`, { headers: { host } }), options)
    expect(proven?.causes).toMatchObject([
      { id: 'host', detail: expect.stringMatching(/"hkdk\.events", a site that sends requests on,/) },
    ])
    expect(proven?.causes[0]?.fix).not.toContain('anyone can read')
  })

  test('a browser that sends what such a site shows names it', async () => {
    for (const headers of [{ origin: 'https://webhook.site' }, { referer: 'https://webhook.site/#!/view/1' }]) {
      const request = post(`${origin}/sms`, {
        headers: { ...headers, 'user-agent': 'Mozilla/5.0' },
        secret: otherToken,
      })
      const { suspected } = await diagnose(request, options)
      expect(suspected[0]).toMatchObject({ id: 'host', detail: expect.stringContaining('"webhook.site"') })
    }
  })

  test('the tunnel of a developer is no capture site', async () => {
    const host = 'abc.ngrok-free.app'
    const { proven } = await diagnose(post(`https://${host}/sms`, { headers: { host } }), options)
    expect(proven?.setting).toBe(`publicUrl: 'https://${host}'`)
  })

  test('no fix names a host that no signature proves', async () => {
    const headers = { host: 'stranger.example.net' }
    for (const publicUrl of [[origin, 'https://b.example.com'], origin]) {
      const request = post(`${origin}/sms`, { headers, secret: 'made up' })
      const { suspected } = await diagnose(request, { ...options, publicUrl })
      for (const { fix } of suspected) expect(fix).not.toContain('stranger')
    }
  })
})
