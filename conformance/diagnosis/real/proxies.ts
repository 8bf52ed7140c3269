import { rmSync } from 'node:fs'
import { startApache } from '../../../tools/services/apache.mjs'
import { startCaddy } from '../../../tools/services/caddy.mjs'
import { findFreePort } from '../../../tools/services/free-port.mjs'
import { startHaproxy } from '../../../tools/services/haproxy.mjs'
import { startNginx } from '../../../tools/services/nginx.mjs'
import type { StartProxy } from '../../../tools/services/proxy.d.mts'
import { makeFolder } from '../../../tools/services/run-server.mjs'
import { listen } from '../../frameworks/listen.ts'
import { makeCertificate } from '../../proxies/certificate.ts'
import type { SeenRequest, SetUp } from '../setup.ts'
import { apacheSites, wrapApache } from './apache.ts'
import { caddySites, wrapCaddy } from './caddy.ts'
import { deliver, readSeen } from './capture.ts'
import { haproxySites, wrapHaproxy } from './haproxy.ts'
import { nginxSites, wrapNginx } from './nginx.ts'
import { runRealRows } from './row.ts'
import type { Site, Wrap } from './site.ts'

interface Proxy {
  readonly name: string
  readonly start: StartProxy
  readonly sites: readonly Site[]
  readonly wrap: Wrap
  /** The configuration before all sites. */
  readonly first?: string
}

const proxies: readonly Proxy[] = [
  { name: 'nginx', start: startNginx, sites: nginxSites, wrap: wrapNginx },
  { name: 'Apache', start: startApache, sites: apacheSites, wrap: wrapApache },
  {
    name: 'HAProxy',
    start: startHaproxy,
    sites: haproxySites,
    wrap: wrapHaproxy,
    first: 'global\n  expose-experimental-directives\n',
  },
  { name: 'Caddy', start: startCaddy, sites: caddySites, wrap: wrapCaddy },
]

/** Requests through real proxies; starts and stops them. */
export async function listProxySetUps(): Promise<readonly SetUp[]> {
  const folder = makeFolder('corpus')
  try {
    const certificate = await makeCertificate(folder)
    const setUps: SetUp[] = []
    for (const proxy of proxies) setUps.push(...(await runSites(proxy, certificate)))
    return setUps
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function runSites(proxy: Proxy, certificate: Parameters<Wrap>[2]): Promise<readonly SetUp[]> {
  let seen: SeenRequest | undefined
  const app = await listen(async (req, res) => {
    seen = await readSeen(req)
    res.end()
  })
  const address = `127.0.0.1:${app.port}`
  try {
    const ports = await findFreePorts(proxy.sites.length)
    const texts = proxy.sites.map(({ lines }, at) => proxy.wrap(lines, ports[at] ?? 0, certificate))
    const configuration = (proxy.first ?? '') + texts.join('\n\n').replaceAll('APP', address)
    const { version, stop } = await proxy.start(configuration, ports)
    try {
      return await runRealRows(
        proxy.sites.map((site, at) => ({
          ...site,
          origin: `${proxy.name} ${version}`,
          async see(sent) {
            seen = undefined
            const status = await deliver(sent, ports[at] ?? 0, { tls: true })
            if (seen === undefined) throw new Error(`${proxy.name} answered ${status} itself: ${site.name}`)
            return seen
          },
        })),
      )
    } finally {
      await stop()
    }
  } finally {
    await app.close()
  }
}

async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await findFreePort())
  return [...ports]
}
