import { randomBytes } from 'node:crypto'
import { createGateway, type GatewayOptions } from '@tollgate/gateway'
import type { SharedKey, VerifierOptions } from 'tollgate'
import { createInspector, type Inspector } from '../server/inspector.ts'
import type { InspectorOptions } from '../server/options.ts'
import { startBuiltInApp } from './built-in-app.ts'
import { checkDevOptions, type DevOptions, listTokens } from './dev-options.ts'
import { findPort, isAddressInUse } from './find-port.ts'

/** A running gateway with its inspector. */
export interface DevRun {
  /** The gateway's own address. Send webhooks here. */
  readonly gatewayUrl: string
  /** How Twilio reaches the gateway: the option, or the gateway's own address. */
  readonly publicUrl: string | readonly string[]
  /** The page's address. It has a code that opens the page once, in one browser. */
  readonly inspectorUrl: string
  /** Makes another such address, with a code of its own. */
  createInspectorUrl(): string
  /** The URL of the application behind the gateway. */
  readonly upstream: string
  /**
   * Sends a sample through the gateway, as the page does.
   *
   * @returns the status of the answer
   */
  send(kind: string, path: string): Promise<number>
  /** Stops the page, the gateway and the built-in application. Open requests get one second. */
  close(): Promise<void>
}

const defaultPort = 8080
const defaultPagePort = 4040

/**
 * Starts the gateway in front of a local application, together with the inspector's page. The page
 * signs its test webhooks with a token that this run creates. The gateway accepts this token in
 * addition to the real one. The token never leaves this process.
 *
 * @returns the addresses, and a function that stops everything
 * @throws TypeError or RangeError (as a rejection) that names a wrong option
 * @throws Error of node:net if a port is in use, such as EADDRINUSE
 */
export async function startDev(options: DevOptions = {}): Promise<DevRun> {
  checkDevOptions(options)
  const realTokens = listTokens(options.authToken)
  const ownToken = options.signWithRealToken ? realTokens[0] : undefined
  const throwAwayToken = ownToken ?? randomBytes(16).toString('hex')
  const host = options.listen?.host ?? '127.0.0.1'
  // As for the page, a second run takes another port, unless the caller chose this one.
  const port = options.listen?.port || (await findPort(host, options.listen?.port ?? defaultPort))
  const publicUrl = options.publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const verifierOptions: VerifierOptions = {
    publicUrl,
    authToken: ownToken === undefined ? [...realTokens, throwAwayToken] : realTokens,
    sharedKeys: options.sharedKeys,
    allowedAccounts: options.allowedAccounts,
    trailingSlash: options.trailingSlash,
  }
  const { routes: others = [] } = options
  const stops: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  }
  try {
    const app = options.upstream === undefined ? await startBuiltInApp() : undefined
    if (app) stops.push(() => app.close())
    const upstream = options.upstream ?? app?.url ?? ''

    let inspector: Inspector | undefined
    const gateway = createGateway({
      listen: { host, port },
      admin: false,
      log: 'silent',
      onExchange: (exchange) => {
        inspector?.record(exchange)
        options.onExchange?.(exchange)
      },
      routes: [
        // No option says which paths open WebSockets, so every path may.
        {
          path: '/',
          upstream,
          mode: options.mode,
          webSocket: true,
          ...verifierOptions,
        } as GatewayOptions['routes'][number],
        ...others.map((route) => ({ ...route, upstream })),
      ],
    })
    const { url: gatewayUrl } = await gateway.listen()
    stops.push(() => gateway.close({ graceMs: 1_000 }))

    const opened = await openInspector(options.inspectorPort, {
      onNewUrl: options.onNewInspectorUrl,
      publicUrl,
      gatewayUrl,
      upstream: app ? 'the built-in TwiML application' : upstream,
      mode: options.mode,
      throwAwayToken,
      throwAwayIndex: ownToken === undefined ? realTokens.length : undefined,
      accountSid: [options.allowedAccounts ?? []].flat()[0],
      realToken: ownToken,
      secrets: [...realTokens, ...listSecrets(options.sharedKeys)],
      verifierOptions,
      command: options.command,
      keepRefused: options.keepRefused,
      onExplained: options.onExplained,
      schemes: Object.fromEntries(others.map(({ scheme, path: _, ...own }) => [scheme, own])),
    })
    inspector = opened.inspector
    stops.push(() => opened.inspector.close())
    const createInspectorUrl = () => opened.inspector.createUrl()
    const send: Inspector['send'] = (kind, path) => opened.inspector.send(kind, path)
    return { gatewayUrl, publicUrl, inspectorUrl: opened.url, createInspectorUrl, upstream, send, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openInspector(port: number | undefined, options: Omit<InspectorOptions, 'port'>) {
  const inspector = createInspector({ ...options, port: port ?? defaultPagePort })
  try {
    return { inspector, url: (await inspector.listen()).url }
  } catch (error) {
    await inspector.close()
    // A second run takes another port, unless the caller chose this one.
    if (port !== undefined || !isAddressInUse(error)) throw error
    const other = createInspector({ ...options, port: 0 })
    return { inspector: other, url: (await other.listen()).url }
  }
}

function listSecrets(sharedKeys: VerifierOptions['sharedKeys']): string[] {
  if (typeof sharedKeys !== 'object') return []
  const keys: readonly SharedKey[] = sharedKeys instanceof Map ? [...sharedKeys.values()] : Object.values(sharedKeys)
  return keys.map((key) => (typeof key === 'string' ? key : key.secret))
}
