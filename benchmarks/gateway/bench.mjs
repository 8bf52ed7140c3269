import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { startNginx } from '../../tools/services/proxies.mjs'
import { answers } from '../../tools/services/run-server.mjs'
import { answer } from './answer.mjs'

export const publicUrl = 'https://api.example.com'
export const authToken = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'

/** @typedef {{ port: number, stop(): Promise<void>, pid?: number | undefined }} Server */

/**
 * Starts an upstream with almost no cost: nginx with the same answer to every request.
 * @returns {Promise<Server>}
 */
export async function startUpstream() {
  const port = await findFreePort()
  const site = `server { listen 127.0.0.1:${port} backlog=1024; keepalive_requests 100000000; keepalive_timeout 600s;
location / { default_type text/xml; return 200 '${answer}'; } }`
  return { port, ...(await startNginx(site, [port])) }
}

/**
 * Starts an application, the most common upstream of a gateway.
 * @returns {Promise<Server>}
 */
export function startApplication() {
  return startNode('serve-application.mjs')
}

/**
 * Starts nginx with one worker and keep-alive connections.
 * @param {number} upstream
 * @returns {Promise<Server>}
 */
export async function startNginxProxy(upstream) {
  const port = await findFreePort()
  const site = `upstream app { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 100000000; }
server { listen 127.0.0.1:${port} backlog=1024; keepalive_requests 100000000; keepalive_timeout 600s;
location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; } }`
  return { port, ...(await startNginx(site, [port])) }
}

/** @param {string} file in this folder @param {number} [upstream] @returns {Promise<Server>} */
export async function startNode(file, upstream = 0) {
  const port = await findFreePort()
  return startProgram([fileURLToPath(new URL(file, import.meta.url))], port, upstream)
}

/**
 * Starts a program of Node.js, and waits until it listens.
 * @param {readonly string[]} args
 * @param {number} port
 * @param {number} [upstream]
 * @param {'inherit' | 'ignore'} [output] what becomes of its standard output
 * @returns {Promise<Server>}
 */
export async function startProgram(args, port, upstream = 0, output = 'inherit') {
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      PORT: String(port),
      UPSTREAM: `http://127.0.0.1:${upstream}`,
      PUBLIC_URL: publicUrl,
      AUTH_TOKEN: authToken,
    },
    stdio: ['ignore', output, output],
  })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${args[0]} ended with ${child.exitCode}`)
    await sleep(50)
  }
  return {
    port,
    pid: child.pid,
    async stop() {
      process.off('exit', end)
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Signs an inbound SMS. @param {Readonly<Record<string, string>>} [more] parameters */
export function signPost(more) {
  const { params = [] } = sampleWebhook('message.inbound')
  const signed = signRequest({ url: `${publicUrl}/sms`, params: { ...Object.fromEntries(params), ...more }, authToken })
  return { method: 'POST', headers: { ...signed.headers, Host: 'api.example.com' }, body: signed.body ?? '' }
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other)
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
}
