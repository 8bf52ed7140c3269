import { useState } from 'preact/hooks'
import type { CaptureSummary } from '../shared/capture.ts'
import { showHidden } from '../shared/visible-text.ts'
import { select } from './actions.ts'
import { describeCode, formatDuration, formatTime, originWords } from './format.ts'
import { captures, selectedId, shown } from './state.ts'

const step = 200
const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

/** The list is one stop for the Tab key. The arrow keys move within it. */
export function CaptureList() {
  const [length, setLength] = useState(step)
  const list = shown.value.slice(0, length)
  const stop = list.some(({ id }) => id === selectedId.value) ? selectedId.value : list[0]?.id

  const move = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.row')]
    const by = moves[event.key]
    if (by === undefined) return
    event.preventDefault()
    rows[rows.indexOf(document.activeElement as HTMLElement) + by]?.focus()
  }
  if (list.length === 0)
    return (
      <p class="nothing">
        {captures.value.length === 0 ? 'No webhook has arrived yet.' : 'No webhook matches these filters.'}
      </p>
    )
  return (
    <div class="scroll">
      <ul class="captures" onKeyDown={move}>
        {list.map((one) => (
          <li key={one.id}>
            <Row one={one} stop={one.id === stop} current={one.id === selectedId.value} />
          </li>
        ))}
      </ul>
      {shown.value.length > length && (
        <button type="button" class="link more" onClick={() => setLength(length + step)}>
          Show {Math.min(step, shown.value.length - length)} more
        </button>
      )}
    </div>
  )
}

function Row({ one, stop, current }: { one: CaptureSummary; stop: boolean; current: boolean }) {
  const { word, tone } = describeCode(one)
  return (
    <button
      type="button"
      class={`row ${tone}`}
      tabIndex={stop ? 0 : -1}
      aria-current={current}
      onClick={() => select(one.id)}
    >
      <span class="row-main">
        <bdi class="kind">{showHidden(one.kind ?? 'webhook')}</bdi>
        {originWords[one.origin] !== '' && <span class="chip">{originWords[one.origin]}</span>}
        {one.cause !== undefined && <span class="chip cause-chip">{one.cause}</span>}
        <span class={`verdict ${tone}`}>{word}</span>
        <span class="status" title="Status of the answer">
          {one.status ?? '–'}
        </span>
      </span>
      <span class="row-more">
        <time class="num">{formatTime(one.time)}</time>
        <span class="where">
          <bdi>{showHidden(`${one.method} ${one.target}`)}</bdi>
        </span>
        <span class="who">
          {one.from !== undefined && <bdi>{showHidden(one.from)}</bdi>}
          {one.to !== undefined && (
            <>
              {' → '}
              <bdi>{showHidden(one.to)}</bdi>
            </>
          )}
        </span>
        <span class="num duration">{formatDuration(one.durationMs)}</span>
      </span>
    </button>
  )
}
