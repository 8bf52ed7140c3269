import { useRef } from 'preact/hooks'
import { clearAll, importCaptures } from './actions.ts'
import { captures, connection, dialog, info } from './state.ts'
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
          <span class="wide">Theme: </span>
          {theme.value}
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
        <button
          type="button"
          class="primary"
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
  const file = useRef<HTMLInputElement>(null)
  const empty = captures.value.length === 0
  return (
    <details class="menu">
      <summary>Captures</summary>
      <div class="menu-items">
        <button type="button" onClick={() => file.current?.click()}>
          Import requests
        </button>
        <input
          ref={file}
          type="file"
          class="sr"
          tabIndex={-1}
          aria-label="File to import"
          onChange={({ currentTarget }) => {
            const [chosen] = currentTarget.files ?? []
            if (chosen) void importCaptures(chosen)
            currentTarget.value = ''
          }}
        />
        {info.value?.copyForms
          .filter((form) => form.hasSeveral)
          .map(({ name, label, extension }) => (
            <a key={name} href={`/api/export?format=${name}`} download={`tollgate-captures.${extension}`}>
              Export as {label}
            </a>
          ))}
        <button type="button" class="danger" disabled={empty} onClick={() => void clearAll()}>
          Clear the list
        </button>
      </div>
    </details>
  )
}
