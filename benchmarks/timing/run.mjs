import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root } from '../../tools/run.mjs'
import { installWhenNeeded } from '../../tools/setup.mjs'

// Checks that a rejection takes the same time if a signature differs in its first or in its last
// character. The method is that of dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code
// constant time?", 2017): samples of two classes in random order, without the slower half of each.
// They are compared block by block, so that other load affects both classes. Student's t-test is
// applied to the differences of the blocks. Beyond 4.5 the classes can be told apart.
const limit = 4.5
const blocks = 100
const blockSamples = 2000
const repeats = 3

/** @typedef {(signature: string) => boolean} Check */

/** @param {'node' | 'pure'} provider @param {string} out */
async function loadSubjects(provider, out) {
  const outfile = join(out, `${provider}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL('subjects.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: { '#hmac': join(root, `packages/tollgate/src/hmac/${provider}.ts`) },
    logLevel: 'error',
  })
  return import(pathToFileURL(outfile).href)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * Changes one character to its neighbour in the alphabet, so that a capital letter stays a capital
 * letter. A check of the alphabet may take longer for some kinds of characters, but that reveals
 * only the sender's own text.
 * @param {string} signature
 * @param {number} at
 */
function alterAt(signature, at) {
  const bytes = Buffer.from(signature, 'latin1')
  bytes[at] = alphabet.charCodeAt(alphabet.indexOf(signature.charAt(at)) ^ 1)
  return bytes.toString('latin1')
}

/**
 * Makes two new strings in random order, so that their position in memory is random too.
 * @param {string} expected
 * @returns {[string, string]}
 */
function makeInputs(expected) {
  const makeFirst = () => alterAt(expected, 0)
  const makeLast = () => alterAt(expected, expected.length - 3)
  if (Math.random() < 0.5) return [makeFirst(), makeLast()]
  const last = makeLast()
  return [makeFirst(), last]
}

/** @param {Check} check @param {string} expected @param {number} batch */
function measure(check, expected, batch) {
  const differences = Array.from({ length: blocks }, () => measureBlock(check, makeInputs(expected), batch))
  const mean = average(differences)
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (blocks - 1)
  return mean / Math.sqrt(variance / blocks)
}

/**
 * Measures by how much the faster half of the first class takes longer than that of the last class.
 * While the clock runs, it neither chooses nor stores anything.
 * @param {Check} check
 * @param {readonly [string, string]} inputs
 * @param {number} batch
 */
function measureBlock(check, inputs, batch) {
  const order = Uint8Array.from({ length: blockSamples }, () => (Math.random() < 0.5 ? 0 : 1))
  const starts = new BigUint64Array(blockSamples)
  const ends = new BigUint64Array(blockSamples)
  let accepted = 0
  for (let sample = 0; sample < blockSamples; sample++) {
    const input = /** @type {string} */ (inputs[/** @type {number} */ (order[sample])])
    starts[sample] = process.hrtime.bigint()
    for (let count = 0; count < batch; count++) if (check(input)) accepted++
    ends[sample] = process.hrtime.bigint()
  }
  if (accepted > 0) throw new Error('A wrong signature was accepted.')
  const times = Array.from(ends, (end, sample) => Number(end - /** @type {bigint} */ (starts[sample])))
  const quickerHalf = (/** @type {number} */ which) => {
    const sorted = times.filter((_, sample) => order[sample] === which).sort((a, b) => a - b)
    return average(sorted.slice(0, Math.ceil(sorted.length / 2)))
  }
  return quickerHalf(0) - quickerHalf(1)
}

/** @param {readonly number[]} values */
function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * Returns the measurement nearest to zero: noise varies, but a leak stays.
 * @param {number[]} values
 */
function steadiest(values) {
  return values.reduce((least, value) => (Math.abs(value) < Math.abs(least) ? value : least))
}

/**
 * @param {string} label
 * @param {boolean} leaks
 * @param {Check} check
 * @param {string} expected
 * @param {number} batch
 */
function judge(label, leaks, check, expected, batch) {
  measure(check, expected, batch) // warms up
  const t = steadiest(Array.from({ length: repeats }, () => measure(check, expected, batch)))
  const told = Math.abs(t) > limit
  console.log(
    `| ${label} | ${t.toFixed(2)} | ${told ? 'told apart' : 'not told apart'} | ${told === leaks ? 'as expected' : 'WRONG'} |`,
  )
  return told === leaks
}

async function main() {
  await installWhenNeeded()
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const out = mkdtempSync(join(cache, 'timing-'))
  const token = 'timingtimingtimingtimingtimingti'
  const url = 'https://app.example.com/sms'
  const params = { AccountSid: `AC${'0'.repeat(32)}`, Body: 'hello', From: '+15005550006' }
  const text = url + Object.entries(params).flat().join('')
  const expected = createHmac('sha1', token).update(text).digest('base64')
  console.log(
    `${repeats} measurements of ${blocks} blocks of ${blockSamples.toLocaleString('en')} interleaved samples each; told apart beyond |t| = ${limit}\n`,
  )
  console.log('| comparison | t | first and last character | |\n| --- | --- | --- | --- |')
  const outcomes = []
  for (const provider of /** @type {const} */ (['node', 'pure'])) {
    const { equalSignatures, equalSignaturesLeaking, RequestValidator } = await loadSubjects(provider, out)
    const validator = new RequestValidator(token)
    if (provider === 'node') {
      outcomes.push(judge('the comparison alone', false, (given) => equalSignatures(expected, given), expected, 64))
      outcomes.push(
        judge(
          'a comparison that stops early (must be told apart)',
          true,
          (given) => equalSignaturesLeaking(expected, given),
          expected,
          64,
        ),
      )
    }
    const name = provider === 'node' ? 'node:crypto' : '@noble/hashes'
    const validate = (/** @type {string} */ given) => validator.validate(url, params, given)
    const wrong = alterAt(expected, 1)
    const leak = (/** @type {string} */ given) => validate(wrong) || equalSignaturesLeaking(expected, given)
    outcomes.push(judge(`RequestValidator, HMAC by ${name}`, false, validate, expected, 1))
    outcomes.push(judge('the same with a comparison that stops early (must be told apart)', true, leak, expected, 1))
  }
  rmSync(out, { recursive: true, force: true })
  process.exitCode = outcomes.every(Boolean) ? 0 : 1
}

await main()
