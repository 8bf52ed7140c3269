import { createHmac, createSecretKey } from 'node:crypto'
import { parse } from 'node:querystring'
import { createVerifier, RequestValidator } from 'tollgate'
import twilio from 'twilio'
import { compare } from './rounds.mjs'
import { makeRow } from './rows.mjs'
import { authToken, cycle, makeCalls, makeMessages, publicUrl, url } from './webhooks.mjs'

const { validateRequest } = twilio

/** Measures one request, in units of one HMAC over the same text, and compares it to `twilio`. */
export async function measureValidation() {
  const next = cycle(makeMessages())
  const key = createSecretKey(Buffer.from(authToken))
  const validator = new RequestValidator(authToken)
  const verifier = createVerifier({ publicUrl, authToken })
  /** @param {(message: ReturnType<typeof next>) => unknown} work */
  const each = (work) => () => work(next())
  const contenders = {
    genuine: each(({ params, signature }) => expect(validator.validate(url, params, signature), true)),
    parsed: each(({ parsed, signature }) => expect(validator.validate(url, parsed, signature), true)),
    forged: each(({ params, forged }) => expect(validator.validate(url, params, forged), false)),
    malformed: each(({ params }) => expect(validator.validate(url, params, 'forged'), false)),
    verify: each(({ request }) => verifier.verify(request)),
    verifyForged: each(({ forgedRequest }) => verifier.verify(forgedRequest)),
    twilioGenuine: each(({ params, signature }) => expect(validateRequest(authToken, signature, url, params), true)),
    twilioParsed: each(({ parsed, signature }) => expect(validateRequest(authToken, signature, url, parsed), true)),
    twilioForged: each(({ params, forged }) => expect(validateRequest(authToken, forged, url, params), false)),
    twilioMalformed: each(({ params }) => expect(validateRequest(authToken, 'forged', url, params), false)),
    twilioFromBytes: each(({ body, signature }) =>
      expect(validateRequest(authToken, signature, url, parse(body.toString())), true),
    ),
    twilioForgedFromBytes: each(({ body, forged }) =>
      expect(validateRequest(authToken, forged, url, parse(body.toString())), false),
    ),
  }
  expect((await verifier.verify(next().request)).ok, true)
  expect((await verifier.verify(next().forgedRequest)).ok, false)
  const ratios = await compare({ base: () => signWith(key, next().text), contenders })
  const nextCall = cycle(makeCalls())
  const call = () => {
    const { params, signature } = nextCall()
    expect(validator.validate(url, params, signature), true)
  }
  const { call: callRatios } = await compare({ base: () => signWith(key, nextCall().text), contenders: { call } })
  const times = (/** @type {number[]} */ many, /** @type {number[]} */ one) =>
    many.map((ratio, round) => ratio / (one[round] ?? Number.NaN))
  return [
    makeRow('validate, genuine', ratios.genuine, { budget: { most: 1.6, aim: 1.3 }, twilio: ratios.twilioGenuine }),
    makeRow('validate, genuine, parameters as Express parses them', ratios.parsed, { twilio: ratios.twilioParsed }),
    makeRow('validate, genuine, an incoming call', callRatios, { budget: { most: 1.9, aim: 1.3 } }),
    makeRow('validate, forged', ratios.forged, { budget: { most: 2.7, aim: 2 }, twilio: ratios.twilioForged }),
    makeRow('validate, malformed signature', ratios.malformed, {
      budget: { most: 0.15 },
      twilio: ratios.twilioMalformed,
    }),
    makeRow('verify, genuine, from bytes and headers', ratios.verify, {
      budget: { most: 3.7, aim: 2.6 },
      twilio: ratios.twilioFromBytes,
    }),
    makeRow('verify, forged, from bytes and headers', ratios.verifyForged, { twilio: ratios.twilioForgedFromBytes }),
    makeRow('how many times faster than twilio, genuine', times(ratios.twilioGenuine, ratios.genuine), {
      budget: { least: 1.6 },
    }),
    makeRow('how many times faster than twilio, forged', times(ratios.twilioForged, ratios.forged), {
      budget: { least: 6, aim: 7 },
    }),
  ]
}

/** @param {import('node:crypto').KeyObject} key @param {string} text */
function signWith(key, text) {
  return createHmac('sha1', key).update(text).digest('base64')
}

/**
 * Stops the benchmark if a verdict is wrong.
 * @param {boolean} actual
 * @param {boolean} expected
 */
function expect(actual, expected) {
  if (actual !== expected) throw new Error(`A verdict is ${actual}, expected ${expected}.`)
}
