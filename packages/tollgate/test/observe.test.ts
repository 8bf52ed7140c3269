import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest, type Observed } from '../src/index.ts'
import { forged, genuine, getRequest, options, params, withHeaders } from './requests.ts'

describe('observe', () => {
  const observing = createVerifier({ ...options, mode: 'observe', maxBodyBytes: 100 })

  const passed: [string, IncomingRequest][] = [
    ['signature_mismatch', forged],
    ['signature_missing', withHeaders(genuine, { 'x-twilio-signature': undefined })],
    ['signature_malformed', withHeaders(genuine, { 'x-twilio-signature': 'x' })],
    ['method_not_allowed', { ...genuine, method: 'PUT' }],
    ['url_not_allowed', { ...genuine, url: 'sms' }],
  ]
  for (const [code, request] of passed)
    test(`${code} is passed on with its code`, async () => {
      const verdict = await observing.verify(request)
      expect(verdict).toMatchObject({ ok: false, code })
      expect('params' in verdict && [...verdict.params]).toEqual(params)
      expect('body' in verdict && new TextDecoder().decode(verdict.body)).toBe(genuine.body)
    })

  test('the verdict proves nothing and releases nothing', async () => {
    const verdict = (await observing.verify(forged)) as Observed
    const { handshake, covers, accountSid, matched, delivery } = verdict
    expect([handshake, covers, accountSid, matched, delivery]).toEqual(Array(5).fill(undefined))
    expect(await verdict.confirm()).toBeUndefined()
    expect(await verdict.release()).toBeUndefined()
  })

  test('a malformed form is passed on', async () => {
    const verdict = await observing.verify({ ...genuine, body: 'a=%zz' })
    expect(verdict).toMatchObject({ ok: false, code: 'body_malformed' })
    expect('params' in verdict && [...verdict.params]).toEqual([['a', '%zz']])
  })

  test('a GET that is refused before its URL is known has the parameters of its query', async () => {
    const verdict = await observing.verify(withHeaders(getRequest(), { 'x-twilio-signature': undefined }))
    expect(verdict).toMatchObject({ ok: false, code: 'signature_missing' })
    expect('params' in verdict && [...verdict.params]).toEqual([['a', '1']])
  })

  test('a target that cannot be read gives no parameters', async () => {
    const verdict = await observing.verify({ ...getRequest(), url: 'voice?a=1' })
    expect(verdict).toMatchObject({ ok: false, code: 'url_not_allowed' })
    expect('params' in verdict && [...verdict.params]).toEqual([])
  })
})
