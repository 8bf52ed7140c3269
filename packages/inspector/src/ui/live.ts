import type { CaptureSummary } from '../shared/capture.ts'
import { showHidden } from '../shared/visible-text.ts'
import { refreshDetail, refreshInfo } from './actions.ts'
import { applyCallChange, refreshCall } from './call.ts'
import { describeOutcome } from './format.ts'
import { announcement, captures, connection, detail, isHeld, newIds, selectedId } from './state.ts'
import { followStream, type StreamMessage } from './stream.ts'

/** Keeps the list, the title and the announcements up to date. */
export function followEvents(): void {
  followStream({ apply, readList: () => ({ event: 'list', data: captures.value }) })
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) unseen = 0
    showTitle()
  })
  selectedId.subscribe(showTitle)
  selectedId.subscribe(() => remove([]))
  isHeld.subscribe(() => remove([]))
  detail.subscribe(showTitle)
  newIds.subscribe(showTitle)
}

function apply(message: StreamMessage): void {
  if ('connection' in message) {
    connection.value = message.connection === 'ended' ? { state: 'ended' } : { ...message, state: 'reconnecting' }
    return
  }
  if (message.event === 'list') {
    // A new run can have other addresses and another application.
    if (connection.value.state !== 'live') void refreshInfo()
    connection.value = { state: 'live' }
    showList(message.data)
    // Events may have been lost before.
    void refreshCall()
  } else if (message.event === 'removed') remove(message.data)
  else if (message.event === 'call') applyCallChange(message.data)
  else show(message.data)
}

function showList(list: readonly CaptureSummary[]): void {
  const known = new Set(captures.value.map(({ id }) => id))
  const waits = ({ id }: CaptureSummary) => newIds.value.has(id) || !known.has(id)
  newIds.value = new Set(isHeld.value ? list.filter(waits).map(({ id }) => id) : [])
  captures.value = list
  gone.clear()
}

function show(one: CaptureSummary): void {
  if (captures.value.some(({ id }) => id === one.id)) {
    captures.value = captures.value.map((other) => (other.id === one.id ? one : other))
    void refreshDetail(one.id)
    return
  }
  captures.value = [one, ...captures.value]
  if (isHeld.value) newIds.value = new Set([...newIds.value, one.id])
  if (document.hidden) unseen++
  last = one
  showTitle()
  if (describeOutcome(one).tone === 'bad') announce(one)
}

/** Rows of captures that the server no longer has. */
const gone = new Set<string>()

/**
 * Removes rows, but not the one that is open, and none above or below the pointer or the focus.
 */
function remove(ids: readonly string[]): void {
  for (const id of ids) gone.add(id)
  const { value: waiting } = newIds
  const stays = (id: string) => id === selectedId.value || (isHeld.value && !waiting.has(id))
  const removed = new Set([...gone].filter((id) => !stays(id)))
  if (removed.size === 0) return
  for (const id of removed) gone.delete(id)
  captures.value = captures.value.filter(({ id }) => !removed.has(id))
  if (waiting.size > 0) newIds.value = new Set([...waiting].filter((id) => !removed.has(id)))
}

/** Webhooks that arrived while the tab was hidden. */
let unseen = 0
let last: CaptureSummary | undefined

/** Shows new webhooks in the title, such as `(3) Tollgate – POST /sms refused`. */
function showTitle(): void {
  const count = Math.max(unseen, newIds.value.size)
  const subject = count > 0 ? last : selectedId.value === undefined ? undefined : detail.value?.summary
  document.title = `${count > 0 ? `(${count}) ` : ''}Tollgate${subject === undefined ? '' : ` – ${nameOutcome(subject)}`}`
}

function nameOutcome(one: CaptureSummary): string {
  return `${one.method} ${showHidden(one.target.replace(/\?.*$/s, ''))} ${describeOutcome(one).word}`
}

const msBetween = 3_000
let refused = 0

/** Announces refusals to screen readers: one sentence for all that arrive together. */
function announce(one: CaptureSummary): void {
  refused++
  if (refused > 1) return
  setTimeout(() => {
    announcement.value = refused === 1 ? nameOutcome(one) : `${refused} webhooks refused`
    refused = 0
  }, msBetween)
}
