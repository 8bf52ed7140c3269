import { type CopyForm, type ExportFormat, exportFormats, isCaptureId, type SendResult } from '../shared/api.ts'
import { clearCaptures, fetchCapture, fetchCopy, fetchFile, fetchInfo, importFile, replay } from './requests.ts'
import { detail, dialog, focusNext, info, matching, problem, selectedId, sending, toast, uncopied } from './state.ts'

let hideToast: ReturnType<typeof setTimeout> | undefined

/** Shows a message. A failure, or one with a button, stays until the next message. */
function say(text: string, failed = false, id?: string): void {
  clearTimeout(hideToast)
  toast.value = { text, failed, id }
  if (!failed && id === undefined)
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

/**
 * Sends a request, one at a time, until the user cancels it. If the user has moved on when the
 * answer arrives, the page only offers to show it.
 * @param button the button of a capture that sends it, which keeps the focus in the new capture
 */
export async function sendOne(
  what: string,
  send: (signal: AbortSignal) => Promise<SendResult>,
  button?: 'replay' | 'edit',
): Promise<void> {
  if (sending.value !== undefined) return
  const controller = new AbortController()
  sending.value = { cancel: () => controller.abort() }
  const before = { id: selectedId.value, dialog: dialog.value }
  try {
    const { id, status } = await send(controller.signal)
    const isWaiting = selectedId.value === before.id && dialog.value === before.dialog
    if (isWaiting) dialog.value = undefined
    say(`${what}: the answer was ${status}.`, false, isWaiting ? undefined : id)
    if (isWaiting && id !== undefined) {
      focusNext.value = button
      select(id)
    }
  } catch (error) {
    if (controller.signal.aborted) say('Cancelled. The request may have arrived.')
    else say(nameError(error), true)
  } finally {
    sending.value = undefined
  }
}

export const replayCapture = (id: string) => sendOne('Sent again', (signal) => replay(id, signal), 'replay')

/** Copies a text. If the browser refuses, a dialog shows the text to copy. */
async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    uncopied.value = { text, what }
    dialog.value = 'copy'
    return
  }
  say(`Copied ${what}.`)
}

export const copyCapture = (id: string, form: CopyForm) =>
  attempt(async () => copyText(await fetchCopy(id, form), `as ${form}`))

export const copyLine = (line: string, what: string) => attempt(() => copyText(line, `the ${what}`))

/**
 * Saves one capture, or all, as a file. If the server refuses, the page says why: with a link alone,
 * the browser would show or save the refusal.
 */
export const saveFile = (format: ExportFormat, id?: string) =>
  attempt(async () => {
    const file = await fetchFile(`/api/export?format=${format}${id === undefined ? '' : `&id=${id}`}`)
    const href = URL.createObjectURL(file)
    const download = `tollgate-captures.${exportFormats[format][1]}`
    Object.assign(document.createElement('a'), { href, download }).click()
    // The browser reads it after the click.
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
  })

/** Deletes all captures, or only those that the filters let through. */
export const clearShown = (isFiltered: boolean) =>
  attempt(async () => {
    const ids = isFiltered ? matching.value.map(({ id }) => id) : undefined
    await clearCaptures(ids)
    dialog.value = undefined
    if (ids === undefined || ids.includes(selectedId.value ?? '')) select(undefined)
    say(ids === undefined ? 'The list was cleared.' : `${ids.length} deleted.`)
  })

export const importCaptures = (file: Blob) =>
  attempt(async () => {
    const { imported, refused, copyNote } = await importFile(file)
    const [first] = refused
    if (imported === 0 && first === undefined)
      throw new Error('It has no requests. Give a curl command, a raw HTTP request, HAR or JSON.')
    dialog.value = undefined
    const skipped = first === undefined ? '' : `, ${refused.length} skipped (entry ${first.entry}: ${first.reason})`
    const changed = copyNote === undefined ? '' : `, as a copy ${copyNote}`
    say(`${imported} imported${skipped}${changed}.`, refused.length > 0 || changed !== '')
  })
