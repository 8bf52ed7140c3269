import type { CopyForm, SendResult } from '../shared/api.ts'
import { clearCaptures, fetchCapture, fetchCopy, importFile, replay } from './requests.ts'
import { detail, dialog, selectedId, toast } from './state.ts'

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
    say(error instanceof Error ? error.message : 'Something went wrong.', true)
  }
}

/** Puts the selected capture into the address bar, so that the browser's Back button works. */
export function select(id: string | undefined): void {
  location.hash = id ?? ''
}

export function followAddress(): void {
  const show = () => {
    const id = decodeURIComponent(location.hash.slice(1)) || undefined
    selectedId.value = id
    if (detail.value?.id !== id) detail.value = undefined
    if (id !== undefined) void refreshDetail(id)
  }
  addEventListener('hashchange', show)
  show()
}

/** Fetches a capture again, if the page still shows it. */
export async function refreshDetail(id: string): Promise<void> {
  if (selectedId.value !== id) return
  await attempt(async () => {
    const fetched = await fetchCapture(id)
    if (selectedId.value === id) detail.value = fetched
  })
}

/** Shows the result of a request that was sent. */
export function showResult({ id, status }: SendResult, what: string): void {
  dialog.value = undefined
  say(`${what}: the answer was ${status}.`)
  if (id !== undefined) select(id)
}

export const replayCapture = (id: string) => attempt(async () => showResult(await replay(id), 'Sent again'))

const copied: Readonly<Record<CopyForm, string>> = {
  curl: 'Copied as a curl command.',
  test: 'Copied as a test.',
  fixture: 'Copied as a fixture.',
}

export const copyCapture = (id: string, form: CopyForm) =>
  attempt(async () => {
    await navigator.clipboard.writeText(await fetchCopy(id, form))
    say(copied[form])
  })

export const copyLine = (line: string) =>
  attempt(async () => {
    await navigator.clipboard.writeText(line)
    say('Copied the option.')
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
