// Sends genuine webhooks to `tollgate dev` in rounds: alone, and while refusals arrive and are
// opened on the page, which searches for their causes in a worker. Prints how long 99 % of the
// genuine ones take, and the ratio of both. Exits with 1 if a genuine one is refused, if a refusal
// stays without an explanation, or if the ratio is above its budget.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signRequest } from 'tollgate/testing'
import { authToken, median, publicUrl, signPost } from './gateway/bench.mjs'

const rounds = 5
const genuinePerRound = 400
const refusalsPerRound = 20
/** Two cores are shared by the gateway, the search and this program. */
const budget = 4

const bin = fileURLToPath(new URL('../packages/cli/dist/bin.js', import.meta.url))
const flags = ['--listen', '127.0.0.1:0', '--inspector-port', '0', '--public-url', publicUrl]
const dev = spawn(process.execPath, [bin, 'dev', ...flags], {
  env: { ...process.env, TWILIO_AUTH_TOKEN: authToken },
  stdio: ['ignore', 'pipe', 'pipe'],
})
process.on('exit', () => dev.kill('SIGKILL'))
const { gateway, inspector } = await readAddresses()
const { headers: opened } = await fetch(inspector, { redirect: 'manual' })
const cookie = (opened.get('set-cookie') ?? '').replace(/;.*$/s, '')

const post = signPost()
let lost = 0
let unexplained = 0
let refusals = 0
await runRound()
/** @type {{ alone: number, busy: number }[]} */
const results = []
for (let round = 0; round < rounds; round++) {
  const alone = await runRound()
  const refusing = refuse()
  const busy = await runRound()
  await refusing
  results.push({ alone, busy })
}
const ratio = median(results.map(({ alone, busy }) => busy / alone))
const show = (/** @type {'alone' | 'busy'} */ which) => median(results.map((one) => one[which])).toFixed(1)
console.log(
  `99 % of the genuine webhooks within ${show('alone')} ms alone, ${show('busy')} ms while refusals are explained`,
)
console.log(
  `ratio ${ratio.toFixed(2)} (budget ${budget}), ${refusals} refusals, ${unexplained} unexplained, ${lost} lost`,
)
process.exitCode = ratio > budget || lost > 0 || unexplained > 0 ? 1 : 0
dev.kill('SIGTERM')

/** Reads both addresses from what the command prints. */
async function readAddresses() {
  const found = { gateway: '', inspector: '' }
  for (const stream of [dev.stdout, dev.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      const [url] = /http:\/\/127\.0\.0\.1:\d+[^\s,]*/.exec(line) ?? []
      if (url === undefined) return
      if (url.includes('?')) found.inspector ||= url
      else found.gateway ||= url
    })
  while (found.gateway === '' || found.inspector === '') {
    if (dev.exitCode !== null) throw new Error(`tollgate dev ended with ${dev.exitCode}`)
    await sleep(50)
  }
  return found
}

/** Sends genuine webhooks one after another, and returns the time within which 99 % are answered. */
async function runRound() {
  const times = []
  for (let sent = 0; sent < genuinePerRound; sent++) {
    const start = performance.now()
    const response = await fetch(`${gateway}/sms`, post)
    await response.text()
    times.push(performance.now() - start)
    if (response.status !== 200) lost++
    await sleep(5)
  }
  return times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? 0
}

/** Sends refusals with unlike texts, so that each needs a search, and opens each until it is explained. */
async function refuse() {
  for (let sent = 0; sent < refusalsPerRound; sent++) {
    const forged = signRequest({
      url: `${publicUrl}/sms`,
      params: { Body: `forged ${refusals++}`, From: '+14155550142', To: '+12025550123' },
      authToken: 'f'.repeat(32),
    })
    await (await fetch(`${gateway}/sms`, { method: 'POST', headers: forged.headers, body: forged.body ?? '' })).text()
    const [{ id }] = (await ask('/api/captures')).filter(
      (/** @type {{ code: string }} */ one) => one.code !== 'accepted',
    )
    for (let tries = 0, view; view?.explanation === undefined; tries++) {
      if (tries === 200) {
        unexplained++
        break
      }
      view = await ask(`/api/captures/${id}`)
      await sleep(25)
    }
  }
}

/** @param {string} path */
async function ask(path) {
  return (await fetch(new URL(path, inspector), { headers: { cookie } })).json()
}
