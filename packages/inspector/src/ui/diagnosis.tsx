import type { Cause } from 'tollgate/diagnose'
import { type CapturedVerdict, type CaptureView, type Explanation, throwAwayKey } from '../shared/capture.ts'
import { copyLine } from './actions.ts'
import { hasFailed } from './format.ts'
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
    <section class="card" aria-label="Verdict">
      <h3>Not verified</h3>
      <p>{text}</p>
    </section>
  )
}

type Verdict<Ok extends boolean> = Extract<CapturedVerdict, { ok: Ok }>

function Accepted({ capture, verdict }: { capture: CaptureView; verdict: Verdict<true> }) {
  const failed = hasFailed(capture.summary)
  return (
    <section class={`card ${failed ? 'failed' : 'good'}`} aria-label="Verdict">
      <h3>{nameSigner(capture, verdict)}</h3>
      {failed && <Failure capture={capture} />}
      <p>
        The signature covers {verdict.coverage}. It was made with <strong>{verdict.key}</strong> (
        {verdict.algorithm.replace('_', '-')}
        ).
      </p>
      {verdict.accountSid !== undefined && (
        <p class="muted">
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

function Failure({ capture: { response, signedWith } }: { capture: CaptureView }) {
  if (response === undefined)
    return <p class="fix">The request is genuine, but no answer was sent: the connection ended first.</p>
  const { status, by } = response
  if (by === 'gateway')
    return (
      <p class="fix">The request is genuine, but your application gave no answer. The gateway answered {status}.</p>
    )
  return (
    <>
      <p class="fix">The request is genuine, but your application answered {status}.</p>
      {(status === 401 || status === 403) && signedWith === 'throw-away' && (
        <p>
          If it verifies requests itself, it does not know the token of this run.{' '}
          {info.value?.realToken ? (
            'Send it again, signed with the real Auth Token.'
          ) : (
            <>
              Start with <code>--sign-with-real-token</code>, and sign with the real token.
            </>
          )}
        </p>
      )}
      {(status === 401 || status === 403) && signedWith !== 'throw-away' && (
        <p>
          If it verifies requests itself, give it the same Auth Token and the public URL{' '}
          <code>{info.value?.publicUrls[0]}</code>.
        </p>
      )}
    </>
  )
}

function Refused({ capture, verdict }: { capture: CaptureView; verdict: Verdict<false> }) {
  const isSpoofed = capture.signedWith === 'random'
  return (
    <section class={`card ${isSpoofed ? '' : 'bad'}`} aria-label="Diagnosis">
      {isSpoofed ? <Spoofed capture={capture} /> : <Explained capture={capture} />}
      <p class="why">
        <a href={`/codes/${verdict.code}`} target="_blank" rel="noreferrer">
          <strong>{verdict.code}</strong>
        </a>
        : {verdict.message.replace(/ See \S*docs\/codes\/\S+$/, '')}
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

function Explained({ capture }: { capture: CaptureView }) {
  const { explanation } = capture
  const { proven, suspected = [], ruledOut } = explanation ?? {}
  if (proven !== undefined)
    return (
      <>
        <h3>
          The fix <span class="chip sure">proven: this makes the signature match</span>
        </h3>
        <Causes causes={proven.causes} setting={proven.setting} />
        {proven.signedUrl !== undefined && <UrlDifference signed={proven.signedUrl} seen={capture.url} />}
      </>
    )
  if (explanation === undefined || (suspected.length === 0 && ruledOut === undefined)) return <h3>Refused</h3>
  return (
    <>
      <h3>
        {ruledOut === undefined ? 'Try this' : 'Nothing is proven'}
        <span class="chip">
          {ruledOut === undefined
            ? 'likely, not proven'
            : `${explanation.tried.toLocaleString('en')} signatures were tried`}
        </span>
      </h3>
      {ruledOut !== undefined && suspected.length > 0 && <h4>What is left, most likely first</h4>}
      <Causes causes={suspected} ranked />
      <Settle id={capture.id} explanation={explanation} />
      {ruledOut !== undefined && (
        <p class="ruled-out">
          <SafeText text={ruledOut} />
        </p>
      )}
    </>
  )
}

/** Shows the command that would settle an unproven rejection, and saves the file that it reads. */
function Settle({ id, explanation: { command } }: { id: string; explanation: Explanation }) {
  if (command === undefined) return null
  return (
    <>
      <h4>To settle it</h4>
      <p>
        <a href={`/api/captures/${id}/copy?as=capture`} download="request.json">
          Save request.json
        </a>
        , and run this in its folder. Give each flag a value of your own, or leave it out:
      </p>
      <Line text={command} what="command" />
    </>
  )
}

/** Shows a line with a button that copies it. */
function Line({ text, what }: { text: string; what: string }) {
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

interface CausesProps {
  readonly causes: readonly Cause<string>[]
  readonly setting?: string | undefined
  /** True for suspected causes: the most likely is the first. */
  readonly ranked?: boolean
}

/** Shows each fix once, with the causes that it mends. */
function Causes({ causes, setting, ranked = false }: CausesProps) {
  const fixes = [...new Set(causes.map(({ fix }) => fix))]
  return (
    <ol class={`causes ${ranked ? 'ranked' : ''}`}>
      {fixes.map((fix) => (
        <li key={fix}>
          <Fix fix={fix} setting={setting} />
          {causes
            .filter((cause) => cause.fix === fix)
            .map(({ id, detail }) => (
              <p key={id} class="cause-detail">
                <code>{id}</code> <SafeText text={detail} />
              </p>
            ))}
        </li>
      ))}
    </ol>
  )
}

/**
 * Returns the command that starts this run with the public URL of an option. `undefined` if the
 * option is another one, or if no command started this run.
 */
function findRestart(setting: string | undefined): string | undefined {
  const [, url] = /^publicUrl: '([^'\s]+)'$/.exec(setting ?? '') ?? []
  const command = info.value?.command
  return url === undefined || command === undefined ? undefined : `${command} --public-url '${url}'`
}

/** Shows a fix. If it begins with the option to set, the option can be copied. */
function Fix({ fix, setting }: { fix: string; setting: string | undefined }) {
  const start = `Set ${setting}.`
  const restart = findRestart(setting)
  if (setting === undefined || !fix.startsWith(start))
    return (
      <p class="fix">
        <SafeText text={fix} />
      </p>
    )
  const rest = fix.slice(start.length).trim()
  return (
    <>
      {restart !== undefined && (
        <>
          <p class="fix">This gateway refused it, because it checks another URL. Restart it:</p>
          <Line text={restart} what="command" />
        </>
      )}
      <p class={restart === undefined ? 'fix' : undefined}>
        {restart === undefined
          ? 'Set this option:'
          : 'If your application verifies requests itself, set this option there:'}
      </p>
      <Line text={setting} what="option" />
      {rest !== '' && (
        <p>
          <SafeText text={rest} />
        </p>
      )}
    </>
  )
}
