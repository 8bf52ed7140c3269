import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireProgram } from '../../tools/programs.mjs'

/** @typedef {{ method: string, headers: Record<string, string>, body: string }} Post */

/**
 * @typedef {object} Figures
 * @property {number} perSecond answers per second
 * @property {number} p99Ms milliseconds within which 99 of 100 answers arrived
 * @property {number} failed answers with a status of 400 or more, and broken connections
 * @property {number} served answers below 400
 */

/**
 * Sends requests over keep-alive connections, one after the other and then from the first again.
 * @param {{ folder: string, url: string, post: Post | readonly Post[], connections: number, seconds: number }} load
 * @returns {Promise<Figures>}
 */
export async function runWrk({ folder, url, post, connections, seconds }) {
  const program = requireProgram('wrk')
  const script = join(folder, `wrk-${process.hrtime.bigint()}.lua`)
  const requests = `${script}.requests`
  const { pathname } = new URL(url)
  writeFileSync(
    requests,
    [post]
      .flat()
      .map((one) => formatPost(one, pathname))
      .join('\0'),
  )
  writeFileSync(
    script,
    `local requests, turn = {}, 0
for text in io.open(${quote(requests)}, 'rb'):read('*a'):gmatch('[^%z]+') do requests[#requests + 1] = text end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nFIGURES %d %d %d %d\\n', summary.requests, summary.duration, latency:percentile(99),
    e.status) .. string.format('BROKEN %d\\n', e.connect + e.read + e.write + e.timeout))
end
`,
  )
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '15s', '-s', script, url]
  const { stdout } = await promisify(execFile)(program, args)
  const [, answered, duration, p99, refused] = (/FIGURES (\d+) (\d+) (\d+) (\d+)/.exec(stdout) ?? []).map(Number)
  const broken = Number(/BROKEN (\d+)/.exec(stdout)?.[1])
  if (answered === undefined || !duration || p99 === undefined || refused === undefined)
    throw new Error(`wrk printed no figures:\n${stdout}`)
  return {
    perSecond: answered / (duration / 1e6),
    p99Ms: p99 / 1000,
    failed: refused + broken,
    served: answered - refused,
  }
}

/** @param {Post} post @param {string} path */
function formatPost({ method, headers, body }, path) {
  const all = { ...headers, 'Content-Length': String(Buffer.byteLength(body)) }
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n${body}`
}

/** @param {string} text */
function quote(text) {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\r/g, '\\r').replace(/\n/g, '\\n')}"`
}
