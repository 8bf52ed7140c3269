import type { CapturedResponse, CaptureView, TwimlElement } from '../shared/capture.ts'
import { Pairs } from './pairs.tsx'
import { OriginalText, SafeText } from './safe-text.tsx'

export function AnswerView({ capture }: { capture: CaptureView }) {
  const { response } = capture
  if (response === undefined)
    return capture.origin === 'imported' ? null : (
      <section class="section">
        <h3>Answer</h3>
        <p class="muted">No answer was sent: the connection ended first.</p>
      </section>
    )
  return (
    <details class="section" open>
      <summary>
        <h3>Answer</h3>
        <span class="muted">
          {response.status} by {response.by === 'upstream' ? 'your application' : 'the gateway'}
        </span>
      </summary>
      <Findings findings={capture.findings} />
      <AnswerBody response={response} tree={capture.twiml} />
      <details class="inner">
        <summary>Headers of the answer ({response.headers.length})</summary>
        <Pairs pairs={response.headers} names="Header" none="No headers." />
      </details>
    </details>
  )
}

/** Shows what Twilio would report, with the page about each code. */
function Findings({ findings }: Pick<CaptureView, 'findings'>) {
  if (findings.length === 0) return null
  return (
    <ul class="stack">
      {findings.map(({ code, level, detail }) => (
        <li key={code} class={`finding ${level === 'error' ? 'bad' : 'failed'}`}>
          Twilio would report{level === 'warning' && ' the warning'}{' '}
          <a href={`https://www.twilio.com/docs/api/errors/${code}`} target="_blank" rel="noreferrer">
            {code}
          </a>
          : <SafeText text={detail} />.
        </li>
      ))}
    </ul>
  )
}

function AnswerBody({ response, tree }: { response: CapturedResponse; tree: TwimlElement | undefined }) {
  const { body, bodyBase64, bodyTruncated } = response
  if (bodyBase64 !== undefined)
    return <p class="muted">The body is not text: {bodyBase64.length} characters of Base64.</p>
  if (body === undefined) return <p class="muted">No body.</p>
  return (
    <>
      {tree && (
        <div class="twiml">
          <Element element={tree} depth={0} />
        </div>
      )}
      <OriginalText text={body} isFolded={tree !== undefined} />
      {bodyTruncated && <p class="muted">Only the beginning of the body was kept.</p>}
    </>
  )
}

const maxDepth = 30

function Element({ element, depth }: { element: TwimlElement; depth: number }) {
  return (
    <div class="verb">
      <p class="flow">
        <strong class="verb-name">
          <SafeText text={element.name} limit={100} />
        </strong>
        {element.attributes.map(([name, value]) => (
          <code key={name} class="muted">
            <SafeText text={name} limit={100} />=<SafeText text={value} limit={200} />
          </code>
        ))}
        {element.children.length === 1 && typeof element.children[0] === 'string' && (
          <q class="words">
            <SafeText text={element.children[0]} />
          </q>
        )}
      </p>
      {!(element.children.length === 1 && typeof element.children[0] === 'string') &&
        element.children.map((child, index) =>
          typeof child === 'string' ? (
            <q key={index} class="words">
              <SafeText text={child} />
            </q>
          ) : depth < maxDepth ? (
            <Element key={index} element={child} depth={depth + 1} />
          ) : (
            <p key={index} class="muted">
              Deeper levels are not shown.
            </p>
          ),
        )}
    </div>
  )
}
