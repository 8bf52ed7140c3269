import { createHash, createHmac } from 'node:crypto'
import { createVerifier } from 'tollgate'
import { sampleWebhook } from 'tollgate/testing'
import { compare } from './rounds.mjs'
import { makeRow } from './rows.mjs'
import { authToken, cycle, path, publicUrl, signText, toHeaders, url } from './webhooks.mjs'

/** Measures a JSON event, in units of the least that every check of one does. */
export async function measureJson({ rounds = 21 } = {}) {
  const next = cycle(Array.from({ length: 64 }, (_, index) => makeEvents(index)))
  const verifier = createVerifier({ publicUrl, authToken })
  if (!(await verifier.verify(next().request)).ok) throw new Error('A genuine event was refused.')
  const base = () => {
    const { body, text } = next()
    createHmac('sha1', authToken).update(text).digest('base64')
    createHash('sha256').update(body).digest('hex')
    JSON.parse(body.toString())
  }
  const { ratios } = await compare({ base, contenders: { ratios: () => verifier.verify(next().request) }, rounds })
  return [makeRow('verify, from bytes and headers', ratios, { budget: { most: 2 } })]
}

/** @param {number} number */
function makeEvents(number) {
  const samples = Object(sampleWebhook('events.batch').json)
  const events = [0, 1, 2].map((index) => ({
    ...samples[index % samples.length],
    id: `EZ${String(3 * number + index).padStart(32, '0')}`,
  }))
  const body = Buffer.from(JSON.stringify(events))
  const query = `?bodySHA256=${createHash('sha256').update(body).digest('hex')}`
  const text = url + query
  const headers = { ...toHeaders(body, signText(text)), 'content-type': 'application/json' }
  return { body, text, request: { method: 'POST', url: path + query, headers, body } }
}
