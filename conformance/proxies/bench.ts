import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { VerifierOptions } from 'tollgate'
import { signRequest } from 'tollgate/testing'
import { findFreePort } from '../../tools/services/free-port.mjs'
import type { RunningProxy } from '../../tools/services/proxies.mjs'
import { makeFolder } from '../../tools/services/run-server.mjs'
import { assertEqual } from '../kit/assert.ts'
import { otherToken, sms, token } from '../kit/draft.ts'
import { type AdapterName, type App, type Received, startApp } from './app.ts'
import { makeCertificate } from './certificate.ts'
import { type Reply, sendTls, toWire, type Wire } from './client.ts'
import { fillConfiguration, readConfiguration } from './configuration.ts'
import type { ProxyKind } from './kinds.ts'

export const publicOrigin = 'https://app.example.com'
export const rejectionText = 'Twilio Request Validation Failed.'

type Site = 'forwarding' | 'forwarded' | 'index' | 'careless'

/** A proxy and its sites in front of an app. */
export interface Bench {
  readonly version: string
  readonly app: App
  /** Returns the port of a site. */
  port(site: Site): number
  stop(): Promise<void>
}

export async function startBench(kind: ProxyKind): Promise<Bench> {
  const folder = makeFolder('proxy')
  const webRoot = join(folder, 'www')
  mkdirSync(join(webRoot, 'twilio'), { recursive: true })
  const [app, certificate] = await Promise.all([startApp(), makeCertificate(folder)])
  const ports: Partial<Record<Site, number>> = {}
  const texts: string[] = []
  const add = async (site: Site, read: (places: Parameters<typeof fillConfiguration>[1]) => string): Promise<void> => {
    const port = await findFreePort()
    ports[site] = port
    texts.push(read({ port, appPort: app.port, certificate, webRoot }))
  }
  const { forwarding, forwarded, index } = kind.sites
  await add('forwarding', (places) => readConfiguration(forwarding, places))
  await add('forwarded', (places) => readConfiguration(forwarded, places))
  if (index !== undefined) await add('index', (places) => readConfiguration(index, places))
  await add('careless', (places) => fillConfiguration(kind.careless, places))
  const proxy: RunningProxy = await kind.start(texts.join('\n\n'), Object.values(ports))
  return {
    version: proxy.version,
    app,
    port: (site) => ports[site] ?? 0,
    async stop() {
      await proxy.stop()
      await app.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Signs an SMS for a URL, as Twilio does. */
export function signSms(url: string, authToken = token, more: Readonly<Record<string, string>> = {}) {
  return signRequest({ url, params: [...sms, ...Object.entries(more)], authToken })
}

interface Expectation {
  readonly site: Site
  readonly adapter: AdapterName
  readonly options: VerifierOptions
}

/** Sends a request through the proxy, and returns it as the app received it. */
export async function expectAccepted(
  bench: Bench,
  { site, adapter, options }: Expectation,
  wire: Wire,
): Promise<Received> {
  bench.app.use(adapter, options)
  const reply = await sendTls(bench.port(site), wire)
  assertEqual([reply.status, bench.app.verdicts], [200, ['ok']], `status and verdicts of ${wire.target}`)
  return JSON.parse(reply.body) as Received
}

/** Sends a request through the proxy that the app must refuse with this code. */
export async function expectRejected(
  bench: Bench,
  { site, adapter, options }: Expectation,
  wire: Wire,
  code: string,
): Promise<Reply> {
  bench.app.use(adapter, options)
  const reply = await sendTls(bench.port(site), wire)
  assertRejected(bench, reply, code)
  return reply
}

export function assertRejected({ app }: Bench, reply: Reply, code: string): void {
  assertEqual([reply.status, reply.body, app.verdicts], [403, rejectionText, [code]], 'the answer and the verdicts')
  assertEqual(app.handlerRuns, 0, 'runs of the handler')
}

/** Makes two forged requests: one signed with another token, and one with an unsigned parameter. */
export function forge(url: string, more: Wire['headers'] = []): readonly Wire[] {
  const genuine = toWire(signSms(url), more)
  return [toWire(signSms(url, otherToken), more), { ...genuine, body: `${genuine.body}&Body=forged` }]
}
