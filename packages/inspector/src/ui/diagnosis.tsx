import type { CapturedCause, CaptureView } from '../shared/capture.ts'
import { copyLine } from './actions.ts'
import { covered } from './format.ts'
import { SafeText } from './safe-text.tsx'

/** Explains the verdict. For a refusal, the fix comes first. */
export function Diagnosis({ capture }: { capture: CaptureView }) {
  const { verdict, response } = capture
  if (verdict === undefined) return <Unverified by={response?.by} />
  if (verdict.ok)
    return (
      <section class="card good" aria-label="Verdict">
        <h3>{verdict.key.includes('throw-away') ? 'Accepted: a test of this run' : 'Twilio sent this'}</h3>
        <p>
          The signature covers {covered[verdict.covers]}. It was made with <strong>{verdict.key}</strong> (
          {verdict.algorithm.replace('_', '-')}
          ).
        </p>
        {verdict.accountSid !== undefined && (
          <p class="muted">
            Account <code>{verdict.accountSid}</code>
          </p>
        )}
        {verdict.replayed !== false && (
          <p>
            {verdict.replayed === true ? 'It was delivered before.' : 'It is unknown whether it was delivered before.'}
          </p>
        )}
      </section>
    )
  return (
    <section class="card bad" aria-label="Diagnosis">
      <Causes capture={capture} />
      <p class="why">
        <a href={`/codes/${verdict.code}`} target="_blank" rel="noreferrer">
          <strong>{verdict.code}</strong>
        </a>
        : {verdict.message}
      </p>
    </section>
  )
}

function Unverified({ by }: { by: string | undefined }) {
  const text =
    by === 'gateway'
      ? 'The gateway refused it before verification. See the answer below.'
      : 'It was imported, and this run has no key to verify it.'
  return (
    <section class="card" aria-label="Verdict">
      <h3>Not verified</h3>
      <p>{text}</p>
    </section>
  )
}

function Causes({ capture }: { capture: CaptureView }) {
  const { explanation } = capture
  const proven = explanation?.proven
  const causes = proven?.causes ?? explanation?.suspected ?? []
  const [first, ...others] = causes
  if (first === undefined) return <h3>Refused</h3>
  return (
    <>
      <h3>
        {proven ? 'The fix' : 'Try this'}
        <span class={`chip ${proven ? 'sure' : ''}`}>
          {proven ? 'proven: this makes the signature match' : 'likely, not proven'}
        </span>
      </h3>
      {proven?.setting !== undefined && <Setting line={proven.setting} />}
      {proven ? (
        causes.map((cause) => <Cause key={cause.id} cause={cause} />)
      ) : (
        <>
          <Cause cause={first} />
          {others.length > 0 && (
            <details class="others">
              <summary>
                {others.length} other possible {others.length === 1 ? 'cause' : 'causes'}
              </summary>
              {others.map((cause) => (
                <Cause key={cause.id} cause={cause} />
              ))}
            </details>
          )}
        </>
      )}
      {proven?.signedUrl !== undefined && proven.signedUrl !== capture.url && (
        <UrlDifference signed={proven.signedUrl} seen={capture.url} />
      )}
    </>
  )
}

/** Shows the option that mends the URL, with a button to copy it. */
function Setting({ line }: { line: string }) {
  return (
    <p class="setting">
      <code>
        <SafeText text={line} limit={600} />
      </code>
      <button type="button" aria-label="Copy the option" onClick={() => void copyLine(line)}>
        Copy
      </button>
    </p>
  )
}

function Cause({ cause }: { cause: CapturedCause }) {
  return (
    <div class="cause">
      <p class="fix">
        <SafeText text={cause.fix} />
      </p>
      <p class="cause-detail">
        <code>{cause.id}</code> <SafeText text={cause.detail} />
      </p>
    </div>
  )
}

/** Shows two URLs and marks the difference. */
function UrlDifference({ signed, seen }: { signed: string; seen: string }) {
  // A diagnosis masks values that may be texts or secrets. Then only the parts before the query can
  // be compared.
  const masked = signed.includes('‹')
  const [one, other] = masked ? [signed, seen].map((url) => url.replace(/\?.*$/s, '?…')) : [signed, seen]
  if (one === undefined || other === undefined || one === other) return null
  return (
    <dl class="facts">
      <dt>Twilio signed</dt>
      <dd>
        <MarkedUrl url={one} beside={other} />
      </dd>
      <dt>Your server saw</dt>
      <dd>
        <MarkedUrl url={other} beside={one} />
      </dd>
    </dl>
  )
}

/** Shows one URL and marks the part between the common beginning and the common end. */
function MarkedUrl({ url, beside }: { url: string; beside: string }) {
  const most = Math.min(url.length, beside.length)
  let start = 0
  while (start < most && url[start] === beside[start]) start++
  let end = 0
  while (end < most - start && url.at(-1 - end) === beside.at(-1 - end)) end++
  return (
    <code class="url">
      <SafeText text={url.slice(0, start)} limit={300} />
      {url.length > start + end && (
        <mark>
          <SafeText text={url.slice(start, url.length - end)} limit={300} />
        </mark>
      )}
      <SafeText text={url.slice(url.length - end)} limit={300} />
    </code>
  )
}
