import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import net from 'node:net'

const { signRequest } = await import('/work/wt/g/packages/tollgate/dist/testing/index.js').catch(
  () => import('tollgate/testing'),
)
const token = '3f0a9c1d5b7e2468ace013579bdf2468'
const up = createServer((q, r) => {
  q.resume()
  q.on('end', () => r.end('ok'))
}).listen(0, '127.0.0.1')
await once(up, 'listening')
const probe = net.createServer().listen(0, '127.0.0.1')
await once(probe, 'listening')
const PORT = probe.address().port
probe.close()
const child = spawn(process.execPath, [process.argv[2] + '/benchmarks/gateway/serve-gateway.mjs'], {
  cwd: process.argv[2] + '/benchmarks/gateway',
  env: {
    ...process.env,
    UPSTREAM: `http://127.0.0.1:${up.address().port}`,
    PORT,
    PUBLIC_URL: 'https://a.example',
    AUTH_TOKEN: token,
  },
  stdio: 'inherit',
})
const tree = (pid) => [
  pid,
  ...readdirSync('/proc')
    .filter((n) => /^\d+$/.test(n))
    .filter((n) => {
      try {
        return readFileSync(`/proc/${n}/stat`, 'latin1').split(') ')[1].split(' ')[1] === String(pid)
      } catch {
        return false
      }
    })
    .flatMap((n) => tree(Number(n))),
]
const cpu = () =>
  tree(child.pid).reduce((s, p) => {
    const f = readFileSync(`/proc/${p}/stat`, 'latin1').split(') ')[1].split(' ')
    return s + Number(f[11]) + Number(f[12])
  }, 0) * 10
const signed = signRequest({
  url: 'https://a.example/sms',
  params: { AccountSid: 'AC' + '0'.repeat(32), Body: 'hello', From: '+15005550006' },
  authToken: token,
})
const agent = new Agent({ keepAlive: true, maxSockets: 20 })
const post = () =>
  new Promise((res, rej) => {
    const q = request(
      {
        host: '127.0.0.1',
        port: PORT,
        method: 'POST',
        path: '/sms',
        agent,
        headers: { ...signed.headers, host: 'a.example' },
      },
      (a) => {
        a.resume()
        a.on('end', () => res(a.statusCode))
      },
    )
    q.on('error', rej)
    q.end(signed.body)
  })
for (;;) {
  try {
    await post()
    break
  } catch {
    await new Promise((r) => setTimeout(r, 100))
  }
}
const round = async (n) => {
  let left = n
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      while (left-- > 0) if ((await post()) !== 200) throw 1
    }),
  )
}
await round(4000)
const a = cpu()
await round(6000)
console.log(process.argv[2], 'us/request', (((cpu() - a) * 1000) / 6000).toFixed(1))
child.kill('SIGKILL')
for (const p of tree(child.pid).slice(1))
  try {
    process.kill(p, 'SIGKILL')
  } catch {}
process.exit()
