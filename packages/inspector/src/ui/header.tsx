import { Menu, SaveLink } from './menu.tsx'
import { call, captures, connection, dialog, info } from './state.ts'
import { nextTheme, theme } from './theme.ts'

const states = { loading: 'Loading', live: 'Live', ended: 'This run has ended' } as const

export function Header() {
  const run = info.value
  return (
    <header class="top">
      <h1 class="brand">
        <img src="/icon.svg" alt="" width="22" height="22" /> Tollgate
      </h1>
      <State />
      {run && (
        <p class="route">
          <code>{run.publicUrls[0]}</code>
          <span aria-hidden="true">→</span>
          <span class="sr">is forwarded to</span>
          <code>{run.upstream ?? 'nothing'}</code>
          {run.mode === 'observe' && <span class="chip warn">observe: refused requests pass</span>}
        </p>
      )}
      <div class="tools">
        <FileTools />
        <button
          type="button"
          onClick={nextTheme}
          title="Colours: system, light or dark"
          aria-label={`Theme: ${theme.value}`}
        >
          <span class="wide">Theme: {theme.value}</span>
          <span class="narrow" aria-hidden="true">
            ◐
          </span>
        </button>
        <button
          type="button"
          class="wide"
          title="Keys"
          aria-label="Show the keys"
          onClick={() => {
            dialog.value = 'keys'
          }}
        >
          ?
        </button>
        {call.value !== undefined && call.value.state !== 'over' && (
          <button
            type="button"
            class="to-call"
            onClick={() => {
              dialog.value = 'call'
            }}
          >
            Return to the call
          </button>
        )}
        <button
          type="button"
          class="primary"
          disabled={connection.value.state === 'ended'}
          onClick={() => {
            dialog.value = 'send'
          }}
        >
          Send a test webhook
        </button>
      </div>
    </header>
  )
}

function State() {
  const { value } = connection
  return (
    <span class={`state ${value.state}`}>
      <span class="dot" aria-hidden="true" />
      {value.state === 'reconnecting' ? `Reconnecting in ${value.seconds} s` : states[value.state]}
    </span>
  )
}

function FileTools() {
  return (
    <Menu label="Captures">
      <button
        type="button"
        role="menuitem"
        onClick={() => {
          dialog.value = 'import'
        }}
      >
        Import requests…
      </button>
      {info.value?.copyForms
        .filter((form) => form.hasSeveral)
        .map(({ name, label, extension }) => (
          <SaveLink key={name} href={`/api/export?format=${name}`} file={`tollgate-captures.${extension}`}>
            Export as {label}
          </SaveLink>
        ))}
      <hr />
      <button
        type="button"
        role="menuitem"
        class="danger"
        disabled={captures.value.length === 0}
        onClick={() => {
          dialog.value = 'clear'
        }}
      >
        Clear the list…
      </button>
    </Menu>
  )
}
