import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { CaptureSummary, CaptureView } from '../shared/capture.ts'
import { copyCapture, replayCapture, select } from './actions.ts'
import { AnswerView } from './answer-view.tsx'
import { BodyView } from './body-view.tsx'
import { Boundary } from './boundary.tsx'
import { Diagnosis } from './diagnosis.tsx'
import { describeOutcome, formatDuration, formatTime, nameOrigin } from './format.ts'
import { Pairs } from './pairs.tsx'
import { SafeText } from './safe-text.tsx'
import { Signing } from './signing.tsx'
import { dialog, info } from './state.ts'

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
  return (
    <details class="section" open>
      <summary>
        <h3>Parameters</h3>
        <span class="muted">{params.length}</span>
      </summary>
      <Pairs
        pairs={params}
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

/** Shows who wrote to whom, and what. */
function Message({ summary: { from, to, body } }: { summary: CaptureSummary }) {
  if (from === undefined && to === undefined && body === undefined) return null
  return (
    <p class="message">
      {from !== undefined && (
        <span>
          From <SafeText text={from} class="party" />
        </span>
      )}
      {to !== undefined && (
        <span>
          To <SafeText text={to} class="party" />
        </span>
      )}
      {body !== undefined && (
        <q class="words">
          <SafeText text={body} />
        </q>
      )}
    </p>
  )
}

function Head({ capture }: { capture: CaptureView }) {
  const { summary } = capture
  const { word, tone } = describeOutcome(summary)
  const origin = nameOrigin(capture)
  const back = useRef<HTMLButtonElement>(null)
  // Only a narrow page has this button. There, the list that had the focus is hidden now.
  useEffect(() => back.current?.focus(), [])
  return (
    <header class="detail-head">
      <button ref={back} type="button" class="link back" onClick={() => select(undefined)}>
        ← List
      </button>
      <h2>
        <span class="method">{capture.method}</span> <SafeText text={capture.target} limit={300} />
      </h2>
      <Message summary={summary} />
      <p class="facts-line">
        <span class={`verdict ${tone}`}>{word}</span>
        <span>{capture.kind ?? 'webhook'}</span>
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
      <div class="actions">
        <button type="button" onClick={() => void replayCapture(capture.id)}>
          Replay
        </button>
        <button
          type="button"
          onClick={() => {
            dialog.value = 'edit'
          }}
        >
          Edit and re-sign
        </button>
        <span class="group">
          <span class="muted">Copy as</span>
          {info.value?.copyForms.map((form) => (
            <button key={form.name} type="button" onClick={() => void copyCapture(capture.id, form)}>
              {form.label}
            </button>
          ))}
        </span>
        <a class="button" href={`/api/export?format=har&id=${capture.id}`} download="tollgate-capture.har">
          Export
        </a>
      </div>
    </header>
  )
}
