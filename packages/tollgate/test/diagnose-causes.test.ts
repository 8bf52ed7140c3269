import { describe, expect, test } from 'vitest'
import { causes } from '../src/diagnose/causes/index.ts'
import { diagnose } from '../src/diagnose/index.ts'
import { sampleWebhook, signRequest } from '../src/testing/index.ts'
import { diagnoseSetUp, setUps } from './diagnose-support.ts'
import { authToken, options, origin } from './requests.ts'

const sort = (ids: readonly string[]): string[] => [...ids].sort()

describe('names the causes of a broken set-up', () => {
  for (const setUp of setUps)
    test(`${setUp.expected.join(', ')}: ${setUp.title}`, async () => {
      const { verdict, proven, suspected } = await diagnoseSetUp(setUp)
      expect(verdict.ok).toBe(false)
      expect(proven !== undefined).toBe(setUp.answer === 'proven')
      const known = [setUp.expected, ...(setUp.or ?? [])]
      if (proven !== undefined) expect(known.map(sort)).toContainEqual(sort(proven.causes.map(({ id }) => id)))
      if (suspected.length > 0) expect(suspected.some(({ id }) => known.flat().includes(id))).toBe(true)
      else if (proven === undefined) expect(setUp.answer).toBe('question')
    })
})

test('every cause occurs alone, and every expected cause exists', () => {
  const ids = Object.keys(causes)
  const alone = setUps.flatMap(({ expected }) => (expected.length === 1 ? expected : []))
  expect(ids.filter((id) => !alone.includes(id))).toEqual([])
  expect(setUps.flatMap(({ expected }) => expected).filter((id) => !ids.includes(id))).toEqual([])
})

test('JSON whose Content-Type names another charset is explained as that', async () => {
  const { url, headers, body } = signRequest({ url: `${origin}/events`, json: { type: 'a' }, authToken })
  const contentType = 'application/json; charset=iso-8859-1'
  const request = { method: 'POST', url, headers: { ...headers, 'content-type': contentType }, body: body ?? '' }
  const { verdict, proven } = await diagnose(request, options)
  expect(verdict).toMatchObject({ ok: false, code: 'body_unsigned' })
  expect(proven?.causes.map(({ id }) => id)).toEqual(['body_charset'])
})

test('a missing signature is not blamed on a proxy alone', async () => {
  const { url, headers, body } = signRequest({ url: `${origin}/sms`, ...sampleWebhook('message.inbound'), authToken })
  const { 'x-twilio-signature': _, ...unsigned } = headers
  const request = { method: 'POST', url, headers: { ...unsigned, 'user-agent': 'TwilioProxy/1.1' }, body: body ?? '' }
  const { verdict, suspected } = await diagnose(request, options)
  const [first] = suspected
  expect(first?.id).toBe('signature_missing')
  const texts = [verdict.ok ? '' : verdict.message, first?.detail ?? '', first?.fix ?? '']
  for (const text of texts) expect(text).toMatch(/webhook Setting|signing_off/)
})
