import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import express from 'express'
import type { Accepted, VerifierOptions } from 'tollgate'
import * as forExpress from 'tollgate/express'
import * as forNode from 'tollgate/node'
import { serve } from '../frameworks/listen.ts'
import { token } from '../kit/draft.ts'

type Answer = (webhook: Pick<Accepted, 'params'>, target: string, res: ServerResponse) => void

/** The adapters that the app can use. Each answers with the request as it arrived. */
const adapters = {
  express(options: VerifierOptions, answer: Answer): RequestListener {
    const app = express().set('env', 'test')
    return app.use(forExpress.twilioWebhook(options), (req, res) =>
      answer(forExpress.readWebhook(req), req.originalUrl, res),
    )
  },
  'node:http': (options: VerifierOptions, answer: Answer): RequestListener =>
    forNode.twilioWebhook(options, (webhook, req, res) => answer(webhook, req.url ?? '', res)),
}

export type AdapterName = keyof typeof adapters
export const adapterNames = Object.keys(adapters) as readonly AdapterName[]

/** The request as the app received it. */
export interface Received {
  readonly target: string
  readonly params: readonly (readonly [string, string])[]
}

/**
 * An app behind a proxy. It stays up while the options of its verifier change from case to case.
 */
export interface App {
  readonly port: number
  /** The verdicts since the last `use`: 'ok' or a code. */
  verdicts: string[]
  handlerRuns: number
  /** The requests since the last `use`, including those that Node.js cannot parse. */
  arrived: number
  use(adapter: AdapterName, options: VerifierOptions): void
  close(): Promise<void>
}

export async function startApp(): Promise<App> {
  let listener: RequestListener | undefined
  const server = createServer((req, res) => {
    app.arrived++
    listener?.(req, res)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Counts only requests that the parser refuses. A proxy that closes an idle connection sends
    // nothing.
    if (!error.code?.startsWith('HPE_')) return void socket.destroy()
    app.arrived++
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
  })
  const app: App = {
    ...(await serve(server)),
    verdicts: [],
    handlerRuns: 0,
    arrived: 0,
    use(adapter, options) {
      Object.assign(app, { verdicts: [], handlerRuns: 0, arrived: 0 })
      const onVerdict: VerifierOptions['onVerdict'] = (verdict) => app.verdicts.push(verdict.ok ? 'ok' : verdict.code)
      listener = adapters[adapter]({ authToken: token, onVerdict, ...options }, (webhook, target, res) => {
        app.handlerRuns++
        const received: Received = { target, params: [...webhook.params] }
        res.end(JSON.stringify(received))
      })
    },
  }
  return app
}
