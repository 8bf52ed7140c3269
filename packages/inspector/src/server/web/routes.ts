import type { IncomingMessage } from 'node:http'
import {
  type CallSteps,
  copyForms,
  type ExportFormat,
  exportFormats,
  type ImportResult,
  type RunInfo,
} from '../../shared/api.ts'
import type { Capture, CaptureView } from '../../shared/capture.ts'
import type { Calls } from '../call/calls.ts'
import { writeCopy, writeExport } from '../copy/copy.ts'
import { hideCredentials, viewCapture } from '../hide.ts'
import type { Sender } from '../send/sender.ts'
import type { CaptureStore } from '../store.ts'
import { HttpError, readFile, readJson } from './answers.ts'
import { readCallInput, readIds, readResignInput, readSendInput, stepReaders } from './read-input.ts'

/** The objects that the routes use. */
export interface Workshop {
  readonly store: CaptureStore
  readonly sender: Sender
  readonly calls: Calls
  readonly importCaptures: (file: Uint8Array) => Promise<ImportResult>
  /**
   * Starts to explain a rejection. Returns true while the search runs.
   * @param isOpen true for the capture that is open. For others, only the worker searches
   */
  readonly explain: (capture: Capture, isOpen: boolean) => boolean
  /** Completes the commands that settle a rejection of which nothing is proven. */
  readonly settle: (capture: Capture) => Capture
  readonly info: () => RunInfo
  /** Deletes these captures, or else all. */
  readonly clear: (ids?: readonly string[]) => void
}

/** A JSON answer, or a file to save or copy. */
export type Reply =
  | { readonly json: unknown }
  | { readonly bytes: Uint8Array; readonly type: string; readonly file?: string }

type Handler = (workshop: Workshop, input: RouteInput) => Reply | Promise<Reply>
interface RouteInput {
  readonly id: string
  readonly query: URLSearchParams
  readonly req: IncomingMessage
  /** Aborted when the page no longer waits for the answer. */
  readonly left: AbortSignal
}

const takeStep =
  <Name extends keyof CallSteps>(name: Name): Handler =>
  async ({ calls }, { id, req }) => {
    const call = calls.find(id)
    return { json: await call.act(name, stepReaders[name](await readJson(req))) }
  }

/** One row per endpoint. `:id` is the id of a capture, or of a call. */
const routes: Readonly<Record<string, Handler>> = {
  'GET /api/info': ({ info }) => ({ json: info() }),
  'GET /api/captures': ({ store }) => ({ json: store.list() }),
  'DELETE /api/captures': async ({ clear }, { req }) => {
    const hasBody = Number(req.headers['content-length'] ?? 0) > 0 || req.headers['transfer-encoding'] !== undefined
    clear(hasBody ? readIds(await readJson(req)) : undefined)
    return { json: {} }
  },
  'POST /api/explain': async ({ store, explain }, { req }) => {
    for (const id of readIds(await readJson(req))) {
      const capture = store.get(id)
      if (capture !== undefined) explain(capture, false)
    }
    return { json: {} }
  },
  'GET /api/captures/:id': ({ store, explain, settle }, { id }) => {
    const capture = find(store, id)
    // A rejection is explained when it is opened.
    const searching = explain(capture, true)
    return { json: { ...viewCapture(settle(capture)), searching } satisfies CaptureView }
  },
  'GET /api/captures/:id/copy': ({ store }, { id, query }) => {
    const form = choose(query.get('as'), 'as', copyForms)
    return { bytes: writeCopy(form, hideCredentials(find(store, id))), type: 'text/plain; charset=utf-8' }
  },
  'POST /api/captures/:id/replay': async ({ store, sender }, { id, left }) => ({
    json: await sender.replay(find(store, id), left),
  }),
  'POST /api/captures/:id/resign': async ({ store, sender }, { id, req, left }) => {
    const input = readResignInput(await readJson(req))
    return { json: await sender.resign(find(store, id), input, left) }
  },
  'POST /api/send': async ({ sender }, { req, left }) => ({
    json: await sender.send(readSendInput(await readJson(req)), left),
  }),
  'POST /api/calls': async ({ calls }, { req }) => ({ json: calls.start(readCallInput(await readJson(req))) }),
  'GET /api/calls/:id': ({ calls }, { id }) => ({ json: calls.find(id).view }),
  'POST /api/calls/:id/press': takeStep('press'),
  'POST /api/calls/:id/say': takeStep('say'),
  'POST /api/calls/:id/wait': takeStep('wait'),
  'POST /api/calls/:id/answer': takeStep('answer'),
  'POST /api/calls/:id/hangup': takeStep('hangup'),
  'POST /api/import': async ({ importCaptures }, { req }) => ({ json: await importCaptures(await readFile(req)) }),
  'GET /api/export': ({ store }, { query }) => {
    const id = query.get('id')
    const chosen = (id === null ? store.all() : [find(store, id)]).map(hideCredentials)
    const format = choose(query.get('format') ?? 'capture', 'format', Object.keys(exportFormats) as ExportFormat[])
    const file = `tollgate-captures.${exportFormats[format][1]}`
    return { bytes: writeExport(format, chosen), type: 'application/json', file }
  },
}

/** Returns the handler of a request, or `undefined` for an unknown path. */
export function findRoute(
  req: IncomingMessage,
  url: URL,
  left: AbortSignal,
): ((workshop: Workshop) => Reply | Promise<Reply>) | undefined {
  const id = /^\/api\/(?:captures|calls)\/([\w-]{1,80})(?=\/|$)/.exec(url.pathname)?.[1]
  const path = id === undefined ? url.pathname : url.pathname.replace(id, ':id')
  const key = `${req.method} ${path}`
  const handler = Object.hasOwn(routes, key) ? routes[key] : undefined
  return handler && ((workshop) => handler(workshop, { id: id ?? '', query: url.searchParams, req, left }))
}

function choose<Name extends string>(given: string | null, field: string, names: readonly Name[]): Name {
  const chosen = names.find((name) => name === given)
  if (chosen !== undefined) return chosen
  throw new HttpError(400, `"${field}" must be one of ${names.join(', ')}.`)
}

function find(store: CaptureStore, id: string): Capture {
  const capture = store.get(id)
  if (capture === undefined) throw new HttpError(404, 'This capture no longer exists.')
  return capture
}
