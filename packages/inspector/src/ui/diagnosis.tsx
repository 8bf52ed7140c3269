import { Fragment } from 'preact'
import type { Cause } from 'tollgate/diagnose'
import { type CapturedVerdict, type CaptureView, type Explanation, throwAwayKey } from '../shared/capture.ts'
import { writeRestart } from '../shared/restart.ts'
import { copyLine } from './actions.ts'
import { describeOutcome, hasFailed } from './format.ts'
import { SafeText } from './safe-text.tsx'
import { info } from './state.ts'
import { UrlDifference } from './url-difference.tsx'

/** Explains the verdict. For a rejection, the fix comes first. */
export function Diagnosis({ capture }: { capture: CaptureView }) {
  const { verdict } = capture
  if (verdict === undefined) return <Unverified capture={capture} />
  return verdict.ok ? <Accepted capture={capture} verdict={verdict} /> : <Refused capture={capture} verdict={verdict} />
}

function Unverified({ capture: { response, bodyTruncated } }: { capture: CaptureView }) {
  const text =
    response?.by === 'gateway'
      ? 'The gateway refused it before verification. See the answer below.'
      : bodyTruncated
        ? 'The file has only the beginning of the body, and a signature covers the whole body.'
        : 'It was imported, and this run has no key to verify it.'
  return (
    <section class="card stack" aria-label="Verdict">
      <h3>Not verified</h3>
      <p>{text}</p>
    </section>
  )
}

type Verdict<Ok extends boolean> = Extract<CapturedVerdict, { ok: Ok }>

function Accepted({ capture, verdict }: { capture: CaptureView; verdict: Verdict<true> }) {
  const { summary } = capture
  const failed = hasFailed(summary)
  const signer = nameSigner(capture, verdict)
  return (
    <section class={`card stack ${describeOutcome(summary).tone}`} aria-label="Verdict">
      <h3>{failed ? <Failure capture={capture} /> : signer}</h3>
      {failed && <FailureAdvice capture={capture} />}
      {!failed && summary.reported !== undefined && (
        <p class="fix">But Twilio would report {summary.reported}: see the answer.</p>
      )}
      <p class={failed ? 'small' : ''}>
        {failed && `${signer}. `}The signature covers {verdict.coverage}. It was made with{' '}
        <strong>{verdict.key}</strong> <span class="num">({verdict.algorithm.replace('_', '-')})</span>.
      </p>
      {verdict.accountSid !== undefined && (
        <p class="small">
          Account <code>{verdict.accountSid}</code>
        </p>
      )}
      {verdict.delivery === 'repeated' && <p>It was delivered before.</p>}
      {verdict.delivery === 'unknown' && <p>It is unknown whether it was delivered before.</p>}
    </section>
  )
}

/** Says who signed an accepted request. Only a request that arrived can come from Twilio. */
function nameSigner({ origin, signedWith }: CaptureView, { key }: Verdict<true>): string {
  if (signedWith !== undefined) {
    if (origin === 'test') return 'A test that this page signed and sent'
    return origin === 're-signed' ? 'Edited, signed and sent by this page' : 'A test of this page, sent again'
  }
  if (key === throwAwayKey) return 'Signed with the token of this run, not by Twilio'
  if (origin === 'replayed') return 'Twilio signed this, and this page sent it again'
  return origin === 'imported' ? 'Twilio signed this, in the imported file' : 'Twilio sent this'
}

function Failure({ capture: { response } }: { capture: CaptureView }) {
  if (response === undefined) return <>No answer was sent: the connection ended first</>
  const { status, by } = response
  return by === 'gateway' ? (
    <>Your application gave no answer. The gateway answered {status}</>
  ) : (
    <>Your application answered {status}</>
  )
}

function FailureAdvice({ capture: { response, signedWith } }: { capture: CaptureView }) {
  const isRefused = response?.by === 'upstream' && (response.status === 401 || response.status === 403)
  if (!isRefused) return null
  if (signedWith !== 'throw-away')
    return (
      <p>
        If it verifies requests itself, give it the same Auth Token and the public URL{' '}
        <code>{info.value?.publicUrls[0]}</code>.
      </p>
    )
  if (info.value?.realToken)
    return (
      <p>
        If it verifies requests itself, it does not know the token of this run. Send it again, signed with the real Auth
        Token.
      </p>
    )
  return (
    <>
      <p>
        If it verifies requests itself, it does not know the token of this run. Restart it with the public URL that your
        application has, and with TWILIO_AUTH_TOKEN set, so that this page signs with your token:
      </p>
      <Line
        text={`${writeCommand()} --public-url ${info.value?.publicUrls[0]} --sign-with-real-token`}
        what="command"
      />
    </>
  )
}

function Refused({ capture, verdict }: { capture: CaptureView; verdict: Verdict<false> }) {
  const isSpoofed = capture.signedWith === 'random'
  // The colour is that of the advice: green mends it for certain.
  const isProven = !isSpoofed && !capture.searching && capture.explanation?.proven !== undefined
  return (
    <section class={`card stack ${isProven ? 'good' : ''}`} aria-label="Diagnosis">
      {isSpoofed ? <Spoofed capture={capture} /> : <Explained capture={capture} message={verdict.message} />}
      <p class="why small">
        Refused as{' '}
        <a href={`/codes/${verdict.code}`} target="_blank" rel="noreferrer">
          {verdict.code}
        </a>
        .
      </p>
    </section>
  )
}

function Spoofed({ capture: { response } }: { capture: CaptureView }) {
  return (
    <>
      <h3>A spoofed test, refused as it must be</h3>
      <p>
        This page signed it with a random token, as an attacker would: there is nothing to fix.{' '}
        {response?.by === 'upstream'
          ? 'The mode is observe, so your application got it all the same.'
          : 'Your application did not get it.'}
      </p>
    </>
  )
}

/** Says what was wrong, and then what mends it. A proof says both better than the code's message. */
function Explained({ capture, message }: { capture: CaptureView; message: string }) {
  const { explanation } = capture
  if (capture.searching)
    return (
      <>
        <h3>Refused</h3>
        <p class="sentence">{message}</p>
        <p class="searching muted" role="status">
          Searching for the cause…
        </p>
      </>
    )
  const { proven, suspected = [], question } = explanation ?? {}
  if (proven !== undefined) return <Proven capture={capture} proven={proven} />
  if (question !== undefined)
    return (
      <>
        <h3>One question</h3>
        <p class="sentence">Nothing that this server knows makes the signature match.</p>
        {question.map(({ text, command }, index) => (
          <Fragment key={index}>
            <p>
              <SafeText text={text} />
            </p>
            {command !== undefined && <Line text={command} what="command" />}
          </Fragment>
        ))}
      </>
    )
  return (
    <>
      <h3 class="flow">
        {suspected.length === 0 ? 'Refused' : 'Try this'}
        {suspected.length > 0 && <span class="chip">likely, not proven</span>}
      </h3>
      <p class="sentence">{message}</p>
      <ol class="stack">
        {suspected.map((cause) => (
          <li key={cause.id}>
            <p class="fix">
              <Prose text={cause.fix} />
            </p>
            <Detail cause={cause} />
          </li>
        ))}
      </ol>
    </>
  )
}

/** The proof: one sentence, both URLs, the line to copy, and why. */
function Proven({ capture, proven }: { capture: CaptureView; proven: NonNullable<Explanation['proven']> }) {
  const { causes, setting, mended = [], signedUrl } = proven
  const isOtherUrl = signedUrl !== undefined && signedUrl !== capture.url
  const caller = capture.signedWith === undefined && capture.origin !== 'test' ? 'Twilio called' : 'The signed URL is'
  const restart =
    setting === undefined || capture.origin === 'imported' ? undefined : writeRestart(writeCommand(), setting)
  const fixes = new Set(causes.filter(({ id }) => !mended.includes(id)).map(({ fix }) => fix))
  return (
    <>
      <h3 class="flow">
        The fix <span class="chip good">proven: this makes the signature match</span>
      </h3>
      <p class="sentence">
        {isOtherUrl ? (
          <>
            {caller} <SafeText text={stripQuery(signedUrl)} limit={300} isUrl />. Your server checked{' '}
            <SafeText text={stripQuery(capture.url)} limit={300} isUrl />.
          </>
        ) : (
          <SafeText text={causes[0]?.detail ?? ''} />
        )}
      </p>
      {isOtherUrl && <UrlDifference signed={signedUrl} seen={capture.url} />}
      {setting !== undefined && (
        <>
          {restart !== undefined && (
            <>
              <p class="fix">This gateway refused it, because it checks another URL. Restart it:</p>
              <Line text={restart} what="command" />
            </>
          )}
          <p class="fix">
            {restart === undefined
              ? 'Set this option:'
              : 'If your application verifies requests itself, set this option there:'}
          </p>
          <Line text={setting} what="option" />
        </>
      )}
      {[...fixes].map((fix) => (
        <p key={fix} class="fix">
          <Prose text={fix} />
        </p>
      ))}
      <details class="inner">
        <summary>Why ({causes.length})</summary>
        <ul class="stack">
          {causes.map((cause) => (
            <li key={cause.id}>
              <Detail cause={cause} />
            </li>
          ))}
        </ul>
      </details>
    </>
  )
}

/** Shows a sentence of the diagnosis, or two in two lines. Text between backticks is code. */
function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split(/(\n)|`([^`]*)`/).map((piece = '', index) => {
        if (piece === '\n') return <br key={index} />
        const shown = <SafeText key={index} text={piece} />
        return index % 3 === 2 && piece !== '' ? <code key={index}>{shown}</code> : shown
      })}
    </>
  )
}

const stripQuery = (url: string) => url.replace(/\?.*$/s, '')

/** Writes the command that started this run, without its public URL. */
function writeCommand(): string {
  const { command, upstream = '' } = info.value ?? {}
  return command ?? `npx @tollgate/cli dev${/^https?:/.test(upstream) ? ` --upstream ${upstream}` : ''}`
}

function Detail({ cause: { id, detail } }: { cause: Cause<string> }) {
  return (
    <p class="cause-detail small">
      <Prose text={detail} /> <code>{id}</code>
    </p>
  )
}

/** Shows a line with a button that copies it. */
export function Line({ text, what }: { text: string; what: string }) {
  return (
    <p class="line-to-copy">
      <code>
        <SafeText text={text} />
      </code>
      <button type="button" aria-label={`Copy the ${what}`} onClick={() => void copyLine(text, what)}>
        Copy
      </button>
    </p>
  )
}
