import { type CopyForm, isCaptureId, type SendResult } from '../shared/api.ts'
import { clearCaptures, fetchCapture, fetchCopy, fetchInfo, importFile, replay } from './requests.ts'
import { detail, dialog, info, problem, selectedId, toast } from './state.ts'

let hideToast: ReturnType<typeof setTimeout> | undefined

/** Shows a message. A failure stays until the next message. */
function say(text: string, failed = false): void {
  clearTimeout(hideToast)
  toast.value = { text, failed }
  if (!failed)
    hideToast = setTimeout(() => {
      toast.value = undefined
    }, 4_000)
}

/** Runs work that may fail, and shows its error. */
export async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    say(nameError(error), true)
  }
}

function nameError(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.'
}

/**
 * Puts the selected capture into the address bar: `#capture=ID`. The browser's Back button, a
 * reload and a copied address then show the same capture.
 */
export function select(id: string | undefined): void {
  const address = id === undefined ? location.pathname : `#${new URLSearchParams({ capture: id })}`
  if (id !== selectedId.value) history.pushState(undefined, '', address)
  showAddress()
}

/** Shows the capture of the address bar, now and whenever the address changes. */
export function followAddress(): void {
  // Back, forward and an edited address.
  addEventListener('popstate', showAddress)
  showAddress()
}

function showAddress(): void {
  const named = new URLSearchParams(location.hash.slice(1)).get('capture') || undefined
  const id = named !== undefined && isCaptureId(named) ? named : undefined
  const before = selectedId.value
  selectedId.value = id
  problem.value = undefined
  if (named !== id) say('The address does not name a webhook.', true)
  if (detail.value?.id !== id) detail.value = undefined
  if (id !== undefined) void refreshDetail(id)
  // On a narrow page the list takes the place of the capture. The focus must not be lost.
  else if (before !== undefined) setTimeout(() => document.getElementById(rowId(before))?.focus())
}

/** Returns the HTML id of a capture's row. */
export const rowId = (id: string) => `row-${id}`

/** Fetches a capture again, if the page still shows it. */
export async function refreshDetail(id: string): Promise<void> {
  if (selectedId.value !== id) return
  try {
    const fetched = await fetchCapture(id)
    if (selectedId.value === id) detail.value = fetched
  } catch (error) {
    if (selectedId.value === id) problem.value = nameError(error)
  }
}

export const refreshInfo = () =>
  attempt(async () => {
    info.value = await fetchInfo()
  })

/** Shows the result of a request that was sent. */
export function showResult({ id, status }: SendResult, what: string): void {
  dialog.value = undefined
  say(`${what}: the answer was ${status}.`)
  if (id !== undefined) select(id)
}

export const replayCapture = (id: string) => attempt(async () => showResult(await replay(id), 'Sent again'))

export const copyCapture = (id: string, form: CopyForm) =>
  attempt(async () => {
    await navigator.clipboard.writeText(await fetchCopy(id, form.name))
    say(`Copied as ${form.label}.`)
  })

export const copyLine = (line: string, what: string) =>
  attempt(async () => {
    await navigator.clipboard.writeText(line)
    say(`Copied the ${what}.`)
  })

export const clearAll = () =>
  attempt(async () => {
    await clearCaptures()
    select(undefined)
    say('The list was cleared.')
  })

export const importCaptures = (file: File) =>
  attempt(async () => {
    const { imported, refused } = await importFile(file)
    const [first] = refused
    say(
      first === undefined
        ? `${imported} imported.`
        : `${imported} imported, ${refused.length} skipped (entry ${first.entry}: ${first.reason}).`,
      refused.length > 0,
    )
  })
