import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { copyForms } from '../shared/api.ts'
import type { CaptureSummary, CaptureView } from '../shared/capture.ts'
import { splitMainParams } from '../shared/main-params.ts'
import { copyCapture, replayCapture, select } from './actions.ts'
import { AnswerView } from './answer-view.tsx'
import { Arrow } from './arrow.tsx'
import { BodyView } from './body-view.tsx'
import { Boundary } from './boundary.tsx'
import { Diagnosis } from './diagnosis.tsx'
import { describeOutcome, formatDuration, formatTime, nameOrigin } from './format.ts'
import { nameKind, nameResult } from './labels.ts'
import { Item, Menu, SaveItems } from './menu.tsx'
import { Pairs } from './pairs.tsx'
import { SafeText } from './safe-text.tsx'
import { Signing } from './signing.tsx'
import { dialog, focusNext, opens, sending } from './state.ts'

export function Detail({ capture }: { capture: CaptureView }) {
  return (
    <article class="detail">
      <Boundary part="The head of this webhook">
        <Head capture={capture} />
      </Boundary>
      {parts.map(([part, Part]) => (
        <Boundary key={part} part={part}>
          <Part capture={capture} />
        </Boundary>
      ))}
    </article>
  )
}

/** The parts of a capture below its head, from the top. */
const parts: readonly (readonly [part: string, Part: (props: { capture: CaptureView }) => JSX.Element | null])[] = [
  ['The diagnosis', Diagnosis],
  ['The answer', AnswerView],
  ['The parameters', Params],
  ['The signed text', Signing],
  ['The headers', Headers],
  ['The body', BodyView],
]

function Params({ capture: { params, unread } }: { capture: CaptureView }) {
  // Body, From and To come first.
  const { main, others } = splitMainParams(params)
  return (
    <details class="section" open>
      <summary>
        <h3>Parameters</h3>
        <span class="muted">{params.length}</span>
      </summary>
      <Pairs
        pairs={[...main, ...others]}
        names="Parameter"
        none={unread ? 'The request was refused before its body was read.' : 'No parameters.'}
      />
    </details>
  )
}

function Headers({ capture: { headers } }: { capture: CaptureView }) {
  return (
    <details class="section">
      <summary>
        <h3>Headers</h3>
        <span class="muted">{headers.length}</span>
      </summary>
      <Pairs pairs={headers} names="Header" none="No headers." />
    </details>
  )
}

function Head({ capture }: { capture: CaptureView }) {
  const { summary } = capture
  const { tone, word } = describeOutcome(summary)
  const origin = nameOrigin(capture)
  return (
    <header class="detail-head stack">
      <BackButton />
      <div class="title flow">
        <h2>
          <span class="muted">{capture.method}</span> <SafeText text={capture.target} limit={200} isUrl />
        </h2>
        <span class={`chip ${tone}`}>
          <span class="sr">{word}: </span>
          {nameResult(summary)}
        </span>
      </div>
      <Message summary={summary} />
      <p class="facts-line flow small">
        <span>{nameKind(summary)}</span>
        {origin !== '' && <span class="chip">{origin}</span>}
        <time class="num">{formatTime(capture.time)}</time>
        {capture.durationMs !== undefined && <span class="num">{formatDuration(capture.durationMs)}</span>}
        {capture.response && (
          <span>
            answered <strong>{capture.response.status}</strong> by{' '}
            {capture.response.by === 'upstream' ? 'your application' : 'the gateway'}
          </span>
        )}
      </p>
      <div class="actions flow small">
        <EditButton />
        <ReplayButton id={capture.id} />
        <Menu label="Copy">
          {copyForms.map((form) => (
            <Item key={form} onClick={() => void copyCapture(capture.id, form)}>
              Copy as {form}
            </Item>
          ))}
          <SaveItems words="Save as" id={capture.id} />
        </Menu>
      </div>
    </header>
  )
}

function BackButton() {
  const back = useRef<HTMLButtonElement>(null)
  // Only a narrow page has this button. There, the list that had the focus is hidden now.
  useEffect(() => {
    if (focusNext.value === undefined) back.current?.focus()
  }, [])
  return (
    <button ref={back} type="button" class="link back" onClick={() => select(undefined)}>
      ← List
    </button>
  )
}

/** Keeps the focus on a button in the capture that it made. */
function useKeptFocus(name: 'replay' | 'edit') {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (focusNext.value !== name) return
    button.current?.focus()
    focusNext.value = undefined
  }, [])
  return button
}

function EditButton() {
  const button = useKeptFocus('edit')
  return (
    <button ref={button} type="button" onClick={opens('edit')}>
      Edit and re-sign
    </button>
  )
}

/** Replays, once at a time. */
function ReplayButton({ id }: { id: string }) {
  const button = useKeptFocus('replay')
  const { value } = sending
  const isBusy = value !== undefined && dialog.value === undefined
  return (
    <>
      <button ref={button} type="button" aria-disabled={isBusy} onClick={() => void replayCapture(id)}>
        {isBusy ? 'Replaying…' : 'Replay'}
      </button>
      {isBusy && (
        <button type="button" onClick={value.cancel}>
          Cancel
        </button>
      )}
    </>
  )
}

/** Shows what was written, and who wrote to whom. */
function Message({ summary: { from, to, body } }: { summary: CaptureSummary }) {
  if (from === undefined && to === undefined && body === undefined) return null
  return (
    <div class="message">
      {body !== undefined && (
        <p class="words" dir="auto">
          <SafeText text={body} />
        </p>
      )}
      <p>
        {from !== undefined && <SafeText text={from} class="party" />}
        {to !== undefined && (
          <>
            {' '}
            <Arrow /> <SafeText text={to} class="party" />
          </>
        )}
      </p>
    </div>
  )
}
