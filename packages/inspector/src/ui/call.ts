import type { CallChange, CallInput, CallSteps, CallView } from '../shared/api.ts'
import { attempt } from './actions.ts'
import { fetchCall, sendStep, startCall } from './requests.ts'
import { call, sending } from './state.ts'

/** Starts a call, which this tab then shows. */
export async function placeCall(input: CallInput): Promise<void> {
  if (sending.value !== undefined) return
  const controller = new AbortController()
  sending.value = { cancel: () => controller.abort() }
  await attempt(async () => {
    call.value = await startCall(input, controller.signal)
  })
  sending.value = undefined
  // The events of its first moments may have come before its id was known.
  await refreshCall()
}

/** Does what the caller does next. */
export async function takeStep<Name extends keyof CallSteps>(name: Name, step: CallSteps[Name]): Promise<void> {
  const { value: before } = call
  if (before === undefined || before.state === 'over' || (before.state !== 'waiting' && name !== 'hangup')) return
  call.value = { ...before, state: 'working' }
  await attempt(async () => {
    try {
      applyCall(await sendStep(before.id, name, step))
    } catch (error) {
      await refreshCall()
      throw error
    }
  })
}

/** Fetches the whole call again. If the server no longer has it, it is over. */
export async function refreshCall(): Promise<void> {
  const { value: before } = call
  if (before === undefined || before.state === 'over') return
  try {
    applyCall(await fetchCall(before.id))
  } catch {
    if (call.value?.id === before.id) call.value = { ...call.value, state: 'over' }
  }
}

/** Adds the new lines of an event. */
export function applyCallChange({ at, lines, ...facts }: CallChange): void {
  const { value: before } = call
  if (before?.id !== facts.id) return
  if (at > before.lines.length) void refreshCall()
  else applyCall({ ...facts, lines: [...before.lines.slice(0, at), ...lines] })
}

/** Shows a state of the call, unless the page has a newer one: lines are only added. */
function applyCall(view: CallView): void {
  const { value: before } = call
  if (before?.id !== view.id || before.state === 'over' || view.lines.length < before.lines.length) return
  call.value = view
}

/** Hangs up when the page is closed or loaded again, because only this page shows the call. */
export function hangUpOnLeave(): void {
  addEventListener('pagehide', () => {
    void takeStep('hangup', {})
  })
}
