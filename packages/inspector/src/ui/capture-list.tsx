import { Fragment } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CaptureSummary } from '../shared/capture.ts'
import { showHidden } from '../shared/visible-text.ts'
import { rowId, select } from './actions.ts'
import { Arrow } from './arrow.tsx'
import { describeOutcome, formatDuration, formatTime, nameOrigin } from './format.ts'
import { nameKind, nameResult } from './labels.ts'
import { explainInView } from './rows-in-view.ts'
import { captures, connection, current, isHeld, newIds, selectedId, shown } from './state.ts'

const step = 200

/** The keys that move the focus in the list: from which row to which. */
const moves: Readonly<Record<string, (at: number, length: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_, length) => length - 1,
}

/** The list is one stop for the Tab key. The arrow keys, Home and End move within it. */
export function CaptureList() {
  const [length, setLength] = useState(step)
  const hold = useHold(shown.value.length === 0)
  const list = shown.value.slice(0, length)
  const isListed = list.some(({ id }) => id === selectedId.value)
  // The open webhook keeps its row, however many came after it.
  const apart = isListed ? undefined : current.value
  const stop = isListed ? selectedId.value : (list[0] ?? apart)?.id

  // A capture that the address names may be far down. Later, only the user scrolls.
  const scrolled = useRef<string | undefined>(undefined)
  // As of this render: the effect may run when the state is already the next one, but the rows are not.
  const isLoading = connection.value.state === 'loading'
  useEffect(() => {
    const row = document.querySelector('.row[aria-current="true"]')
    if (row !== null && scrolled.current !== selectedId.value) row.scrollIntoView({ block: 'nearest' })
    // Until the list has come, the row stands where it does not stay.
    scrolled.current = row === null || isLoading ? undefined : selectedId.value
  }, [isListed, apart?.id, selectedId.value, isLoading])

  const move = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.row')]
    const to = moves[event.key]?.(rows.indexOf(document.activeElement as HTMLElement), rows.length)
    if (to === undefined) return
    event.preventDefault()
    rows[to]?.focus()
  }
  if (list.length === 0 && apart === undefined) return <Nothing />
  return (
    <div class="scroll" {...hold}>
      {newIds.value.size > 0 && (
        <button type="button" class="new-rows primary" onClick={({ currentTarget }) => showNew(currentTarget)}>
          {newIds.value.size.toLocaleString('en')} new ↑
        </button>
      )}
      <ul class="captures" onKeyDown={move}>
        {list.map((one) => (
          <li key={one.id}>
            <Row one={one} stop={one.id === stop} />
          </li>
        ))}
        {apart !== undefined && (
          <li key={apart.id} class="apart">
            <Row one={apart} stop={apart.id === stop} />
          </li>
        )}
      </ul>
      {shown.value.length > length && (
        <button type="button" class="link more" onClick={() => setLength(length + step)}>
          Show {Math.min(step, shown.value.length - length)} more
        </button>
      )}
    </div>
  )
}

/** Shows the rows that wait, and gives the focus to the first one: the button goes away. */
function showNew(button: HTMLElement): void {
  const list = button.parentElement
  newIds.value = new Set()
  setTimeout(() => {
    list?.scrollTo({ top: 0 })
    list?.querySelector<HTMLElement>('.row')?.focus()
  })
}

/**
 * Holds new rows back while the pointer or the focus is in the list. An empty list is not drawn, so
 * that nothing could leave it.
 */
function useHold(isEmpty: boolean) {
  const inside = useRef({ pointer: false, focus: false })
  const change = (changed: Partial<typeof inside.current>) => {
    Object.assign(inside.current, changed)
    isHeld.value = inside.current.pointer || inside.current.focus
    if (!isHeld.value) newIds.value = new Set()
  }
  useEffect(() => {
    if (isEmpty) change({ pointer: false, focus: false })
    return () => change({ pointer: false, focus: false })
  }, [isEmpty])
  return {
    onPointerEnter: () => change({ pointer: true }),
    onPointerLeave: () => change({ pointer: false }),
    onFocusIn: () => change({ focus: true }),
    onFocusOut: ({ currentTarget, relatedTarget }: FocusEvent & { currentTarget: HTMLElement }) =>
      change({ focus: relatedTarget instanceof Node && currentTarget.contains(relatedTarget) }),
  }
}

function Nothing() {
  if (captures.value.length > 0) return <p class="nothing">No webhook matches these filters.</p>
  if (connection.value.state === 'loading') return <p class="nothing loading">Loading…</p>
  return <p class="nothing">No webhook has arrived yet.</p>
}

function Row({ one, stop }: { one: CaptureSummary; stop: boolean }) {
  const { word, tone } = describeOutcome(one)
  const origin = nameOrigin(one)
  const kind = showHidden(nameKind(one))
  const row = useRef<HTMLButtonElement>(null)
  const isUnexplained =
    tone === 'bad' && one.code !== 'none' && one.causeName === undefined && one.signedWith !== 'random'
  useEffect(() => (isUnexplained && row.current ? explainInView(row.current) : undefined), [isUnexplained])
  const parties = [one.from, one.to].flatMap((party) => (party === undefined ? [] : [showHidden(party)]))
  return (
    <button
      ref={row}
      type="button"
      id={rowId(one.id)}
      class={`row ${tone}`}
      tabIndex={stop ? 0 : -1}
      aria-current={one.id === selectedId.value}
      onClick={() => select(one.id)}
    >
      <span class="row-main">
        <span class="who">
          {parties.length === 0
            ? kind
            : parties.map((party, index) => (
                <Fragment key={index}>
                  {index > 0 && (
                    <>
                      {' '}
                      <Arrow />{' '}
                    </>
                  )}
                  <bdi>{party}</bdi>
                </Fragment>
              ))}
        </span>
        <bdi class="words" dir="auto">
          {one.body !== undefined && showHidden(one.body)}
        </bdi>
        <span class="sr">{word}</span>
        <span class={`verdict ${tone}`}>{nameResult(one)}</span>
      </span>
      <span class="row-more">
        <time class="num">{formatTime(one.time)}</time>
        {origin !== '' && <span class="chip">{origin}</span>}
        {parties.length > 0 && <span class="kind">{kind}</span>}
        <bdi class="where" dir="ltr">
          {showHidden(`${one.method} ${one.target}`)}
        </bdi>
        <span class="num duration">{formatDuration(one.durationMs)}</span>
      </span>
    </button>
  )
}
