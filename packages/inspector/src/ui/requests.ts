import type {
  CallInput,
  CallSteps,
  CallView,
  CopyForm,
  ImportResult,
  ResignInput,
  RunInfo,
  SendInput,
  SendResult,
} from '../shared/api.ts'
import type { CaptureView } from '../shared/capture.ts'
import { endedText } from './labels.ts'

/** The page's requests to its server. Each rejects with an Error whose message is for the user. */
export const fetchInfo = () => ask<RunInfo>('/api/info')
export const fetchCapture = (id: string) => ask<CaptureView>(`/api/captures/${id}`)
export const sendTest = (input: SendInput, signal: AbortSignal) => post<SendResult>('/api/send', input, signal)
export const replay = (id: string, signal: AbortSignal) => post<SendResult>(`/api/captures/${id}/replay`, {}, signal)
export const resign = (id: string, input: ResignInput, signal: AbortSignal) =>
  post<SendResult>(`/api/captures/${id}/resign`, input, signal)
export const startCall = (input: CallInput, signal: AbortSignal) => post<CallView>('/api/calls', input, signal)
export const fetchCall = (id: string) => ask<CallView>(`/api/calls/${id}`)
export const sendStep = <Name extends keyof CallSteps>(id: string, name: Name, step: CallSteps[Name]) =>
  // A page that is left still sends it.
  ask<CallView>(`/api/calls/${id}/${name}`, { method: 'POST', body: JSON.stringify(step), keepalive: true, ...json })
export const explainRows = (ids: readonly string[]) =>
  ask<unknown>('/api/explain', { method: 'POST', body: JSON.stringify({ ids }), ...json })
export const clearCaptures = (ids?: readonly string[]) =>
  ask<unknown>('/api/captures', {
    method: 'DELETE',
    ...(ids !== undefined && { body: JSON.stringify({ ids }), ...json }),
  })

export const fetchCopy = async (id: string, form: CopyForm) =>
  (await request(`/api/captures/${id}/copy?as=${form}`)).text()
export const fetchFile = async (address: string) => (await request(address)).blob()

export async function importFile(file: Blob): Promise<ImportResult> {
  return ask('/api/import', { method: 'POST', body: file, ...json })
}

const json = { headers: { 'content-type': 'application/json' } }

function post<T>(path: string, body: unknown, signal: AbortSignal): Promise<T> {
  return ask(path, { method: 'POST', body: JSON.stringify(body), signal, ...json })
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await request(path, init)).json()
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, init).catch(() => {
    throw new Error('The inspector does not answer. Is it still running?')
  })
  if (!response.ok) throw new Error(response.status === 401 ? endedText : await response.text())
  return response
}
