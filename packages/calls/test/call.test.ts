import { twilioWebhook } from 'tollgate/fetch'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { type TestServer, testServer } from 'tollgate/testing'
import { describe, expect, test } from 'vitest'
import { type CallRequest, callScenario, messageScenario } from '../src/index.ts'
import type { CallScenarioOptions } from '../src/scenario.ts'
import type { CallSocket } from '../src/walk.ts'

interface Params {
  get(name: string): string | undefined
}

type Answer = string | ((params: Params, request: Request) => string | Response)

/** An application that verifies each request, and answers a path with TwiML or a response. */
async function serve(routes: Readonly<Record<string, Answer>>): Promise<TestServer> {
  return await testServer(({ url, authToken }) =>
    twilioWebhook({ publicUrl: url, authToken }, async ({ params }, request) => {
      const { pathname } = new URL(request.url)
      const route = routes[pathname]
      if (route === undefined) return new Response('not found', { status: 404 })
      const answer = typeof route === 'string' ? route : route(params, request)
      return typeof answer === 'string' ? xml(answer) : answer
    }),
  )
}

function xml(verbs: string, ...cookies: string[]): Response {
  const headers = [['content-type', 'text/xml'], ...cookies.map((cookie) => ['set-cookie', cookie])] as [
    string,
    string,
  ][]
  return new Response(`<?xml version="1.0"?><Response>${verbs}</Response>`, { headers })
}

async function call(routes: Readonly<Record<string, Answer>>, options: CallScenarioOptions = {}) {
  return await callScenario(await serve(routes), options)
}

/** The requests as `REASON METHOD PATH STATUS`. */
function list({ requests }: { requests: readonly { reason: string; method: string; url: string; status: number }[] }) {
  return requests.map(
    ({ reason, method, url, status }) => `${reason} ${method} ${url.replace(/^https?:\/\/[^/]*/, '')} ${status}`,
  )
}

function paramsOf({ requests }: { requests: readonly CallRequest[] }, index: number): CallRequest['params'] {
  return requests.at(index)?.params ?? {}
}

const menu = '<Gather action="/choice" numDigits="1"><Say>Press 1 for sales</Say></Gather><Say>Goodbye</Say>'

describe('Gather', () => {
  test('keys run the action', async () => {
    const ivr = await call({ '/voice': menu, '/choice': (params) => `<Say>You pressed ${params.get('Digits')}</Say>` })
    expect(ivr.heard).toBe('Press 1 for sales')
    expect(ivr.status).toBe('in-progress')
    await ivr.press('1')
    expect(ivr.heard).toContain('You pressed 1')
    expect(ivr.status).toBe('completed')
    expect(list(ivr)).toEqual(['call POST /voice 200', 'Gather action POST /choice 200'])
    expect(paramsOf(ivr, 0)).toMatchObject({ CallStatus: 'ringing', Direction: 'inbound', CallSid: ivr.sid })
    expect(paramsOf(ivr, 1)).toMatchObject({
      CallStatus: 'in-progress',
      Digits: '1',
      FinishedOnKey: '',
      msg: 'Gather End',
    })
  })

  test('a replay guard takes the same key in the same menu for a new event', async () => {
    const deliveries: unknown[] = []
    const replay = replayGuard({ store: memoryStore() })
    const server = await testServer(({ url, authToken }) =>
      twilioWebhook({ publicUrl: url, authToken, replay }, ({ delivery }, request) => {
        if (request.url.endsWith('/choice')) deliveries.push(delivery)
        return xml(menu)
      }),
    )
    const ivr = await callScenario(server)
    await ivr.press('1')
    await ivr.press('1')
    const [first, second] = ivr.requests.slice(1)
    expect(second?.params).toEqual(first?.params)
    expect(deliveries).toEqual(['unknown', 'unknown'])
  })

  test('no input runs the next verb', async () => {
    const ivr = await call({ '/voice': menu })
    await ivr.wait()
    expect(ivr.heard).toBe('Press 1 for sales\nGoodbye')
  })

  test('the key at the end is not a digit, and alone it is no input', async () => {
    const routes = { '/voice': '<Gather action="/done"/><Say>none</Say>', '/done': '<Say>done</Say>' }
    const ended = await call(routes)
    await ended.press('12#3')
    expect(paramsOf(ended, -1)).toMatchObject({ Digits: '12', FinishedOnKey: '#' })
    const alone = await call(routes)
    await alone.press('#')
    expect(alone.heard).toBe('none')
  })

  test('finishOnKey is one key', async () => {
    const ended = await call({ '/voice': '<Gather action="/done" finishOnKey="12"/>', '/done': '' })
    await ended.press('12#')
    expect(paramsOf(ended, -1)).toMatchObject({ Digits: '12', FinishedOnKey: '#' })
    expect(ended.findings).toMatchObject([{ code: 13310, level: 'warning' }])
  })

  test.each([
    ['absent', undefined],
    ['empty', ''],
  ] as const)('with actionOnEmptyResult and %s digits', async (emptyDigits, digits) => {
    const ivr = await call(
      { '/voice': '<Gather action="/done" actionOnEmptyResult="true"/>', '/done': '<Say>done</Say>' },
      { emptyDigits },
    )
    await ivr.wait()
    expect(ivr.heard).toBe('done')
    expect(paramsOf(ivr, -1).Digits).toBe(digits)
  })

  test('speech, and keys where only speech is taken', async () => {
    const ivr = await call({
      '/voice':
        '<Gather input="speech" action="../next" method="GET" language="de-DE" partialResultCallback="/partial"/>',
      '/next': '<Say>ok</Say>',
      '/partial': '',
    })
    await ivr.press('1')
    expect(ivr.findings).toMatchObject([{ code: 'action_not_taken', detail: 'This Gather takes speech only.' }])
    await ivr.say('zwei Personen')
    expect(list(ivr).slice(1)).toEqual([
      'Gather partialResultCallback POST /partial 200',
      'Gather action GET /next 200',
    ])
    expect(paramsOf(ivr, -1)).toMatchObject({ SpeechResult: 'zwei Personen', Language: 'de-DE' })
  })

  test.each([
    ['<Gather method="PUT"/>', 13312],
    ['<Gather finishOnKey="x"/>', 13310],
    ['<Gather numDigits="0"/>', 13314],
    ['<Gather timeout="0"/>', 13313],
    ['<Gather timeout="soon"/>', 13313],
    ['<Record method="PUT"/>', 13610],
    ['<Pause length="x"/>', 13910],
    ['<Say loop="-1">x</Say>', 13510],
  ])('%s is a warning, and the default is used', async (verbs, code) => {
    const ivr = await call({ '/voice': verbs })
    expect(ivr.findings).toMatchObject([{ code, level: 'warning' }])
  })

  test.each(['abc', '1w', '', ' 1', '１', 12 as unknown as string])('press(%j) is a TypeError', async (keys) => {
    const ivr = await call({ '/voice': menu })
    await expect(ivr.press(keys)).rejects.toThrow(
      new TypeError("press() takes the keys 0 to 9, * and #, as in press('12#'). To speak, use say()"),
    )
    expect(ivr.requests).toHaveLength(1)
    await ivr.press('1')
    expect(ivr.requests).toHaveLength(2)
  })

  test('answer() takes an outcome that Twilio has', async () => {
    const dialled = await call({ '/voice': '<Dial>+15550001</Dial>' })
    await expect(dialled.answer('answered' as 'busy')).rejects.toThrow(/^answer\(\) takes completed, busy/)
  })

  test('an attribute in another letter case is named', async () => {
    const ivr = await call({ '/voice': '<Gather numdigits="1"/>' })
    expect(ivr.findings).toMatchObject([
      { code: 12200, level: 'warning', detail: 'the attribute numdigits of <Gather> is written numDigits' },
    ])
  })
})

describe('Record', () => {
  const routes = {
    '/voice':
      '<Record action="/done" recordingStatusCallback="/ready" transcribe="true" transcribeCallback="/text"/><Say>silence</Say>',
    '/done': '<Say>thanks</Say><Hangup/>',
    '/ready': '',
    '/text': '',
    '/status': '',
  }

  test('a voicemail, with its callbacks after the call', async () => {
    const mail = await call(routes, { statusCallback: '/status' })
    expect(mail.heard).toBe('[beep]')
    await mail.say('Call me back')
    await mail.press('#')
    expect(mail.heard).toContain('thanks')
    expect(list(mail)).toEqual([
      'call POST /voice 200',
      'Record action POST /done 200',
      'Record recordingStatusCallback POST /ready 200',
      'Record transcribeCallback POST /text 200',
      'status callback POST /status 200',
    ])
    expect(paramsOf(mail, 1)).toMatchObject({ Digits: '#', CallStatus: 'in-progress' })
    expect(paramsOf(mail, 2)).toMatchObject({ RecordingStatus: 'completed', RecordingSource: 'RecordVerb' })
    expect(paramsOf(mail, 2).From).toBeUndefined()
    expect(paramsOf(mail, 3)).toMatchObject({
      TranscriptionText: 'Call me back',
      TranscriptionUrl: expect.stringMatching(/\/Recordings\/RE\w{32}\/Transcriptions\/TR\w{32}$/),
    })
    expect(paramsOf(mail, 4)).toMatchObject({ CallStatus: 'completed', SequenceNumber: '0' })
  })

  // https://www.twilio.com/docs/voice/twiml/record#attributes-recording-status-callback-event
  test.each([
    ['in-progress', 'press', ['in-progress']],
    ['absent in-progress', 'wait', ['in-progress', 'absent']],
    ['in-progress completed absent', 'press', ['in-progress', 'completed']],
    ['absent', 'press', []],
  ] as const)('a callback for %s, after %s', async (events, step, expected) => {
    const verb = `<Record action="/done" recordingStatusCallback="/ready" recordingStatusCallbackEvent="${events}"/>`
    const mail = await call({ ...routes, '/voice': verb })
    await (step === 'press' ? mail.press('#') : mail.wait())
    const callbacks = mail.requests.filter(({ reason }) => reason === 'Record recordingStatusCallback')
    const told = callbacks.map(({ params }) => params)
    expect(told.map(({ RecordingStatus }) => RecordingStatus)).toEqual(expected)
    for (const { RecordingStatus, RecordingDuration, RecordingSid } of told) {
      expect(RecordingDuration !== undefined).toBe(RecordingStatus === 'completed')
      expect(RecordingSid).toBe(told[0]?.RecordingSid)
    }
    expect(mail.notes).toEqual([])
  })

  test('silence runs the next verb, and a hang-up is an action without effect', async () => {
    const silent = await call(routes)
    await silent.wait()
    expect(silent.heard).toBe('[beep]\nsilence')
    const hungUp = await call(routes)
    await hungUp.hangUp()
    expect(paramsOf(hungUp, 1)).toMatchObject({ Digits: 'hangup', CallStatus: 'completed' })
    expect(hungUp.heard).not.toContain('thanks')
  })
})

describe('Dial', () => {
  const routes = {
    '/voice':
      '<Dial action="/after"><Number url="/whisper" statusCallback="/child" statusCallbackEvent="initiated ringing answered completed">+15550001</Number></Dial><Say>unreachable</Say>',
    '/whisper': '<Gather action="/accept" numDigits="1"><Say>Press 1 to accept</Say></Gather><Hangup/>',
    '/accept': '<Say>connecting</Say>',
    '/child': '',
    '/after': (params: Params) => `<Say>${params.get('DialCallStatus')} ${params.get('DialBridged')}</Say>`,
  }

  test('a call is forwarded after a whisper', async () => {
    const forwarded = await call(routes)
    await forwarded.answer()
    expect(forwarded.heard).toContain('Press 1 to accept')
    await forwarded.press('1')
    expect(forwarded.heard).toContain('[connected to +15550001]')
    await forwarded.wait()
    expect(forwarded.heard).toContain('completed true')
    expect(list(forwarded)).toEqual([
      'call POST /voice 200',
      'Number statusCallback POST /child 200',
      'Number statusCallback POST /child 200',
      'Number statusCallback POST /child 200',
      'Number url POST /whisper 200',
      'Gather action POST /accept 200',
      'Number statusCallback POST /child 200',
      'Dial action POST /after 200',
    ])
    const events = [1, 2, 3, 6].map((index) => paramsOf(forwarded, index))
    expect(events.map(({ CallStatus, SequenceNumber }) => [CallStatus, SequenceNumber])).toEqual([
      ['initiated', '0'],
      ['ringing', '1'],
      ['in-progress', '2'],
      ['completed', '3'],
    ])
    expect(events[0]).toMatchObject({ ParentCallSid: forwarded.sid, Direction: 'outbound-dial', To: '+15550001' })
    expect(paramsOf(forwarded, -1)).toMatchObject({ CallSid: forwarded.sid, DialCallSid: events[0]?.CallSid })
  })

  test('the called one declines', async () => {
    const declined = await call(routes)
    await declined.answer()
    await declined.wait()
    expect(declined.heard).toContain('completed false')
  })

  test('without an action the next verb runs, and the caller may hang up', async () => {
    const dialled = await call({ '/voice': '<Dial>+15550001</Dial><Say>after</Say>' })
    await dialled.answer('busy')
    expect(dialled.heard).toContain('after')
    const left = await call(routes)
    await left.hangUp()
    expect(paramsOf(left, -1)).toMatchObject({ DialCallStatus: 'canceled', CallStatus: 'completed' })
    expect(left.heard).not.toContain('canceled')
    const quiet = await call(routes, { actionAfterHangUp: false })
    await quiet.hangUp()
    expect(list(quiet)).not.toContain('Dial action POST /after 200')
  })

  test('the called line cannot dial', async () => {
    const dialled = await call({ ...routes, '/whisper': '<Dial>+15550002</Dial>' })
    await dialled.answer()
    expect(dialled.findings).toMatchObject([{ code: 13201, level: 'error' }, { code: 'inferred' }])
  })

  test('numbers that ring together, and one after the other', async () => {
    const numbers = '<Number statusCallback="/child">+15550001</Number><Client statusCallback="/child">bob</Client>'
    const together = await call({ ...routes, '/voice': `<Dial action="/after">${numbers}</Dial>` })
    expect(together.heard).toBe('[rings +15550001, Client bob]')
    await together.answer()
    expect(paramsOf(together, 1)).toMatchObject({ CallStatus: 'canceled', To: 'client:bob', SequenceNumber: '0' })
    const inTurn = await call({ ...routes, '/voice': `<Dial action="/after" sequential="true">${numbers}</Dial>` })
    await inTurn.answer('busy')
    await inTurn.answer('failed')
    expect(inTurn.heard).toContain('failed false')
    expect([1, 2].map((index) => paramsOf(inTurn, index).CallStatus)).toEqual(['busy', 'failed'])
  })

  test('a conference', async () => {
    const dialled = await call({
      '/voice':
        '<Dial action="/after"><Conference waitUrl="/music" statusCallback="/events" statusCallbackEvent="start join leave end">Room</Conference></Dial>',
      '/music': '<Say>please hold</Say><Redirect/>',
      '/events': '',
      '/after': '<Say>bye</Say>',
    })
    await dialled.answer()
    await dialled.wait()
    expect(dialled.heard).toContain('bye')
    const events = dialled.requests.flatMap(({ params }) => params.StatusCallbackEvent ?? [])
    expect(events).toEqual(['participant-join', 'conference-start', 'participant-leave', 'conference-end'])
    const of = (event: string) => dialled.requests.findIndex(({ params }) => Object.values(params).includes(event))
    expect(paramsOf(dialled, of('participant-leave'))).toHaveProperty('ReasonParticipantLeft')
    expect(paramsOf(dialled, of('conference-end'))).toHaveProperty('ReasonConferenceEnded')
    expect(paramsOf(dialled, -1)).toMatchObject({ DialCallStatus: 'answered' })
    expect(paramsOf(dialled, -1).DialCallSid).toBeUndefined()
  })
})

test('a conference whose waitUrl fails is not joined', async () => {
  const dialled = await call({
    '/voice':
      '<Dial><Conference waitUrl="/nothing" statusCallback="/events" statusCallbackEvent="join">Room</Conference></Dial><Say>next</Say>',
  })
  expect(list(dialled)).toEqual(['call POST /voice 200', 'Conference waitUrl POST /nothing 404'])
  expect(dialled.heard).toContain('next')
  expect(dialled.heard).not.toContain('joins')
})

test('a conference follows each Redirect of its waitUrl once', async () => {
  const dialled = await call({
    '/voice': '<Dial><Conference waitUrl="/music">Room</Conference></Dial>',
    '/music': '<Say>one</Say><Redirect>/more</Redirect>',
    '/more': '<Say>two</Say><Redirect>/music</Redirect>',
  })
  expect(list(dialled).slice(1)).toEqual(['Conference waitUrl POST /music 200', 'Redirect POST /more 200'])
  await dialled.hangUp()
  expect(dialled.status).toBe('completed')
})

test('<Dial> starts no conversation', async () => {
  const dialled = await call({
    '/voice': '<Dial action="/after"><Conversation>AP1</Conversation></Dial>',
    '/after': '<Say>bye</Say>',
  })
  expect(dialled.findings).toMatchObject([{ code: 'not_walked', level: 'error' }])
  expect(list(dialled)).toEqual(['call POST /voice 200', 'Dial action POST /after 200'])
  expect(paramsOf(dialled, -1)).toMatchObject({ DialCallStatus: 'completed' })
})

// https://www.twilio.com/docs/voice/twiml/queue
describe('Dial with a Queue', () => {
  const routes = {
    '/voice': '<Dial action="/after"><Queue url="/about">support</Queue></Dial>',
    '/about': '<Say>You are next</Say>',
    '/after': '<Say>bye</Say>',
  }

  test('the URL runs on the line of the caller who waits', async () => {
    const agent = await call(routes)
    await agent.answer()
    await agent.wait()
    expect(list(agent)).toEqual(['call POST /voice 200', 'Queue url POST /about 200', 'Dial action POST /after 200'])
    const about = paramsOf(agent, 1)
    expect(about).toMatchObject({
      CallStatus: 'in-progress',
      DequeingCallSid: agent.sid,
      QueueSid: expect.stringMatching(/^QU\w{32}$/),
      QueueTime: expect.stringMatching(/^\d+$/),
    })
    expect(about.CallSid).not.toBe(agent.sid)
    expect(paramsOf(agent, 2)).toMatchObject({
      CallSid: agent.sid,
      DialCallSid: about.CallSid,
      DialCallStatus: 'completed',
      DialBridged: 'true',
    })
    expect(agent.heard).toContain('You are next\n[connected to the caller of the queue support]')
  })

  test.each([
    ['no caller waits', 'no-answer', 'no-answer'],
    ['the queue does not exist', 'failed', 'failed'],
  ] as const)('%s', async (_what, outcome, status) => {
    const agent = await call(routes)
    await agent.answer(outcome)
    expect(list(agent)).toEqual(['call POST /voice 200', 'Dial action POST /after 200'])
    expect(paramsOf(agent, 1)).toMatchObject({ DialCallStatus: status, DialBridged: 'false' })
  })
})

// https://www.twilio.com/docs/voice/twiml/sip
test.each([
  ['completed', '200'],
  ['busy', '486'],
  ['no-answer', '487'],
  ['failed', '503'],
] as const)('the action of a SIP address that is %s', async (outcome, code) => {
  const dialled = await call({
    '/voice': '<Dial action="/after"><Sip>sip:alice@example.com</Sip></Dial>',
    '/after': '',
  })
  await dialled.answer(outcome)
  await dialled.wait()
  expect(paramsOf(dialled, -1)).toMatchObject({
    DialCallStatus: outcome,
    DialBridged: String(outcome === 'completed'),
    DialSipResponseCode: code,
    DialSipCallId: expect.stringMatching(/^\w+@/),
  })
})

test('the recording of a Dial begins when the lines are connected', async () => {
  const verb =
    '<Dial record="record-from-answer" recordingStatusCallback="/ready" recordingStatusCallbackEvent="in-progress completed">+15550001</Dial>'
  const dialled = await call({ '/voice': verb, '/ready': '' })
  expect(dialled.requests).toHaveLength(1)
  await dialled.answer()
  expect(paramsOf(dialled, -1)).toMatchObject({ RecordingStatus: 'in-progress', RecordingSource: 'DialVerb' })
  await dialled.wait()
  expect(paramsOf(dialled, -1)).toMatchObject({ RecordingStatus: 'completed', RecordingDuration: '1' })
  const busy = await call({ '/voice': verb, '/ready': '' })
  await busy.answer('busy')
  expect(busy.requests).toHaveLength(1)
})

describe('Enqueue', () => {
  test('music as the waitUrl does not hang up', async () => {
    const queued = await call({
      '/voice': '<Enqueue waitUrl="/music" action="/left">support</Enqueue>',
      '/music': () => new Response('ID3', { headers: { 'content-type': 'audio/mpeg' } }),
      '/left': '',
    })
    expect(queued.status).toBe('in-progress')
    await queued.answer()
    await queued.wait()
    expect(paramsOf(queued, -1)).toMatchObject({ QueueResult: 'bridged' })
  })

  const routes = (wait: string) => ({
    '/voice': '<Enqueue waitUrl="/wait" action="/left">support</Enqueue>',
    '/wait': wait,
    '/left': (params: Params) => `<Say>result ${params.get('QueueResult')}</Say>`,
  })

  test('the waitUrl repeats until someone answers', async () => {
    const queued = await call(routes('<Say>please hold</Say>'))
    await queued.wait()
    await queued.answer()
    await queued.wait()
    expect(list(queued).filter((line) => line.includes('/wait'))).toHaveLength(2)
    expect(queued.heard).toContain('result bridged')
    expect(paramsOf(queued, 1)).toMatchObject({ QueuePosition: '1' })
  })

  test('Leave', async () => {
    const queued = await call(routes('<Leave/>'))
    expect(queued.heard).toContain('result leave')
  })

  // https://www.twilio.com/docs/voice/twiml/enqueue#attributes-waitUrl: the waitUrl may have Gather and
  // Redirect, and https://www.twilio.com/docs/voice/twiml/gather: the action is requested at once.
  test.each([
    ['keys in the waitUrl', { '/wait': '<Gather action="/key" numDigits="1"/>' }],
    ['keys after a Redirect', { '/wait': '<Say>hold</Say><Redirect>/menu</Redirect>' }],
    ['keys after two rounds', { '/wait': '<Say>hold</Say><Redirect>/menu</Redirect>' }, 2],
  ])('%s are followed at once', async (_name, changed, rounds = 0) => {
    const queued = await call({
      ...routes(''),
      ...changed,
      '/menu': '<Gather action="/key" numDigits="1"/><Redirect>/wait</Redirect>',
      '/key': '<Leave/>',
    })
    for (let round = 0; round < rounds; round++) await queued.wait()
    await queued.press('1')
    expect(queued.heard).toContain('result leave')
    expect(queued.findings).toEqual([])
  })

  test('someone takes the call while a Gather of the waitUrl waits', async () => {
    const queued = await call(routes('<Gather action="/key"/><Redirect/>'))
    await queued.wait()
    await queued.answer()
    await queued.wait()
    expect(queued.heard).toContain('result bridged')
    expect(queued.findings).toEqual([])
  })

  test('keys that nothing takes are a finding, and music that redirects to itself waits', async () => {
    const queued = await call(routes('<Say>hold</Say><Redirect/>'))
    await queued.press('1')
    expect(queued.findings).toMatchObject([{ code: 'action_not_taken' }])
    expect(list(queued).length).toBeLessThan(6)
  })

  test('music of a host that may not be called is silence', async () => {
    const verb = '<Enqueue waitUrl="http://music.example/" action="/left">support</Enqueue>'
    const queued = await call({ ...routes(''), '/voice': verb })
    await queued.answer()
    await queued.wait()
    expect(queued.heard).toContain('result bridged')
  })

  test('a hang-up', async () => {
    const queued = await call(routes('<Redirect/>'))
    await queued.hangUp()
    expect(paramsOf(queued, -1)).toMatchObject({ QueueResult: 'hangup' })
  })
})

test('Refer needs a SIP call', async () => {
  const routes = {
    '/voice': '<Refer action="/done"><Sip>sip:bob@example.com</Sip></Refer>',
    '/done': '<Say>done</Say>',
  }
  expect((await call(routes)).findings).toMatchObject([{ code: 13801 }])
  const sip = await call(routes, { from: 'sip:alice@example.com' })
  expect(paramsOf(sip, 1)).toMatchObject({ ReferCallStatus: 'completed', ReferSipResponseCode: '202' })
})

test.each([
  ['<Reject/>', 'no-answer'],
  ['<Reject reason="busy"/>', 'busy'],
  ['<Say>x</Say><Reject reason="busy"/>', 'completed'],
  ['<Hangup/>', 'completed'],
  ['', 'completed'],
] as const)('%s ends as %s', async (verbs, status) => {
  expect((await call({ '/voice': verbs })).status).toBe(status)
})

describe('requests', () => {
  test('cookies are returned, and HTTP redirects become a GET without own parameters', async () => {
    const ivr = await call({
      '/voice': () => xml('<Gather action="/old"/>', 'menu=2; Path=/'),
      '/old': () => new Response(null, { status: 302, headers: { location: '/new?a=1' } }),
      '/new': (params, request) => `<Say>${request.headers.get('cookie')} ${params.get('Digits')}</Say>`,
    })
    await ivr.press('1')
    expect(ivr.heard).toBe('menu=2 undefined')
    expect(list(ivr).slice(1)).toEqual(['Gather action POST /old 302', 'HTTP redirect GET /new?a=1 200'])
  })

  // RFC 6265 sections 5.1.4, 5.2 and 5.4
  test.each([
    ['a=1; Path=/menu', '/menu/x', 'a=1'],
    ['a=1; Path=/menu', '/menus', 'null'],
    ['a=1; Path=/menu/', '/menu/', 'a=1'],
    ['a=1; Path=menu', '/menus', 'a=1'],
    ['a=1; path=/other; PATH=/', '/menus', 'a=1'],
    ['a=1; Max-Age=60', '/menus', 'a=1'],
    ['a=1; Max-Age=0', '/menus', 'null'],
    ['a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', '/menus', 'a=1'],
    ['a=1; Expires=Thu, 01 Jan 2015 00:00:00 GMT', '/menus', 'null'],
    ['a=1; Expires=Thu, 01-Jan-2015 00:00:00 GMT', '/menus', 'null'],
    ['a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT', '/menus', 'a=1'],
    ['a=1; Expires=never; Max-Age=long', '/menus', 'a=1'],
  ])('the cookie %s at %s is sent as %s', async (cookie, path, sent) => {
    const ivr = await call({
      '/voice': () => xml(`<Redirect>${path}</Redirect>`, cookie),
      [path]: (_params, request) => `<Say>${request.headers.get('cookie')}</Say>`,
    })
    expect(ivr.heard).toBe(sent)
  })

  test('a cookie without a Path belongs to the folder that set it, expires, and longer paths come first', async () => {
    let now = 0
    const see = (_params: Params, request: Request) => `<Say>${request.headers.get('cookie')}</Say>`
    const ivr = await call(
      {
        '/voice': () => xml('<Redirect>/ivr/menu</Redirect>', 'a=1; Path=/', 'soon=1; Max-Age=5'),
        '/ivr/menu': () => xml('<Gather action="/ivr/next"/>', 'a=2'),
        '/ivr/next': (params, request) => `${see(params, request)}<Redirect>/end</Redirect>`,
        '/end': see,
      },
      { now: () => now },
    )
    now = 6000
    await ivr.press('1')
    expect(ivr.heard).toBe('a=2; a=1\na=1')
  })

  test.each([
    ['a tab', 'a=1\t2'],
    ['no name', '=1'],
  ])('a cookie with %s is a violation of HTTP', async (_what, cookie) => {
    const routes = { '/voice': () => xml('<Say>heard</Say>', cookie), '/sorry': '<Say>sorry</Say>' }
    const ivr = await call(routes, { fallback: '/sorry' })
    expect(ivr.findings).toMatchObject([{ code: 11206, level: 'error' }])
    expect(ivr.heard).toBe('sorry')
  })

  test.each(['HTTPS://EXAMPLE.com/next', 'https://example.com:443/next', 'https://Example.Com:0443/next'])(
    '%s is a URL of the application',
    async (url) => {
      const ivr = await call({ '/voice': `<Redirect>${url}</Redirect>`, '/next': '<Say>next</Say>' })
      expect([ivr.notes, ivr.heard]).toEqual([[], 'next'])
    },
  )

  test.each(['https://example.com:444/next', 'http://example.com/next', 'https://example.com.example/next'])(
    '%s is another server',
    async (url) => {
      const ivr = await call({ '/voice': `<Redirect>${url}</Redirect>`, '/next': '<Say>next</Say>' })
      const detail = `${url} was not requested: the walk may not call this host.`
      expect(ivr.findings).toMatchObject([{ code: 'host_not_mapped', level: 'error', detail }])
      expect([ivr.heard, ivr.requests.length]).toEqual(['', 1])
    },
  )

  test.each(['https://API.example.com', 'https://api.example.com:443', 'https://API.example.com:443/prefix'])(
    'a relative URL keeps the host of %s as it is written, because Twilio signs it so',
    async (publicUrl) => {
      const server = await testServer(
        ({ url, authToken }) =>
          twilioWebhook({ publicUrl: url, authToken }, (_webhook, request) =>
            xml(request.url.endsWith('/voice') ? '<Redirect>next?a=1</Redirect>' : '<Say>next</Say>'),
          ),
        { publicUrl },
      )
      const ivr = await callScenario(server)
      expect(ivr.requests.map(({ url, status }) => [url, status])).toEqual([
        [`${publicUrl}/voice`, 200],
        [`${publicUrl}/next?a=1`, 200],
      ])
    },
  )

  // https://www.twilio.com/docs/api/errors/11205: Twilio waits 15 s for an answer.
  test('an application that does not answer in time', async () => {
    const hang = () => new Promise<Response>(() => undefined)
    const server = await testServer(
      () => (request) => (request.url.endsWith('/sorry') ? xml('<Say>sorry</Say>') : hang()),
    )
    const ivr = await callScenario(server, { timeoutMs: 20, fallback: '/sorry' })
    expect(ivr.findings).toMatchObject([{ code: 11205, detail: 'there is no answer: it took longer than 0.02 s' }])
    expect(paramsOf(ivr, -1)).toMatchObject({ ErrorCode: '11205' })
    expect(ivr.heard).toBe('sorry')
    const chat = await messageScenario(server, { timeoutMs: 20 })
    await chat.send('Hi')
    expect(chat.findings).toMatchObject([{ code: 11205 }])
  })

  test('an error leads to the fallback URL', async () => {
    const ivr = await call(
      { '/voice': '<Redirect>/gone</Redirect>', '/sorry': '<Say>sorry</Say>' },
      { fallback: '/sorry' },
    )
    expect(ivr.heard).toBe('sorry')
    expect(paramsOf(ivr, -1)).toMatchObject({ ErrorCode: '11200', ErrorUrl: expect.stringContaining('/gone') })
  })

  test.each([
    ['a URL', '<Redirect>file:///x</Redirect>', '11100'],
    ['Refer', '<Refer><Sip>sip:a@b.example</Sip></Refer>', '13801'],
  ])('%s that Twilio cannot run leads to the fallback URL', async (_what, verb, code) => {
    const failed = await call({ '/voice': verb, '/help': '<Say>Sorry</Say>' }, { fallback: '/help' })
    expect(failed.heard).toBe('Sorry')
    expect(paramsOf(failed, -1)).toMatchObject({ ErrorCode: code, ErrorUrl: 'https://example.com/voice' })
    const alone = await call({ '/voice': verb, '/help': verb })
    expect(alone.heard).toBe('[an application error has occurred]')
    const both = await call({ '/voice': verb, '/help': verb }, { fallback: '/help' })
    expect(both.requests).toHaveLength(2)
  })

  test('an application that fails has no answer', async () => {
    const server = await testServer(() => () => Promise.reject(new Error('boom')))
    const failed = await callScenario(server)
    expect(failed.findings).toMatchObject([{ code: 11205, detail: 'there is no answer: boom' }])
    expect(failed.status).toBe('completed')
  })

  test('userinfo is sent as Basic authorization, and is neither signed nor shown', async () => {
    const ivr = await call({
      '/voice': '<Redirect>https://user:p%40ss@example.com/in</Redirect>',
      '/in': (_params, request) => `<Say>${request.headers.get('authorization')}</Say>`,
    })
    expect(ivr.heard).toBe(`Basic ${btoa('user:p@ss')}`)
    expect(JSON.stringify(ivr.requests)).not.toContain('p%40ss')
  })
})

describe('hostile TwiML ends clearly', () => {
  const response = (body: string) => () => new Response(body, { headers: { 'content-type': 'text/xml' } })
  test.each([
    ['entities', '<!DOCTYPE r [<!ENTITY a "aaaa">]><Response><Say>&a;</Say></Response>', 12100],
    ['a cut document', '<Response><Say>', 12100],
    ['no TwiML', '<html></html>', 12102],
    ['a huge document', `<Response>${' '.repeat(70_000)}</Response>`, 11750],
    ['many elements', `<Response>${'<Say/>'.repeat(3000)}</Response>`, 12100],
    ['a deep document', `<Response>${'<Say>'.repeat(3000)}${'</Say>'.repeat(3000)}</Response>`, 12100],
    ['a file', '<Response><Redirect>file:///etc/passwd</Redirect></Response>', 11100],
    ['no URL', '<Response><Redirect>http://[</Redirect></Response>', 11100],
    ['a host that Twilio refuses', '<Response><Redirect>http://a_b.example/</Redirect></Response>', 11100],
  ])('%s', async (_name, body, code) => {
    const ended = await call({ '/voice': response(body) })
    expect(ended.findings.map((finding) => finding.code)).toContain(code)
    expect(ended.status).toBe('completed')
  })

  test('a Redirect to itself, and ten HTTP redirects', async () => {
    const looping = await call({ '/voice': '<Redirect/>' }, { maxRequests: 20 })
    expect(looping.requests).toHaveLength(20)
    expect(looping.findings).toMatchObject([{ code: 'request_limit', level: 'error' }])
    const moved = await call({ '/voice': () => new Response(null, { status: 307, headers: { location: '/voice' } }) })
    expect(moved.requests).toHaveLength(11)
    expect(moved.findings).toMatchObject([{ code: 11215 }])
  })

  test('verbs that are unknown, named like a property, or for messages', async () => {
    const ended = await call({ '/voice': '<toString/><say>x</say><Message>x</Message><Say>heard</Say>' })
    expect(ended.heard).toBe('heard')
    expect(ended.findings).toMatchObject([{ code: 12200, level: 'warning' }])
  })
})

describe('messageScenario', () => {
  test('replies, their statuses, and cookies', async () => {
    const server = await serve({
      '/sms': (params, request) =>
        xml(
          `<Message statusCallback="/status">${params.get('Body')}? ${request.headers.get('cookie')}</Message>`,
          'state=2',
        ),
      '/status': () => new Response(null, { status: 204 }),
    })
    const chat = await messageScenario(server, { from: '+15551230001' })
    await chat.send('Hi')
    await chat.send('Hi')
    expect(chat.replies).toEqual(['Hi? null', 'Hi? state=2'])
    expect(list(chat).slice(0, 3)).toEqual([
      'message POST /sms 200',
      'Message statusCallback POST /status 204',
      'Message statusCallback POST /status 204',
    ])
    expect([1, 2].map((index) => paramsOf(chat, index).MessageStatus)).toEqual(['sent', 'delivered'])
    expect(paramsOf(chat, 1)).toMatchObject({ To: '+15551230001' })
  })

  test('an action replaces the rest of the document', async () => {
    const server = await serve({
      '/sms': '<Message action="/queued">one</Message><Message>never</Message>',
      '/queued': (params) =>
        params.get('MessageStatus') === 'queued' ? '<Message><Body>two</Body><Media>/cat.jpg</Media></Message>' : '',
    })
    const chat = await messageScenario(server)
    await chat.send('Hi', ['https://example.com/dog.jpg'])
    expect(chat.replies).toEqual(['one', 'two [media /cat.jpg]'])
    expect(paramsOf(chat, 0)).toMatchObject({ NumMedia: '1', MediaUrl0: 'https://example.com/dog.jpg' })
  })

  test('at most ten replies, and text is a reply', async () => {
    const many = await messageScenario(await serve({ '/sms': '<Message>x</Message>'.repeat(12) }))
    await many.send('Hi')
    expect(many.replies).toHaveLength(10)
    expect(many.findings).toMatchObject([{ code: 14109 }])
    const text = await messageScenario(
      await serve({ '/sms': () => new Response('plain', { headers: { 'content-type': 'text/plain' } }) }),
    )
    await text.send('Hi')
    expect(text.replies).toEqual(['plain'])
  })
})

/** Opens at once, keeps what Twilio sends, and answers the first message with these. */
function openTo(messages: readonly string[], sent: Readonly<Record<string, unknown>>[] = []): () => CallSocket {
  return () => {
    const events = new EventTarget()
    const emit = (type: string, data?: string): void => {
      events.dispatchEvent(Object.assign(new Event(type), { data }))
    }
    setTimeout(() => emit('open'))
    return {
      addEventListener: (type: string, listener: (event: never) => void) =>
        events.addEventListener(type, listener as () => void),
      send(text) {
        if (sent.push(JSON.parse(text)) === 1)
          for (const message of messages) setTimeout(() => emit('message', message))
      },
      close: () => emit('close'),
    }
  }
}

describe('hostile sockets', () => {
  const connect = (noun: string) => ({ '/voice': `<Connect>${noun}</Connect><Say>over</Say>` })
  const noText = '{"toString":1}'

  test.each([
    [
      '<Stream url="/socket"/>',
      [`{"event":"mark","mark":{"name":${noText}}}`, `{"event":"media","media":{"payload":${noText}}}`],
    ],
    [
      '<ConversationRelay url="wss://example.com/socket"/>',
      [
        `{"type":${noText}}`,
        `{"type":"text","token":${noText},"last":true}`,
        `{"type":"play","source":${noText}}`,
        `{"type":"sendDigits","digits":${noText}}`,
        '{"type":"text","token":null,"last":true}',
      ],
    ],
  ])('objects in the place of texts: %s', async (noun, messages) => {
    const ended = await call(connect(noun), { openSocket: openTo(messages) })
    await ended.hangUp()
    expect(ended.status).toBe('completed')
    expect(ended.heard).toBe('')
    expect(ended.findings.length).toBeGreaterThan(0)
  })

  test.each([
    ['Stream', 31920],
    ['ConversationRelay', 64102],
  ])('a client that refuses the URL of a %s', async (noun, code) => {
    const openSocket = (): CallSocket => {
      throw new SyntaxError('The URL contains a fragment identifier')
    }
    const ended = await call(connect(`<${noun} url="wss://example.com/s#x"/>`), { openSocket })
    expect(ended.findings).toMatchObject([{ code, level: 'error' }])
    expect(ended.heard).toBe('over')
  })

  // https://www.twilio.com/docs/voice/twiml/connect/conversationrelay: "must use the wss:// protocol"
  test.each([
    ['<ConversationRelay url="ws://example.com/socket"/>', 64102],
    ['<Stream url="ws://example.com/socket"/>', 31922],
  ])('%s is refused', async (noun, code) => {
    const ended = await call(connect(noun), { openSocket: openTo([]) })
    expect(ended.findings).toMatchObject([{ code, level: 'error' }])
    expect(ended.requests).toHaveLength(1)
  })

  test('a socket whose close frame is not answered is dropped', async () => {
    let isDropped = false
    const openSocket = (): CallSocket => ({
      ...openTo([])(),
      close: () => undefined,
      terminate() {
        isDropped = true
      },
    })
    const ended = await call(connect('<Stream url="/socket"/>'), { openSocket })
    await ended.hangUp()
    await expect.poll(() => isDropped, { timeout: 20_000 }).toBe(true)
  })

  const talk = '<ConversationRelay url="wss://example.com/socket"/>'

  // https://www.twilio.com/docs/voice/conversationrelay/websocket-messages: without an action the
  // call ends as failed.
  test('a ConversationRelay that drops ends the call, unless there is an action', async () => {
    const drop = (): CallSocket => {
      const socket = openTo([])()
      const { send } = socket
      socket.send = (text) => {
        send.call(socket, text)
        setTimeout(() => socket.close())
      }
      return socket
    }
    const ended = await call({ ...connect(talk), '/status': '' }, { openSocket: drop, statusCallback: '/status' })
    expect([ended.status, ended.heard]).toEqual(['failed', ''])
    expect(paramsOf(ended, -1)).toMatchObject({ CallStatus: 'failed' })
    const acted = await call(
      { '/voice': `<Connect action="/after">${talk}</Connect>`, '/after': '<Say>again</Say>' },
      { openSocket: drop },
    )
    expect([acted.status, acted.heard]).toEqual(['completed', 'again'])
    expect(paramsOf(acted, -1)).toMatchObject({ SessionStatus: 'failed' })
  })

  test('tokens of which none is the last are spoken', async () => {
    const tokens = ['{"type":"text","token":"Hel"}', '{"type":"text","token":"lo","last":false}']
    const ended = await call(connect(talk), { openSocket: openTo(tokens) })
    expect(ended.heard).toBe('Hello')
    const over = await call(connect(talk), { openSocket: openTo([...tokens, '{"type":"end"}']) })
    expect(over.heard).toBe('Hello\nover')
  })

  // https://www.twilio.com/docs/voice/twiml/stream#attributes-statusCallback
  test('the status callback of a Stream has an absolute URL', async () => {
    const start = (url: string) => ({
      '/voice': `<Start><Stream url="/socket" statusCallback="${url}"/></Start><Say>Hi</Say>`,
      '/events': '',
    })
    const absolute = await call(start('https://example.com/events'), { openSocket: openTo([]) })
    expect(list(absolute).slice(2)).toEqual([
      'Stream statusCallback POST /events 200',
      'Stream statusCallback POST /events 200',
    ])
    const relative = await call(start('/events'), { openSocket: openTo([]) })
    expect(relative.requests).toHaveLength(2)
    expect(relative.findings).toMatchObject([{ code: 11100, level: 'warning' }])
    expect(relative.heard).toBe('Hi')
  })

  // https://www.twilio.com/docs/voice/twiml/stream#custom-parameters
  test.each([
    [499, []],
    [500, ['Name and value of the <Parameter> "name" have 500 characters together, and Twilio allows fewer than 500.']],
  ])('a Parameter of %i characters', async (length, notes) => {
    const parameter = `<Parameter name="name" value="${'x'.repeat(length - 4)}"/>`
    const ended = await call(connect(`<Stream url="/socket">${parameter}</Stream>`), { openSocket: openTo([]) })
    expect(ended.notes).toEqual(notes)
  })

  test('many sockets count as requests', async () => {
    const start = '<Start><Stream url="/socket"/></Start>'
    const ended = await call({ '/voice': start.repeat(200) }, { openSocket: openTo([]), maxRequests: 5 })
    expect(ended.requests).toHaveLength(5)
    expect(ended.findings).toMatchObject([{ code: 'request_limit' }])
  })

  test('faulty messages are reported once per stream', async () => {
    const messages = ['{}', 'x', '{"event":"x"}', '[]', 'y']
    const ended = await call(connect('<Stream url="/socket"/>'), { openSocket: openTo(messages) })
    await ended.hangUp()
    expect(ended.findings.map(({ code }) => code)).toEqual([31951, 31950])
  })
})

// Of the verbs whose pages are at https://www.twilio.com/docs/voice/twiml/record and …/dial.
describe('an answer that steers nothing any more is judged', () => {
  const broken = () => new Response('no', { status: 500 })
  const empty = () => new Response(null)
  test.each([
    ['<Record action="/after"/>', broken, 11200],
    ['<Record action="/after"/>', empty, 11770],
    ['<Dial action="/after">+15550001</Dial>', broken, 11200],
    ['<Enqueue action="/after" waitUrl="">sales</Enqueue>', broken, 11200],
  ])('%s %s', async (verbs, answer, code) => {
    const ended = await call({ '/voice': verbs, '/after': answer })
    await ended.hangUp()
    expect(ended.findings).toMatchObject([{ code, level: 'error' }])
    expect(ended.status).toBe('completed')
  })
})

describe('what cuts a walk short is a finding', () => {
  test.each([
    ['waitUrl', '<Dial><Conference waitUrl="/music">room</Conference></Dial>'],
    ['whisper', '<Dial><Number url="/whisper">+15550001</Number></Dial>'],
  ])('a %s that fails', async (_what, verbs) => {
    const joined = await call({ '/voice': verbs, '/fallback': '<Say>sorry</Say>' }, { fallback: '/fallback' })
    await joined.answer()
    await joined.hangUp()
    expect(joined.findings.map(({ code }) => code)).toEqual([11200, 'inferred'])
  })

  test('what the caller does after the end', async () => {
    const over = await call({ '/voice': '<Say>bye</Say>' })
    await over.press('1')
    await over.wait()
    expect(over.findings).toMatchObject([{ code: 'action_not_taken', level: 'error' }])
  })

  test('unless it is allowed', async () => {
    const routes = { '/voice': '<Redirect>https://other.example/</Redirect>' }
    const allowed = await call(routes, { allow: ['host_not_mapped'] })
    expect([allowed.findings, allowed.notes]).toMatchObject([[], [expect.stringContaining('other.example')]])
    await expect(call(routes, { allow: ['hosts' as 'inferred'] })).rejects.toThrow(
      '"allow" does not take "hosts". It takes request_limit, host_not_mapped,',
    )
  })
})

// https://www.twilio.com/docs/voice/twiml/gather, /dial and /enqueue: the time that the caller waits.
test.each([
  ['<Gather timeout="8"/>', 0, { CallDuration: '8' }],
  ['<Gather/>', 0, { CallDuration: '5' }],
  ['<Record timeout="3"/>', 0, { CallDuration: '3' }],
  ['<Dial timeout="20" action="/done">+15550001</Dial>', 0, { DialCallStatus: 'no-answer' }],
  ['<Dial timeout="20">+15550001</Dial>', 0, { CallDuration: '20' }],
  ['<Dial action="/done">+15550001</Dial>', 'answer', { DialCallDuration: '10' }],
  ['<Enqueue action="/done">support</Enqueue>', 'queue', { QueueTime: '10' }],
] as const)('the waits of %s are counted', async (verbs, before, params) => {
  const waited = await call({ '/voice': verbs, '/done': '', '/status': '' }, { statusCallback: '/status' })
  if (before === 'answer') await waited.answer()
  await waited.wait()
  if (before === 'queue') await waited.answer()
  if (before === 'queue') await waited.hangUp()
  const at = 'CallDuration' in params ? -1 : waited.requests.findIndex(({ url }) => url.endsWith('/done'))
  expect(paramsOf(waited, at)).toMatchObject(params)
})

// https://www.twilio.com/docs/voice/twiml/reject
test.each([
  ['sip:ada@203.0.113.5', 'ringing', 'busy'],
  ['+14155550142', 'in-progress', 'completed'],
])('Reject after a Redirect of a call from %s', async (from, CallStatus, status) => {
  const routes = { '/voice': '<Redirect>/next</Redirect>', '/next': '<Reject reason="busy"/>' }
  const rejected = await call(routes, { from })
  expect(paramsOf(rejected, 1)).toMatchObject({ CallStatus })
  expect(rejected.status).toBe(status)
})

// https://www.twilio.com/docs/voice/twiml/whatsapp, /sim and /application
test.each(['WhatsApp', 'Sim', 'Application'])('Dial with %s may be busy', async (noun) => {
  const dialled = await call({ '/voice': `<Dial action="/done"><${noun}>x</${noun}></Dial>`, '/done': '' })
  await dialled.answer('busy')
  expect(paramsOf(dialled, -1)).toMatchObject({
    DialCallStatus: 'busy',
    DialCallSid: expect.stringMatching(/^CA[0-9a-f]{32}$/),
  })
})

test('a WhatsApp message has WaId and ProfileName, and no city', async () => {
  const conversation = await messageScenario(await serve({ '/sms': '' }), { from: 'whatsapp:+14155550142' })
  await conversation.send('hi')
  expect(paramsOf(conversation, 0)).toMatchObject({ WaId: '14155550142', ProfileName: expect.any(String) })
  expect(paramsOf(conversation, 0)).not.toHaveProperty('FromCity')
})

// https://www.twilio.com/docs/voice/twiml/stream and /voice/media-streams/websocket-messages
describe('Start and Stop', () => {
  const ask = '<Gather input="speech" action="/said"><Say>Your name?</Say></Gather>'
  const stream = (more: string) => `<Start><Stream name="ears" url="/socket" ${more}/></Start>`
  const stop = '<Stop><Stream name="ears"/></Stop>'

  test.each([
    ['', ['inbound']],
    ['track="outbound_track"', ['outbound']],
    ['track="both_tracks"', ['outbound', 'inbound']],
  ])('a Stream %s hears the call until Stop', async (attributes, tracks) => {
    const sent: Readonly<Record<string, unknown>>[] = []
    const said = await call(
      { '/voice': stream(attributes) + ask, '/said': `${stop}<Say>Thank you</Say>${ask}` },
      { openSocket: openTo([], sent) },
    )
    await said.say('Ada')
    const media = sent.flatMap(({ event, media: one }) => (event === 'media' ? [Object(one)] : []))
    expect([...new Set(media.map(({ track }) => track))]).toEqual(tracks)
    for (const track of tracks)
      expect(media.filter((one) => one.track === track).map(({ chunk }) => chunk)).toEqual(
        Array.from({ length: 50 }, (_, index) => String(index + 1)),
      )
    expect(media[0]).toMatchObject({ timestamp: '0', payload: expect.stringMatching(/^[\w+/]{214}==$/) })
    expect(sent.at(-1)).toMatchObject({ event: 'stop', sequenceNumber: String(sent.length - 1) })
    expect(said.findings).toEqual([])
  })

  test('Stop with another name stops nothing, and a note says so', async () => {
    const sent: Readonly<Record<string, unknown>>[] = []
    const said = await call(
      { '/voice': `${stream('')}<Stop><Stream name="eyes"/></Stop>${ask}` },
      { openSocket: openTo([], sent) },
    )
    expect(sent.map(({ event }) => event)).toEqual(['connected', 'start'])
    expect(said.notes).toEqual(['<Stop> has a <Stream> that was not started, or not with this name.'])
  })

  // https://www.twilio.com/docs/voice/twiml/recording
  test('a Recording reports its beginning and its end', async () => {
    const recording = '<Recording recordingStatusCallback="/rec" recordingStatusCallbackEvent="in-progress completed"/>'
    const recorded = await call({
      '/voice': `<Start>${recording}</Start><Pause length="3"/><Say>bye</Say>`,
      '/rec': '',
    })
    const common = { RecordingSource: 'StartCallRecordingTwiML', RecordingTrack: 'both', RecordingChannels: '2' }
    expect(list(recorded).slice(1)).toEqual(Array(2).fill('Recording recordingStatusCallback POST /rec 200'))
    expect(paramsOf(recorded, 1)).toMatchObject({ ...common, RecordingStatus: 'in-progress', CallSid: recorded.sid })
    expect(paramsOf(recorded, 2)).toMatchObject({ ...common, RecordingStatus: 'completed', RecordingDuration: '3' })
    expect(paramsOf(recorded, 2)).not.toHaveProperty('CallStatus')
  })

  // https://www.twilio.com/docs/voice/twiml/transcription
  test.each([
    ['', ['outbound_track Your name?', 'inbound_track Ada']],
    ['track="inbound_track"', ['inbound_track Ada']],
  ])('a Transcription %s reports what is said', async (attributes, expected) => {
    const noun = `<Transcription statusCallbackUrl="https://example.com/text" languageCode="de-DE" ${attributes}/>`
    const said = await call({ '/voice': `<Start>${noun}</Start>${ask}`, '/said': '', '/text': '' })
    await said.say('Ada')
    const events = said.requests.map(({ params }) => params).filter((one) => 'TranscriptionEvent' in one)
    expect(events.map(({ SequenceId }) => SequenceId)).toEqual(events.map((_, index) => String(index + 1)))
    expect(events.at(0)).toMatchObject({ TranscriptionEvent: 'transcription-started', LanguageCode: 'de-DE' })
    expect(events.at(-1)).toMatchObject({ TranscriptionEvent: 'transcription-stopped' })
    const content = events.slice(1, -1)
    expect(content.map((one) => `${one.Track} ${JSON.parse(String(one.TranscriptionData)).transcript}`)).toEqual(
      expected,
    )
    expect(content[0]).toMatchObject({ Final: 'true', LanguageCode: 'de-DE', CallSid: said.sid })
    expect(events[0]).not.toHaveProperty('From')
  })
})

// https://www.twilio.com/docs/voice/twiml/connect/conversationrelay#attributes, and the message
// `language` of https://www.twilio.com/docs/voice/conversationrelay/websocket-messages
test.each([
  ['', undefined, 'en-US'],
  ['language="de-DE"', undefined, 'de-DE'],
  ['language="de-DE" transcriptionLanguage="fr-FR"', undefined, 'fr-FR'],
  ['language="de-DE"', '{"type":"language","ttsLanguage":"it-IT","transcriptionLanguage":"es-ES"}', 'es-ES'],
  ['language="de-DE"', '{"type":"language","ttsLanguage":"it-IT"}', 'de-DE'],
])('a prompt of ConversationRelay %s after %s is in %s', async (attributes, message, lang) => {
  const sent: Readonly<Record<string, unknown>>[] = []
  const relay = `<Connect><ConversationRelay url="wss://example.com/socket" ${attributes}/></Connect>`
  const said = await call({ '/voice': relay }, { openSocket: openTo(message === undefined ? [] : [message], sent) })
  // The answer is not waited for.
  void said.say('Hallo')
  await expect.poll(() => sent.at(-1), { timeout: 10_000 }).toMatchObject({ type: 'prompt', lang })
})

// https://www.twilio.com/docs/voice/twiml/conference#attributes-recording-status-callback
test.each([
  [1, ['in-progress', 'completed']],
  [2, ['in-progress', 'completed']],
  [0, []],
])('the recording of a conference with %i others', async (others, expected) => {
  const noun =
    '<Conference record="record-from-start" recordingStatusCallback="/rec" recordingStatusCallbackEvent="in-progress completed" statusCallback="/events" statusCallbackEvent="start">Room</Conference>'
  const met = await call({ '/voice': `<Dial>${noun}</Dial>`, '/rec': '', '/events': '' })
  for (let other = 0; other < others; other++) await met.answer()
  await met.wait()
  const recorded = met.requests.map(({ params }) => params).filter((one) => 'RecordingStatus' in one)
  expect(recorded.map(({ RecordingStatus }) => RecordingStatus)).toEqual(expected)
  for (const one of recorded) {
    expect(one).toMatchObject({ RecordingSource: 'Conference', ConferenceSid: expect.stringMatching(/^CF\w{32}$/) })
    expect(one).not.toHaveProperty('CallSid')
  }
  const started = met.requests.filter(({ params }) => params.StatusCallbackEvent === 'conference-start')
  expect(started).toHaveLength(Math.min(others, 1))
})

// https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent
describe('an outgoing call', () => {
  const routes = { '/voice': '<Say>Hello</Say>', '/status': '' }

  test('reports the events that were asked for', async () => {
    const outgoing = ['initiated', 'ringing', 'answered', 'completed'] as const
    const answered = await call(routes, { statusCallback: '/status', outgoing })
    expect([answered.heard, answered.status]).toEqual(['[rings +12025550123]', 'in-progress'])
    await answered.answer()
    expect(answered.requests.map(({ params }) => [params.CallStatus, params.SequenceNumber])).toEqual([
      ['initiated', '0'],
      ['ringing', '1'],
      ['in-progress', '2'],
      ['in-progress', undefined],
      ['completed', '3'],
    ])
    for (const { params } of answered.requests) expect(params.Direction).toBe('outbound-api')
    expect(answered.findings).toEqual([])
  })

  test.each([
    ['busy', 'busy'],
    ['failed', 'failed'],
    ['no-answer', 'no-answer'],
    [undefined, 'canceled'],
  ] as const)('that is not answered (%s) ends as %s, without TwiML', async (outcome, status) => {
    const rung = await call(routes, { statusCallback: '/status', outgoing: ['completed'] })
    await (outcome === undefined ? rung.hangUp() : rung.answer(outcome))
    expect(rung.status).toBe(status)
    expect(list(rung)).toEqual(['status callback POST /status 200'])
    expect(paramsOf(rung, 0)).toMatchObject({ CallStatus: status, SequenceNumber: '0' })
  })

  test('has no other event', async () => {
    await expect(call(routes, { outgoing: ['queued' as 'ringing'] })).rejects.toThrow(
      '"outgoing" does not take "queued". It takes initiated, ringing, answered, completed',
    )
  })
})

test.each([
  ['<Dial referUrl="/refer">+15550001</Dial>', 'referUrl of <Dial>'],
  ['<Dial><Number machineDetection="Enable" amdStatusCallback="/amd">+15550001</Number></Dial>', 'machineDetection'],
  ['<Dial><Application>AP00000000000000000000000000000001</Application></Dial>', '<Application>'],
  ['<Start><Siprec name="x" connectorName="y"/></Start>', '<Siprec>'],
  ['<Pay/>', '<Pay>'],
  ['<Connect action="/next"><VirtualAgent connectorName="x"/></Connect>', '<VirtualAgent>'],
])('%s is not silent', async (verbs, named) => {
  const routes = { '/voice': verbs, '/next': '<Say>next</Say>' }
  const walked = await call(routes)
  await walked.hangUp()
  expect(walked.findings).toMatchObject([{ code: 'not_walked', detail: expect.stringContaining(named) }])
  const allowed = await call(routes, { allow: ['not_walked'] })
  await allowed.hangUp()
  expect(allowed.findings).toEqual([])
  expect(allowed.events).toContainEqual(expect.objectContaining({ type: 'note', code: 'not_walked' }))
  if (verbs.includes('/next')) expect(walked.heard).toBe('next')
})
