import vectors from '../data/sendgrid.json' with { type: 'json' }
import { assert, assertEqual } from '../kit/assert.ts'
import { host, makeRequest, otherToken, type Signed, withHeaders } from '../kit/draft.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import type { Framework } from './framework.ts'
import { mistakes } from './mistakes.ts'
import { type ScenarioId, wrongVerdicts } from './scenario.ts'
import { expectAccepted, expectRejected, type TestServer, waitUntil, withServer } from './server.ts'
import { openConnection, send, toRaw, writeRequest } from './socket.ts'

const released: readonly (readonly [ScenarioId, status: number, releases: number])[] = [
  ['answers 200', 200, 0],
  ['answers 204', 204, 0],
  ['answers 401', 401, 1],
  ['answers 404', 404, 0],
  ['answers 429', 429, 0],
  ['answers 503', 503, 1],
  ['handler throws', 500, 1],
  ['handler rejects', 500, 1],
  ['by verifier, answers 503', 503, 1],
  ['another scheme, answers 503', 503, 1],
]

/** A genuine request, also for the scheme of the scenarios `another scheme`. */
const makeOwn = async (): Promise<Signed> => withHeaders(await makeRequest(), { 'x-own': 'right' })

/** The published request of SendGrid whose events have line ends between them. */
function makeEvents(): Signed {
  const { signature, timestamp, body } = vectors.find(({ title }) => title === 'two events') ?? Object(undefined)
  const headers = {
    host,
    'content-type': 'application/json',
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  }
  return { method: 'POST', url: '/sms', headers, body }
}

/** Tests that the handler's answer reaches the client, and that the replay guard follows it. */
export function outcomeSuite(framework: Framework): Suite {
  const table: CaseTable = Object.fromEntries(
    released.map(([id, status, releases]) => [
      `${id}: ${status}, ${releases === 0 ? 'confirmed once' : 'released once'}`,
      () =>
        withServer(framework, id, async (server) => {
          assertEqual((await send(server.port, toRaw(await makeOwn()))).status, status, 'status')
          const countEnds = async (): Promise<number> => {
            const { confirmations, releases: released } = await server.journal()
            return confirmations + released
          }
          await waitUntil(async () => (await countEnds()) > 0, 'a confirmation or a release')
          const journal = await server.journal()
          assertEqual(
            [journal.handlerRuns, journal.reservations, journal.confirmations, journal.releases],
            [1, 1, 1 - releases, releases],
            'runs, reservations, confirmations, releases',
          )
          assertEqual((await send(server.port, toRaw(await makeOwn()))).status, status, 'status of the next')
        }),
    ]),
  )
  return defineSuite('outcomes', {
    ...table,
    'a refused request reserves and releases nothing': () =>
      withServer(framework, 'answers 503', async (server) => {
        await expectRejected(server, await makeRequest({ token: otherToken }), 'signature_mismatch')
        const { reservations, confirmations, releases } = await server.journal()
        assertEqual([reservations, confirmations, releases], [0, 0, 0], 'reservations and their ends')
      }),
    'a client that leaves before the answer: released once': () =>
      withServer(framework, 'handler hangs', async (server) => {
        const connection = openConnection(server.port)
        connection.write(writeRequest(toRaw(await makeRequest())))
        await waitUntil(async () => (await server.journal()).handlerRuns === 1, 'the handler')
        connection.socket.destroy()
        await waitUntil(async () => (await server.journal()).releases === 1, 'a release')
      }),
    '200 requests at once share no state': () =>
      withServer(framework, 'plain', async (server) => {
        await Promise.all(
          Array.from({ length: 200 }, async (_, index) => {
            const genuine = index % 4 !== 0
            const request = await makeRequest({
              params: [['n', String(index)]],
              ...(!genuine && { token: otherToken }),
            })
            const answer = await send(server.port, toRaw(request))
            assertEqual(answer.status, genuine ? 200 : 403, `status of ${index}`)
            if (genuine) assertEqual(JSON.parse(answer.body).params, [['n', String(index)]], 'parameters')
          }),
        )
        assertEqual((await server.journal()).handlerRuns, 150, 'runs')
      }),
  })
}

/** Tests mistakes in the options: no request may end the process or stay without an answer. */
export function mistakesSuite(framework: Framework): Suite {
  const cases = Object.entries(mistakes).map(([id, { forged, genuine }]) => [
    `${id}: the request is answered, and the server continues`,
    () =>
      withServer(framework, id as keyof typeof mistakes, async (server) => {
        const unhandled: unknown[] = []
        const note = (reason: unknown): void => void unhandled.push(reason)
        process.on('unhandledRejection', note).on('uncaughtException', note)
        try {
          for (let round = 0; round < 2; round++) {
            const refused = await send(server.port, toRaw(await makeRequest({ token: otherToken })))
            assertEqual(refused.status, forged, 'status of a forged request')
            assertEqual(refused.headers['x-injected'], undefined, 'an injected header')
            if (forged === 418) assertEqual(refused.body, 'teapot', 'the body')
            assertEqual(
              (await send(server.port, toRaw(await makeRequest()))).status,
              genuine,
              'status of a genuine one',
            )
          }
          await new Promise((resolve) => setTimeout(resolve, 10))
          assertEqual(unhandled, [], 'unhandled errors')
          assertEqual((await server.journal()).handlerRuns, genuine === 200 ? 2 : 0, 'runs')
        } finally {
          process.off('unhandledRejection', note).off('uncaughtException', note)
        }
      }),
  ])
  return defineSuite('mistakes in options', Object.fromEntries(cases))
}

/** Tests the forms in which an adapter takes options, and the answers that they change. */
export function optionsSuite(framework: Framework): Suite {
  const on = (id: ScenarioId, check: (server: TestServer) => Promise<void>) => () => withServer(framework, id, check)
  const broken = async (server: TestServer): Promise<void> => {
    for (const request of [await makeRequest(), withHeaders(await makeRequest(), { 'x-twilio-signature': undefined })])
      assertEqual((await send(server.port, toRaw(request))).status, 500, 'status')
    assertEqual((await server.journal()).handlerRuns, 0, 'runs')
  }
  const wrong = Object.keys(wrongVerdicts).map((id) => [
    `${id}: 500, and no handler runs`,
    on(id as ScenarioId, broken),
  ])
  return defineSuite('options of an adapter', {
    ...Object.fromEntries(wrong),
    'options by a function': on('by function', async (server) => {
      await expectAccepted(server, await makeRequest())
      await expectRejected(server, await makeRequest({ token: otherToken }), 'signature_mismatch')
    }),
    'a function that returns wrong options: 500, and no handler runs': on('wrong by function', broken),
    'a function that throws: 500, and no handler runs': on('throwing by function', broken),
    'a verifier instead of options': on('by verifier', async (server) => {
      await expectAccepted(server, await makeRequest())
      await expectRejected(server, await makeRequest({ token: otherToken }), 'signature_mismatch')
    }),
    'a verifier with onRejected': on('by verifier, rejected', async (server) => {
      assertEqual((await send(server.port, toRaw(await makeRequest({ token: otherToken })))).status, 418, 'status')
    }),
    'a verifier of another scheme, without parameters': on('another scheme', async (server) => {
      const { ok, params } = await expectAccepted(server, await makeOwn())
      assertEqual([ok, params], [true, []], 'what the handler saw')
      await expectRejected(server, await makeRequest(), 'signature_mismatch')
    }),
    'a verifier of SendGrid gets the bytes of the body': on('sendgrid', async (server) => {
      const events = makeEvents()
      const { covers, params, body } = await expectAccepted(server, events)
      assertEqual([covers, params, body], ['body', [], events.body], 'what the handler saw')
      const rewritten = JSON.stringify(JSON.parse(events.body ?? ''))
      await expectRejected(server, { ...events, body: rewritten }, 'signature_mismatch')
      await expectRejected(server, await makeRequest(), 'signature_missing')
    }),
    'observe passes rejected requests to the handler': on('observe', async (server) => {
      await expectAccepted(server, await makeRequest())
      const answer = await send(server.port, toRaw(await makeRequest({ token: otherToken })))
      const { ok, code, params } = JSON.parse(answer.body)
      assertEqual([answer.status, ok, code], [200, false, 'signature_mismatch'], 'the observed')
      assert(params.length > 0, 'no parameters')
      const unsigned = await send(
        server.port,
        toRaw(withHeaders(await makeRequest(), { 'x-twilio-signature': undefined })),
      )
      assertEqual(JSON.parse(unsigned.body).code, 'signature_missing', 'code')
    }),
    'onRejected gives another answer': on('rejected', async (server) => {
      const { status, body, headers } = await send(server.port, toRaw(await makeRequest({ token: otherToken })))
      assertEqual([status, body, headers['x-code']], [418, 'teapot', 'signature_mismatch'], 'the answer')
      assertEqual((await server.journal()).handlerRuns, 0, 'runs')
    }),
    'onRejected that returns nothing keeps the default answer': on('rejected as usual', async (server) => {
      await expectRejected(server, await makeRequest({ token: otherToken }), 'signature_mismatch')
    }),
    'onRejected cannot answer a rejection with a success': on('rejected with a success', async (server) => {
      const { status } = await send(server.port, toRaw(await makeRequest({ token: otherToken })))
      assertEqual([status, (await server.journal()).handlerRuns], [500, 0], 'status and runs')
    }),
    'onVerdict that throws changes nothing': on('onVerdict throws', async (server) => {
      await expectAccepted(server, await makeRequest())
      assertEqual((await send(server.port, toRaw(await makeRequest({ token: otherToken })))).status, 403, 'status')
    }),
  })
}
