import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Exchange } from '@tollgate/gateway'
import { findHeader, getScheme, schemes, showHidden } from 'tollgate/internal'
import { sampleWebhook, webhookKinds } from 'tollgate/testing'
import type { RunInfo } from '../shared/api.ts'
import type { Capture } from '../shared/capture.ts'
import { splitMainParams } from '../shared/main-params.ts'
import { writeRestart } from '../shared/restart.ts'
import { dropUserinfo } from '../shared/url-parts.ts'
import { Calls } from './call/calls.ts'
import { captureExchange } from './capture-exchange.ts'
import { Explainer } from './explain/explainer.ts'
import { createKeyChooser } from './explain/likely-keys.ts'
import { createSettler } from './explain/settle.ts'
import { hideSecrets } from './hide.ts'
import type { InspectorOptions } from './options.ts'
import { isUnread, withoutBody } from './read-capture.ts'
import type { OptionsByScheme } from './schemes.ts'
import { Sender } from './send/sender.ts'
import { CaptureStore } from './store.ts'
import { summarize } from './summarize.ts'
import { createImporter, toArrived } from './transfer/import-captures.ts'
import { createCodes, createCookieName } from './web/access.ts'
import { LiveEvents } from './web/live-events.ts'
import { createPageListener } from './web/page-listener.ts'
import { readSendInput } from './web/read-input.ts'

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
  /**
   * Sends a sample through the gateway, as the page does.
   *
   * @returns the status of the answer
   * @throws Error that says why it was not sent
   */
  send(kind: string, path: string): Promise<number>
  /** Stops the page's server and closes the store. */
  close(): Promise<void>
}

const defaultBounds = { maxCaptures: 1_000, maxBytes: 64 * 1_048_576 }
const samples = Object.fromEntries(
  webhookKinds.map((kind) => [kind, splitMainParams(sampleWebhook(kind).params ?? []).main]),
)

/** Returns true for what a browser asks beside a page: it is no webhook. */
function isForIcon({ method, target, headers }: Exchange['request']): boolean {
  const isSigned = headers.some(([name]) => /^x-twilio-/i.test(name))
  return method === 'GET' && !isSigned && /^\/(favicon\.ico|apple-touch-icon[\w-]*\.png)$/.test(target)
}

/**
 * Creates an inspector: a page on 127.0.0.1 that shows each webhook with its verdict and the
 * reason. The page also sends test webhooks through the gateway. Keys, and the signature that a
 * request should have had, never reach the page.
 *
 * @returns the inspector. It does not listen yet: call `listen`.
 */
export function createInspector(options: InspectorOptions): Inspector {
  const token = randomBytes(24).toString('base64url')
  const publicUrls = [options.publicUrl].flat().map(dropUserinfo)
  const { throwAwayToken, throwAwayIndex, realToken, gatewayUrl } = options
  const [{ name: defaultScheme }] = schemes
  const optionsByScheme: OptionsByScheme = new Map([
    ...(options.verifierOptions === undefined ? [] : [[defaultScheme, options.verifierOptions] as const]),
    ...Object.entries(options.schemes ?? {}),
  ])
  const secrets = [throwAwayToken, ...(realToken === undefined ? [] : [realToken]), ...(options.secrets ?? [])]
  const hide = (text: string) => hideSecrets(text, secrets)

  const store = new CaptureStore(options.bounds ?? defaultBounds)
  const events = new LiveEvents(hide, () => calls.end('the page was left'))
  const explainer = new Explainer(gatewayUrl === undefined ? [] : [new URL(gatewayUrl).host], options.diagnose)
  const settle = createSettler(options.keepRefused ?? true, secrets)
  const chooseKeys = createKeyChooser(throwAwayToken)
  /** The verifier's options of a capture of this run, and its search, while the capture is kept. */
  const notes = new Map<string, { readonly options?: object | undefined; search?: 'running' | 'ended' }>()
  const sender = new Sender(() => ({
    publicUrls,
    gatewayUrl,
    throwAwayToken,
    realToken,
    accountSid: options.accountSid,
  }))

  const calls = new Calls({
    sender,
    publicUrl: publicUrls[0] ?? '',
    accountSid: options.accountSid,
    onChange: (change) => events.send('call', change),
  })

  const forget = (ids: readonly string[]) => {
    for (const id of ids) notes.delete(id)
    if (ids.length > 0) events.send('removed', ids)
  }
  const keep = (capture: Capture) => {
    const removed = store.put(capture)
    events.send('capture', summarize(capture))
    forget(removed)
  }
  const explain = (capture: Capture, isOpen: boolean): boolean => {
    const { id, scheme = defaultScheme, verdict, explanation, bodyTruncated, remoteAddress } = capture
    const note = notes.get(id) ?? {}
    const verifierOptions = note.options ?? optionsByScheme.get(scheme)
    if (explanation !== undefined || verdict?.ok !== false || bodyTruncated || verifierOptions === undefined)
      return false
    if (note.search !== undefined) return note.search === 'running'
    const request = { ...toArrived(isUnread(capture) ? withoutBody(capture) : capture), remoteAddress }
    const rejection = { code: verdict.code, message: verdict.message }
    const job = { scheme, request, rejection, options: chooseKeys(verifierOptions, capture) }
    const found = explainer.explain(job, isOpen)
    if (found === undefined) return false
    notes.set(id, { ...note, search: 'running' })
    void found.then((result) => {
      // The capture may have been deleted in the meantime, or the inspector closed.
      const kept = isClosed ? undefined : store.get(id)
      if (kept === undefined) return
      notes.set(id, { ...note, search: 'ended' })
      const explained = result === undefined ? kept : { ...kept, explanation: result }
      keep(explained)
      tellExplained(explained)
    })
    return true
  }
  const tellExplained = (capture: Capture): void => {
    const { explanation } = settle(capture)
    if (explanation === undefined || options.onExplained === undefined) return
    const { setting } = explanation.proven ?? {}
    const restart = setting === undefined ? undefined : writeRestart(options.command ?? '', setting)
    options.onExplained({ ...explanation, ...(restart !== undefined && { restart }) })
  }
  const record = (exchange: Exchange) => {
    const { method, target, headers } = exchange.request
    if (isForIcon(exchange.request)) return
    const sent = sender.outbox.claim({ method, target, headers }, exchange.id)
    const capture = captureExchange(exchange, { origin: 'received', ...sent, throwAwayIndex, publicUrl: publicUrls })
    notes.set(capture.id, { options: exchange.verifierOptions })
    keep(capture)
    const { headers: signing } = getScheme(capture.scheme ?? defaultScheme)
    const isSigned = findHeader(headers, signing[0].toLowerCase()) !== undefined && capture.signedWith !== 'random'
    if (isSigned && options.onExplained !== undefined) explain(capture, true)
  }
  const info = (): RunInfo => ({
    publicUrls,
    gatewayUrl,
    upstream: options.upstream,
    mode: options.mode ?? 'enforce',
    kinds: webhookKinds,
    samples,
    realToken: realToken !== undefined && realToken !== throwAwayToken,
    command: options.command,
  })
  const importCaptures = createImporter({
    optionsByScheme,
    throwAwayIndex,
    keep,
  })
  const clear = (ids?: readonly string[]) => {
    const chosen = ids ?? store.all().map(({ id }) => id)
    store.delete(chosen)
    forget(chosen)
  }
  let isClosed = false

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
      workshop: { store, sender, calls, importCaptures, explain, settle, info, clear },
    }),
  )
  return {
    async listen() {
      server.listen(options.port, '127.0.0.1')
      await once(server, 'listening')
      gate.port = (server.address() as AddressInfo).port
      return { url: createUrl() }
    },
    createUrl,
    async send(kind, path) {
      return (await sender.send(readSendInput({ kind, path }), new AbortController().signal)).status
    },
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
      isClosed = true
      calls.end('the inspector stopped')
      explainer.close()
      events.close()
      if (server.listening) {
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      }
    },
  }
}
