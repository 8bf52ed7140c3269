import { select } from './actions.ts'
import { captures, dialog, info, problem, selectedId } from './state.ts'

/** Shows the first steps while no capture is selected. */
export function Welcome() {
  const run = info.value
  if (selectedId.value !== undefined)
    return (
      <div class="welcome">
        <h2>{problem.value === undefined ? 'Loading' : 'This webhook cannot be shown'}</h2>
        {problem.value !== undefined && <p>{problem.value}</p>}
        <p>
          <button type="button" onClick={() => select(undefined)}>
            Back to the list
          </button>
        </p>
      </div>
    )
  return (
    <div class="welcome">
      <h2>{captures.value.length === 0 ? 'Waiting for the first webhook' : 'Choose a webhook'}</h2>
      <p>Each request to the gateway appears in the list with its verdict and the reason.</p>
      {run && (
        <dl class="facts">
          <dt>Twilio reaches you at</dt>
          <dd>
            {run.publicUrls.map((url) => (
              <code key={url}>{url}</code>
            ))}
          </dd>
          <dt>The gateway listens on</dt>
          <dd>
            <code>{run.gatewayUrl ?? 'nothing'}</code>
          </dd>
          <dt>The gateway forwards to</dt>
          <dd>{run.upstream ?? 'nothing'}</dd>
          <dt>Captures are kept</dt>
          <dd>{run.store === 'file' ? 'in a file' : 'in memory until this run ends'}</dd>
        </dl>
      )}
      <p>
        <button
          type="button"
          class="primary"
          onClick={() => {
            dialog.value = 'send'
          }}
        >
          Send a test webhook
        </button>
      </p>
      <p class="muted">You need no Twilio account: this run's own token signs it.</p>
      <p class="muted keys-hint">
        Press <kbd>?</kbd> for the keys.
      </p>
    </div>
  )
}
