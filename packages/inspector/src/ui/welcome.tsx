import type { RunInfo } from '../shared/api.ts'
import { select } from './actions.ts'
import { Line } from './diagnosis.tsx'
import { captures, connection, info, opens, problem, selectedId } from './state.ts'

/** Shows the first steps while no capture is selected. */
export function Welcome() {
  const run = info.value
  if (selectedId.value !== undefined)
    return (
      <div class="welcome stack">
        <h2>{problem.value === undefined ? 'Loading' : 'This webhook cannot be shown'}</h2>
        {problem.value !== undefined && <p>{problem.value}</p>}
        <p>
          <button type="button" onClick={() => select(undefined)}>
            Back to the list
          </button>
        </p>
      </div>
    )
  const { state } = connection.value
  if (state === 'loading')
    return (
      <div class="welcome stack">
        <h2>Loading</h2>
      </div>
    )
  // No webhook can be opened, and none can arrive.
  if (state !== 'live')
    return (
      <div class="welcome stack">
        <h2>{state === 'ended' ? 'This run has ended' : 'The inspector does not answer'}</h2>
        <p>
          {state === 'ended'
            ? 'Open the address that your terminal printed last. This tab then works again, too.'
            : 'If you have stopped it, start it again, and open the address that it prints.'}
        </p>
      </div>
    )
  if (captures.value.length > 0)
    return (
      <div class="welcome stack">
        <h2>Choose a webhook</h2>
        <p class="muted keys-hint">
          Press <kbd>?</kbd> for the keys.
        </p>
      </div>
    )
  return (
    <div class="welcome stack">
      <h2>Waiting for the first webhook</h2>
      {run && <Steps run={run} />}
      <p class="muted keys-hint">
        Press <kbd>?</kbd> for the keys.
      </p>
    </div>
  )
}

const isUrl = (upstream: string | undefined) => upstream !== undefined && /^https?:/.test(upstream)

/** The way to the first webhook of Twilio's. */
function Steps({ run: { publicUrls, upstream } }: { run: RunInfo }) {
  const [url = ''] = publicUrls
  const isReachable = !/^https?:\/\/(127\.|localhost|\[::1\]|0\.0\.0\.0)/i.test(url)
  const isOwn = isUrl(upstream)
  return (
    <ol class="steps stack">
      <li>
        <h3>Send a test</h3>
        <p>This run's own token signs it, so you need no Twilio account.</p>
        <p>
          <button type="button" class="primary" onClick={opens('send')}>
            Send a test webhook
          </button>
        </p>
      </li>
      <li>
        <h3>Put your application behind it</h3>
        {isOwn ? (
          <p>
            Done: webhooks that verify go to <code>{upstream}</code>.
          </p>
        ) : (
          <>
            <p>Now a small built-in application answers. Start again with the address of yours:</p>
            <Line text="npx @tollgate/cli dev --upstream http://127.0.0.1:3000" what="command" />
          </>
        )}
      </li>
      <li>
        <h3>Let Twilio in</h3>
        {isReachable ? (
          <p>
            Twilio calls <code>{url}</code>. Set the webhook of your number to an address below it.
          </p>
        ) : (
          <>
            <p>Twilio cannot reach this machine. A tunnel gives it an address:</p>
            <Line
              text={`npx @tollgate/cli dev ${isOwn ? `--upstream ${upstream} ` : ''}--tunnel`}
              what="command with a tunnel"
            />
          </>
        )}
      </li>
    </ol>
  )
}
