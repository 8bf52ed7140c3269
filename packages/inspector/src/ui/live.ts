import type { CaptureSummary } from '../shared/capture.ts'
import { refreshDetail } from './actions.ts'
import { captures, connection } from './state.ts'

/** Keeps the list up to date. The browser reconnects by itself and then receives the whole list. */
export function followEvents(): void {
  const source = new EventSource('/api/events')
  source.onopen = () => {
    connection.value = 'live'
  }
  source.onerror = () => {
    connection.value = 'lost'
  }
  source.addEventListener('list', ({ data }) => {
    captures.value = JSON.parse(data)
  })
  source.addEventListener('capture', ({ data }) => {
    const one: CaptureSummary = JSON.parse(data)
    const known = captures.value.some(({ id }) => id === one.id)
    captures.value = known
      ? captures.value.map((other) => (other.id === one.id ? one : other))
      : [one, ...captures.value]
    if (known) void refreshDetail(one.id)
  })
  source.addEventListener('removed', ({ data }) => {
    const removed = new Set<string>(JSON.parse(data))
    captures.value = captures.value.filter(({ id }) => !removed.has(id))
  })
}
