import type { Framework } from '../adapter/framework.ts'
import { expectAccepted, expectRejected, expectTurnedAway, rejectionText } from '../adapter/server.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { assert, assertEqual } from '../kit/assert.ts'
import {
  account,
  host,
  inboundSms,
  makeHandshake,
  makeJsonRequest,
  makeRequest,
  origin,
  otherAccount,
  otherToken,
  sharedKey,
  sms,
  withHeaders,
} from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { bindServer, replaceHeader, type ServerCheck } from './socket-kit.ts'

export function restSocketSuite(framework: Framework): Suite {
  const on = bindServer(framework)
  const plain = (check: ServerCheck) => on('plain', check)
  return defineSuite('attacks on secrets and operation, over a socket', {
    'C2 malformed signatures': plain(async (server) => {
      const request = await makeRequest()
      const genuine = request.headers['x-twilio-signature'] ?? ''
      for (const values of [
        [''],
        [genuine.slice(1)],
        [`${genuine}=`],
        [`${genuine},${genuine}`],
        [genuine, genuine],
        ['x', genuine],
        ['A'.repeat(4000)],
      ])
        await expectRejected(server, replaceHeader(request, 'x-twilio-signature', ...values), 'signature_malformed')
      await expectTurnedAway(server, replaceHeader(request, 'x-twilio-signature', 'A'.repeat(100_000)))
      await expectTurnedAway(server, replaceHeader(request, 'x-twilio-signature', `${genuine}\0`))
    }),
    'C4 no downgrade by changing or removing the settings header': on('shared keys only', async (server) => {
      const name = 'x-twilio-webhooks-signature-settings'
      const request = await makeRequest({ sharedKey })
      await expectAccepted(server, request)
      await expectRejected(server, replaceHeader(request, name), 'key_not_allowed')
      await expectRejected(
        server,
        replaceHeader(request, name, `key=${sharedKey.id},algorithm=none`),
        'algorithm_unsupported',
      )
      await expectRejected(
        server,
        replaceHeader(request, name, `key=${sharedKey.id},algorithm=HMAC_SHA1`),
        'algorithm_unsupported',
      )
      await expectRejected(server, replaceHeader(request, name, 'key=__proto__,algorithm=HMAC_SHA256'), 'key_unknown')
    }),
    'C4 no downgrade by upgrade headers': on('shared keys only', async (server) => {
      await expectRejected(server, await makeHandshake('/media'), 'key_not_allowed')
      await expectRejected(server, await makeHandshake('/media', { signed: `${origin}/media` }), 'key_not_allowed')
      await expectAccepted(server, await makeHandshake('/media', { signed: `${origin}/media`, sharedKey }))
    }),
    'C6 another tenant': on('accounts', async (server) => {
      const foreign = sms.map(([name, value]): [string, string] => [name, name === 'AccountSid' ? otherAccount : value])
      await expectRejected(server, await makeRequest({ params: foreign }), 'signature_mismatch')
      await expectRejected(
        server,
        await makeRequest({ params: [...sms, ['AccountSid', otherAccount]] }),
        'account_not_allowed',
      )
      await expectRejected(server, await makeJsonRequest({ AccountSid: otherAccount }), 'account_not_allowed')
      await expectAccepted(server, await makeJsonRequest({ AccountSid: account }))
    }),
    'C6 another tenant in a query, and deep in JSON': on('accounts', async (server) => {
      const post = await makeRequest({ path: `/x?AccountSid=${otherAccount}`, params: [], contentType: null })
      await expectRejected(server, post, 'signature_mismatch')
      for (const json of [{ data: { call: { AccountSid: otherAccount } } }, [[{ AccountSid: otherAccount }]]])
        await expectRejected(server, await makeJsonRequest(json), 'account_not_allowed')
    }),
    'E1 more than 10,000 pairs': plain(async (server) => {
      const many = await makeRequest({ body: `${'a&'.repeat(20_000)}a`, signed: 'nothing' })
      await expectRejected(server, many, 'body_malformed')
    }),
    'D1 an ordinary GET with upgrade headers is counted': on('answers 200', async (server) => {
      const request = toRaw(await makeHandshake('/media', { signed: `${origin}/media` }))
      assertEqual((await send(server.port, request)).status, 200, 'the status')
      assertEqual((await server.journal()).reservations, 1, 'reservations')
    }),
    'D3 a captured message with its parameters cut elsewhere': on('replays rejected', async (server) => {
      const message = await makeRequest({ params: inboundSms })
      const { body = '' } = message
      await expectAccepted(server, message)
      for (const again of [
        message,
        { ...message, body: body.replace('SmsStatus=received', 'SmsStatu=sreceived') },
        { ...message, body: body.replace('MessageSid=SM', 'MessageSidSM=') },
      ])
        await expectRejected(server, again, 'replayed')
    }),
    'E2 the server survives hostile targets and bytes': plain(async (server) => {
      for (const target of [
        '*',
        '//',
        '/%',
        '/\\',
        '/?%',
        'http://',
        'http://[',
        '/#',
        'sms',
        '/\u00ff',
        `/${'a'.repeat(10_000)}`,
        `/?${'a=1&'.repeat(3000)}`,
      ])
        await expectTurnedAway(server, { ...toRaw(await makeRequest()), target })
      for (const bytes of [
        '\r\n\r\n',
        'GARBAGE\r\n\r\n',
        'POST /sms HTTP/1.1\r\n\r\n',
        'POST /sms HTTP/9.9\r\nHost: x\r\n\r\n',
        '\0\0\0\0\r\n\r\n',
      ])
        await expectTurnedAway(server, Buffer.from(bytes === '\r\n\r\n' ? `${bytes}X\r\n\r\n` : bytes))
      const many = Array.from({ length: 5000 }, (_, index): [string, string] => [`f${index}`, ''])
      await expectAccepted(server, await makeRequest({ params: many }))
    }),
    'E3 no header switches the check off, and no path is exempt': plain(async (server) => {
      const forged = await makeRequest({ token: otherToken })
      const headers = {
        'x-debug': '1',
        'x-tollgate-mode': 'observe',
        'x-http-method-override': 'GET',
        'x-twilio-skip': '1',
      }
      await expectRejected(server, withHeaders(forged, headers), 'signature_mismatch')
      for (const target of ['/health', '/healthz', '/?ssl_check=1', '/favicon.ico', '/.well-known/x'])
        await expectRejected(server, { ...toRaw(forged), target }, 'signature_mismatch')
    }),
    'E7 the signature of a handshake does not run an ordinary handler': plain(async (server) => {
      await expectRejected(server, await makeHandshake('/media'), 'signature_mismatch')
      await expectRejected(server, await makeHandshake('/media?a=1'), 'signature_mismatch')
      const relayed = await makeHandshake('/media?a=1', { signed: `wss://${host}/mediaa1` })
      await expectRejected(server, relayed, 'signature_mismatch')
      await expectRejected(
        server,
        withHeaders(relayed, { upgrade: undefined, connection: undefined }),
        'signature_mismatch',
      )
      const get = await makeHandshake('/media', { signed: `${origin}/media` })
      assertEqual((await expectAccepted(server, get)).handshake, false, 'handshake')
    }),
    'E4 every 403 is the same answer': on('accounts', async (server) => {
      const requests = [
        await makeRequest({ token: otherToken }),
        await makeRequest({ params: [['AccountSid', `AC${'c'.repeat(32)}`]] }),
        withHeaders(await makeRequest(), { 'x-twilio-signature': undefined }),
        withHeaders(await makeRequest(), { 'x-twilio-signature': 'x' }),
        await makeRequest({ body: 'x', contentType: 'text/xml' }),
        await makeRequest({ method: 'PUT', params: sms }),
      ]
      const answers: string[] = []
      for (const request of requests) {
        const { status, body, headers } = await send(server.port, toRaw(request))
        // A connection is closed if the body was not read. This tells a caller only that it sent no
        // valid signature, which it knows.
        const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = headers
        assertEqual([status, body], [403, rejectionText], 'the answer')
        answers.push(JSON.stringify(rest))
      }
      assert(new Set(answers).size === 1, `the headers differ: ${[...new Set(answers)].join(' ')}`)
    }),
  })
}
