import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { twilioWebhook } from '../src/adapters/fetch.ts'
import { twilioWebhook as onNode } from '../src/adapters/node.ts'
import { diagnose } from '../src/diagnose/index.ts'
import { createVerifier, type Verdict } from '../src/index.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { sampleWebhook, signRequest, signSendGridRequest, testServer } from '../src/testing/index.ts'
import { testServer as nodeTestServer } from '../src/testing/node.ts'
import '../src/testing/vitest.ts'
import { namePage } from '../src/verdict.ts'
import { stopClock } from './process-clock.ts'

const authToken = '0123456789abcdef0123456789abcdef'
const verifier = createVerifier({ publicUrl: 'https://example.com', authToken })
const secretText = 'a confidential text'

async function verify(token: string, json = false): Promise<Verdict> {
  const url = 'https://example.com/sms?customer=confidential'
  const content = json ? { json: { text: secretText } } : sampleWebhook('message.inbound', { Body: secretText })
  const { method, headers, body, url: signed } = signRequest({ url, ...content, authToken: token })
  return verifier.verify({ method, url: signed.slice('https://example.com'.length), headers, body })
}

function messageOf(run: () => void): string {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('The matcher did not fail')
}

afterEach(() => vi.unstubAllEnvs())

describe('toBeAccepted and toBeRefusedWith', () => {
  test('an accepted webhook', async () => {
    for (const json of [false, true]) {
      const verdict = await verify(authToken, json)
      expect(verdict).toBeAccepted()
      expect(verdict).not.toBeRefusedWith('signature_mismatch')
      expect(messageOf(() => expect(verdict).not.toBeAccepted())).toBe(
        `expected the webhook not to be accepted, but it was accepted: signed with Auth Token 0 (HMAC_SHA1), which covers its ${json ? 'body' : 'params'}`,
      )
      expect(messageOf(() => expect(verdict).toBeRefusedWith('replayed'))).toContain('but it was accepted')
    }
  })

  test('a rejected webhook shows the code, its explanation and the URLs', async () => {
    const verdict = await verify('f'.repeat(32))
    expect(verdict).toBeRefusedWith('signature_mismatch')
    expect(verdict).not.toBeAccepted()
    expect(verdict).not.toBeRefusedWith('replayed')
    const message = messageOf(() => expect(verdict).toBeAccepted())
    expect(message).toContain('refused with "signature_mismatch" (403)')
    expect(message).toContain('No key makes this signature')
    expect(message).toContain('\n  checked https://example.com/sms\n')
    expect(messageOf(() => expect(verdict).toBeRefusedWith('replayed'))).toContain('to be refused with "replayed"')
    expect(messageOf(() => expect(verdict).not.toBeRefusedWith('signature_mismatch'))).toContain('not to be refused')
  })

  test('no message contains a token, a signature, a parameter or a query', async () => {
    const wrong = 'f'.repeat(32)
    for (const verdict of [await verify(authToken), await verify(wrong), await verify(wrong, true)]) {
      const messages = [
        messageOf(() => expect(verdict).toBeRefusedWith('replayed')),
        messageOf(() => (verdict.ok ? expect(verdict).not : expect(verdict)).toBeAccepted()),
      ]
      for (const message of messages) {
        for (const secret of [authToken, wrong, secretText, 'confidential', '14155550142'])
          expect(message).not.toContain(secret)
        expect(message).not.toMatch(/[A-Za-z0-9+/]{27}=/)
      }
    }
  })

  test('a value that is not a verdict always fails', async () => {
    const promise = verify(authToken)
    for (const value of [
      promise,
      undefined,
      null,
      true,
      {},
      { ok: true },
      { ok: false, code: 'toString' },
      new Response(),
    ]) {
      expect(() => expect(value).toBeAccepted()).toThrow(TypeError)
      expect(() => expect(value).not.toBeAccepted()).toThrow(TypeError)
      expect(() => expect(value).not.toBeRefusedWith('replayed')).toThrow(TypeError)
    }
    expect(() => expect(promise).not.toBeAccepted()).toThrow(/await the verdict/)
    await expect(promise).resolves.toBeAccepted()
  })

  test('a misspelled code gets a suggestion', async () => {
    const verdict = await verify(authToken)
    const misspelled = 'signature_mismach' as 'signature_mismatch'
    expect(() => expect(verdict).not.toBeRefusedWith(misspelled)).toThrow(/Did you mean "signature_mismatch"/)
    expect(() => expect(verdict).not.toBeRefusedWith(403 as never)).toThrow(/needs a rejection code/)
  })
})

test('the matchers know verdicts of SendGrid', async () => {
  const { publicKey, ...request } = await signSendGridRequest()
  const verifier = createSendGridVerifier({ publicKey: { marketing: publicKey } })
  const verdict = await verifier.verify(request)
  expect(verdict).toBeAccepted()
  expect(messageOf(() => expect(verdict).toBeRefusedWith('stale'))).toContain(
    'but it was accepted: signed with sendgrid key "marketing" (ECDSA), which covers its body',
  )
  expect(await verifier.verify({ ...request, body: '[]' })).toBeRefusedWith('signature_mismatch')
})

describe('the response of a test server', () => {
  const open = (publicUrl?: string) =>
    testServer(({ url, authToken }) => {
      const guarded = twilioWebhook({ publicUrl: publicUrl ?? url, authToken }, () => new Response('reached'))
      return (request) => (request.url.endsWith('/open') ? new Response('open') : guarded(request))
    })

  test('has the verdict, and a failure shows the code, the checked URL and the page', async () => {
    const server = await open()
    expect(await server.send('/sms', 'message.inbound')).toBeAccepted()
    const wrong = await open('https://example.com/sms')
    const answer = await wrong.send('/sms?a=secret', 'message.inbound')
    expect(answer).toBeRefusedWith('signature_mismatch')
    const message = messageOf(() => expect(answer).toBeAccepted())
    expect(message).toContain('it was refused with "signature_mismatch" (403)')
    expect(message).toMatch(
      /URLs, without their queries:\n {2}signed https:\/\/example\.com\/sms\n {2}checked https:\/\/example\.com\/sms\/sms/,
    )
    expect(message).toContain(namePage('signature_mismatch'))
    expect(message).not.toMatch(new RegExp(`secret|${wrong.authToken}`))
    expect([await answer.text(), ...answer.headers].join()).not.toContain('mismatch')
  })

  const expectRefusal = (answer: Response) => expect(answer).toBeRefusedWith('signature_mismatch')
  test.each<[title: string, isDiagnosed: boolean, lines: number, request: object, look: (answer: Response) => void]>([
    ['a refusal that the test expects', false, 0, {}, expectRefusal],
    ['an explained refusal that the test expects', true, 0, {}, expectRefusal],
    ['a forged request', false, 0, { authToken: 'f'.repeat(32) }, () => undefined],
    ['a refusal that the test does not look at', false, 1, {}, () => undefined],
    ['another refusal than the test expects', false, 1, {}, (answer) => expect(answer).not.toBeRefusedWith('replayed')],
  ])('%s has its lines, or prints nothing', async (_, isDiagnosed, lines, request, look) => {
    stopClock()
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => printed.mockRestore())
    const server = await testServer(({ authToken }) => {
      const diagnosed = isDiagnosed ? { diagnose } : {}
      return twilioWebhook({ publicUrl: 'https://other.example', authToken, ...diagnosed }, () => new Response())
    })
    look(await server.send('/sms', { params: { Body: 'x' }, ...request }))
    // Explanations are written one after another, so this one is the last.
    await server.send('/last', { params: { Body: 'y' } })
    await vi.waitFor(() => expect(printed).toHaveBeenLastCalledWith(expect.stringContaining('/last')))
    expect(printed).toHaveBeenCalledTimes(lines + 1)
  })

  test('has its own verdict, also beside others', async () => {
    const server = await open()
    const forged = { params: { Body: 'x' }, authToken: 'f'.repeat(32) }
    const answers = await Promise.all([
      server.send('/sms', 'message.inbound'),
      server.send('/sms', forged),
      server.send('/voice', 'call.inbound'),
    ])
    expect(answers[0]).toBeAccepted()
    expect(answers[1]).toBeRefusedWith('signature_mismatch')
    expect(answers[2]).toBeAccepted()
  })

  test('through a socket too', async () => {
    const server = await nodeTestServer(({ url, authToken }) =>
      onNode({ publicUrl: `${url}/prefix`, authToken }, (_webhook, _req, res) => void res.end('reached')),
    )
    expect(await server.send('/sms', 'message.inbound')).toBeRefusedWith('signature_mismatch')
    await server.close()
  })

  test('without a verifier, or of another server, is a TypeError', async () => {
    const server = await open()
    const unchecked = await server.send('/open', 'message.inbound')
    expect(() => expect(unchecked).toBeAccepted()).toThrow(/no verifier of Tollgate has checked/)
    expect(() => expect(unchecked).not.toBeAccepted()).toThrow(TypeError)
    expect(() => expect(new Response('x')).toBeAccepted()).toThrow(/needs a verdict.* or a response of testServer/)
  })
})
