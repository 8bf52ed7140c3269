import { createHash } from 'node:crypto'
import { createVerifier, RequestValidator } from 'tollgate'
import { compare } from './rounds.mjs'
import { makeRow } from './rows.mjs'
import { authToken, cycle, makeWebhook, path, publicUrl, signText, toHeaders, url } from './webhooks.mjs'

const forgedSignature = signText('forged')

/**
 * Measures how the time grows. Ten times the work may take 1.8 times as long per unit. V8 gives memory of
 * their own to texts of more than 128 KB, and the system maps it each time, so a byte of such a form takes
 * twice as long. This is one step, and no growth, so no row goes across it.
 */
export async function measureGrowth() {
  const verifier = createVerifier({ publicUrl, authToken })
  const validator = new RequestValidator(authToken)
  /** @param {number} count @param {(index: number) => [string, string]} makePair */
  const verifyForm = (count, makePair) => {
    const next = cycle([makeWebhook(Array.from({ length: count }, (_, index) => makePair(index)))])
    return () => verifier.verify(next().request)
  }
  // Unsorted names, as an attacker might choose them.
  const verifyNames = (/** @type {number} */ count) =>
    verifyForm(count, (index) => [createHash('sha1').update(String(index)).digest('hex'), `value ${index}`])
  const verifyText = (/** @type {number} */ bytes) => verifyForm(1, () => ['Body', 'x'.repeat(bytes)])
  const validateUrl = (/** @type {string} */ oneUrl) => () => validator.validate(oneUrl, { From: '1' }, forgedSignature)

  return [
    await measure('parameters, 20 to 200', verifyNames(20), verifyNames(200), 10),
    await measure('parameters, 200 to 2,000', verifyNames(200), verifyNames(2000), 10),
    await measure('bytes of a form, 2 to 20 KB', verifyText(2000), verifyText(20_000), 10),
    await measure('bytes of a form, 10 to 100 KB', verifyText(10_000), verifyText(100_000), 10),
    await measure('bytes of a form, 150 to 900 KB', verifyText(150_000), verifyText(900_000), 6),
    await measure('fields without a value, 2,000 to 20,000', verifyFields(2000), verifyFields(20_000), 10),
    await measure('bytes of JSON, 10 to 100 KB', verifyJson(10_000), verifyJson(100_000), 10),
    await measure('bytes of JSON, 150 to 900 KB', verifyJson(150_000), verifyJson(900_000), 6),
    await measure('tokens, 1 to 10, forged', validateTokens(1), validateTokens(10), 10),
    // A URL has at least 2 forms. A user, a port, the root path and an apostrophe make the maximum.
    await measure('forms of the URL, 2 to 24, forged', validateUrl(url), validateUrl(manyForms), 12),
  ]
}

const manyForms = "https://user@example.com:8443/?name=O'Neil%27s"

/**
 * Verifies fields without `=`. A parser that searches for each `=` from every field takes quadratic
 * time.
 * @param {number} count
 */
function verifyFields(count) {
  const verifier = createVerifier({ publicUrl, authToken })
  const body = Buffer.from('a&'.repeat(count))
  const headers = toHeaders(body, forgedSignature)
  return () => verifier.verify({ method: 'POST', url: path, headers, body })
}

/**
 * @param {string} what
 * @param {() => unknown} little
 * @param {() => unknown} much
 * @param {number} factor
 */
async function measure(what, little, much, factor) {
  const { ratios } = await compare({ base: little, contenders: { ratios: much }, rounds: 15 })
  return makeRow(what, ratios, { budget: { most: 1.8 * factor } })
}

/** @param {number} bytes */
function verifyJson(bytes) {
  const verifier = createVerifier({ publicUrl, authToken })
  const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(bytes) }))
  const query = `?bodySHA256=${createHash('sha256').update(body).digest('hex')}`
  const headers = { ...toHeaders(body, signText(url + query)), 'content-type': 'application/json' }
  return () => verifier.verify({ method: 'POST', url: path + query, headers, body })
}

/** @param {number} count */
function validateTokens(count) {
  const tokens = Array.from({ length: count }, (_, index) => createHash('md5').update(String(index)).digest('hex'))
  const validator = new RequestValidator(tokens)
  return () => validator.validate(url, { From: '1' }, forgedSignature)
}
