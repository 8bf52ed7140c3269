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
 * Sends the same request again and again over keep-alive connections.
 * @param {{ folder: string, url: string, post: Post, connections: number, seconds: number }} load
 * @returns {Promise<Figures>}
 */
export async function runWrk({ folder, url, post, connections, seconds }) {
  const program = requireProgram('wrk')
  const script = join(folder, `wrk-${process.hrtime.bigint()}.lua`)
  const headers = Object.entries(post.headers).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`)
  writeFileSync(
    script,
    `wrk.method = ${quote(post.method)}
wrk.body = ${quote(post.body)}
${headers.join('\n')}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nFIGURES %d %d %d %d\\n', summary.requests, summary.duration, latency:percentile(99),
    e.status) .. string.format('BROKEN %d\\n', e.connect + e.read + e.write + e.timeout))
end
`,
  )
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '15s', '-s', script, url]
  const { stdout } = await promisify(execFile)(program, args)
  const [, requests, duration, p99, refused] = (/FIGURES (\d+) (\d+) (\d+) (\d+)/.exec(stdout) ?? []).map(Number)
  const broken = Number(/BROKEN (\d+)/.exec(stdout)?.[1])
  if (requests === undefined || !duration || p99 === undefined || refused === undefined)
    throw new Error(`wrk printed no figures:\n${stdout}`)
  return {
    perSecond: requests / (duration / 1e6),
    p99Ms: p99 / 1000,
    failed: refused + broken,
    served: requests - refused,
  }
}

/** @param {string} text */
function quote(text) {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\r/g, '\\r').replace(/\n/g, '\\n')}"`
}
