import { useEffect, useState } from 'preact/hooks'
import type { CaptureSummary } from '../shared/capture.ts'
import { showHidden } from '../shared/visible-text.ts'
import { rowId, select } from './actions.ts'
import { describeOutcome, formatDuration, formatTime, nameOrigin } from './format.ts'
import { captures, selectedId, shown } from './state.ts'

const step = 200
const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

/** The list is one stop for the Tab key. The arrow keys move within it. */
export function CaptureList() {
  const [length, setLength] = useState(step)
  const list = shown.value.slice(0, length)
  const isListed = list.some(({ id }) => id === selectedId.value)
  const stop = isListed ? selectedId.value : list[0]?.id

  // A capture that the address names may be far down.
  useEffect(() => {
    if (isListed) document.querySelector('.row[aria-current="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [isListed, selectedId.value])

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
  const { word, tone } = describeOutcome(one)
  const origin = nameOrigin(one)
  const kind = showHidden(one.kind ?? 'webhook')
  const hasParties = one.from !== undefined || one.to !== undefined
  return (
    <button
      type="button"
      id={rowId(one.id)}
      class={`row ${tone}`}
      tabIndex={stop ? 0 : -1}
      aria-current={current}
      onClick={() => select(one.id)}
    >
      <span class="row-main">
        <span class="who">{hasParties ? <Parties one={one} /> : <bdi>{kind}</bdi>}</span>
        <span class="words">{one.body !== undefined && <bdi>{showHidden(one.body)}</bdi>}</span>
        <span class={`verdict ${tone}`}>{word}</span>
        <span class={`status ${tone}`} title="Status of the answer">
          {one.status ?? '–'}
        </span>
      </span>
      <span class="row-more">
        <time class="num">{formatTime(one.time)}</time>
        {origin !== '' && <span class="chip">{origin}</span>}
        {hasParties && <bdi class="kind">{kind}</bdi>}
        <bdi class="where">{showHidden(`${one.method} ${one.target}`)}</bdi>
        {tone !== 'bad' && <span class="num duration">{formatDuration(one.durationMs)}</span>}
      </span>
      {tone === 'bad' && <Reason one={one} />}
    </button>
  )
}

function Parties({ one: { from, to } }: { one: CaptureSummary }) {
  return (
    <>
      {from !== undefined && <bdi>{showHidden(from)}</bdi>}
      {to !== undefined && (
        <>
          {' → '}
          <bdi>{showHidden(to)}</bdi>
        </>
      )}
    </>
  )
}

/** Names the most likely cause of a rejection. A list with room for it shows the code before. */
function Reason({ one: { code, cause } }: { one: CaptureSummary }) {
  const name = code === 'none' ? 'before verification' : code
  return (
    <span class="reason" title={name}>
      {cause !== undefined && cause !== code && <span class="code">{name}: </span>}
      {cause ?? name}
    </span>
  )
}
