import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Exchange } from '@tollgate/gateway'
import type { IncomingRequest } from 'tollgate'
import { showHidden } from 'tollgate/requests'
import { type AnyScheme, schemes } from 'tollgate/schemes'
import { sampleWebhook, webhookKinds } from 'tollgate/testing'
import type { RunInfo } from '../shared/api.ts'
import type { Capture, Explanation } from '../shared/capture.ts'
import { splitMainParams } from '../shared/main-params.ts'
import { dropUserinfo } from '../shared/url-parts.ts'
import { captureExchange } from './capture-exchange.ts'
import { copyForms } from './copy/copy.ts'
import { type Diagnose, Explainer, rankForLocalUse } from './explainer.ts'
import { hideSecrets } from './hide.ts'
import { checkInspectorOptions, type InspectorOptions } from './options.ts'
import { isUnread, summarize, withoutBody } from './read-capture.ts'
import type { OptionsByScheme } from './schemes.ts'
import { Sender } from './send/sender.ts'
import { createMemoryStore } from './store/memory-store.ts'
import { openSqliteStore } from './store/sqlite-store.ts'
import { createImporter, toArrived } from './transfer/import-captures.ts'
import { createCodes, createCookieName } from './web/access.ts'
import { LiveEvents } from './web/live-events.ts'
import { createPageListener } from './web/page-listener.ts'

/** The page's server, with the captures that it shows. */
export interface Inspector {
  /**
   * Starts the page's server on 127.0.0.1.
   *
   * @returns the page's address, with a code that opens the page once
   * @throws Error of node:net (as a rejection) if the port is in use
   */
  listen(): Promise<{ url: string }>
  /**
   * Makes another address of the page, with a code of its own, such as for another browser. It opens
   * the page once. Of unused codes, the newest 20 count.
   *
   * @returns the address. Call `listen` before, which chooses the port
   */
  createUrl(): string
  /**
   * Records an exchange. Pass this function to the gateway as `onExchange`. It never throws.
   *
   * @param exchange the request, its verdict and the answer, which may contain secrets. They are
   *   removed before the page sees them.
   */
  record(exchange: Exchange): void
  /** Stops the page's server and closes the store. */
  close(): Promise<void>
}

const MiB = 1_048_576
const defaults = {
  memory: { maxCaptures: 1_000, maxBytes: 64 * MiB },
  file: { maxCaptures: 10_000, maxBytes: 512 * MiB },
}
const listLimit = 2_000
const samples = Object.fromEntries(
  webhookKinds.map((kind) => [kind, splitMainParams(sampleWebhook(kind).params ?? []).main]),
)

function createDiagnosers(name: string, own: Diagnose | undefined): ReadonlyMap<string, Diagnose> {
  const all = new Map<string, Diagnose>()
  for (const row of schemes as readonly AnyScheme[]) {
    const { diagnose } = row
    if (diagnose !== undefined) all.set(row.name, (request, options) => diagnose(request, options as never))
  }
  return own === undefined ? all : all.set(name, own)
}

/**
 * Creates an inspector: a page on 127.0.0.1 that shows each webhook with its verdict and the
 * reason. The page also sends test webhooks through the gateway. Keys, and the signature that a
 * request should have had, never reach the page.
 *
 * @param options the gateway's public URL and the throw-away token are required
 * @returns the inspector. It does not listen yet: call `listen`.
 * @throws TypeError or RangeError that names a wrong option
 * @throws StoreError if `store` cannot be used
 */
export function createInspector(options: InspectorOptions): Inspector {
  checkInspectorOptions(options)
  const token = options.token ?? randomBytes(24).toString('base64url')
  const publicUrls = [options.publicUrl].flat().map(dropUserinfo)
  const { throwAwayToken, throwAwayIndex, realToken, gatewayUrl } = options
  const [{ name: defaultScheme }] = schemes
  const optionsByScheme: OptionsByScheme = new Map([
    ...(options.verifierOptions === undefined ? [] : [[defaultScheme, options.verifierOptions] as const]),
    ...Object.entries(options.schemes ?? {}),
  ])
  const secrets = [throwAwayToken, ...(realToken === undefined ? [] : [realToken]), ...(options.secrets ?? [])]
  const hide = (text: string) => hideSecrets(text, secrets)

  const where = options.store === undefined ? 'memory' : 'file'
  const bounds = {
    maxCaptures: options.maxCaptures ?? defaults[where].maxCaptures,
    maxBytes: options.maxBytes ?? defaults[where].maxBytes,
  }
  const store = options.store === undefined ? createMemoryStore(bounds) : openSqliteStore(options.store, bounds)
  const events = new LiveEvents(hide)
  const explainer = new Explainer(
    createDiagnosers(defaultScheme, options.diagnose),
    gatewayUrl === undefined ? [] : [new URL(gatewayUrl).host],
  )
  const sender = new Sender(() => ({
    publicUrls,
    gatewayUrl,
    throwAwayToken,
    realToken,
    accountSid: options.accountSid,
  }))

  const keep = (capture: Capture) => {
    const removed = store.put(capture)
    events.send('capture', summarize(capture))
    if (removed.length > 0) events.send('removed', removed)
  }
  const explainLater = (capture: Capture, request: IncomingRequest, given?: Exchange['verifierOptions']) => {
    const { scheme = defaultScheme, verdict, bodyTruncated } = capture
    const verifierOptions = given ?? optionsByScheme.get(scheme)
    if (verifierOptions === undefined || verdict?.ok !== false || bodyTruncated) return
    const done = (explanation: Explanation) => {
      // The capture may have been deleted in the meantime.
      const kept = store.get(capture.id)
      if (kept !== undefined) keep({ ...kept, explanation: rankForLocalUse(explanation, kept) })
    }
    explainer.explain({ scheme, request, options: verifierOptions, done })
  }
  const record = (exchange: Exchange) => {
    const { method, target, headers } = exchange.request
    const sent = sender.outbox.claim({ method, target, headers }, exchange.id)
    const capture = captureExchange(exchange, { origin: 'received', ...sent, throwAwayIndex, publicUrl: publicUrls })
    keep(capture)
    const request = toArrived(isUnread(capture) ? withoutBody(capture) : capture)
    explainLater(capture, { ...request, remoteAddress: exchange.request.remoteAddress }, exchange.verifierOptions)
  }
  const info = (): RunInfo => ({
    publicUrls,
    gatewayUrl,
    upstream: options.upstream,
    mode: options.mode ?? 'enforce',
    kinds: webhookKinds,
    samples,
    realToken: realToken !== undefined,
    store: where,
    command: options.command,
    copyForms,
  })
  const importCaptures = createImporter({
    optionsByScheme,
    throwAwayIndex,
    keep: (capture, request) => {
      keep(capture)
      explainLater(capture, request)
    },
  })
  const clear = () => {
    store.clear()
    events.send('list', [])
  }

  const gate = { port: 0, token, cookieName: createCookieName(), codes: createCodes() }
  const createUrl = (): string => `http://127.0.0.1:${gate.port}/?code=${gate.codes.create()}`
  const onShutOut = () => options.onNewUrl?.(createUrl())
  const server = createServer(
    { maxHeaderSize: 16_384, requestTimeout: 60_000 },
    createPageListener({
      gate,
      events,
      hide,
      onShutOut,
      workshop: { store, sender, importCaptures, info, listLimit, clear },
    }),
  )
  return {
    async listen() {
      server.listen(options.port ?? 4040, '127.0.0.1')
      await once(server, 'listening')
      gate.port = (server.address() as AddressInfo).port
      return { url: createUrl() }
    },
    createUrl,
    record(exchange) {
      try {
        record(exchange)
      } catch (error) {
        console.error(
          showHidden(
            `The inspector could not keep a request: ${error instanceof Error ? error.message : 'unknown error'}`,
          ),
        )
      }
    },
    async close() {
      explainer.close()
      events.close()
      if (server.listening) {
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      }
      store.close()
    },
  }
}
