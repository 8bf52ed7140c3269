import { Item, Menu, SaveItems } from './menu.tsx'
import { call, captures, connection, info, opens } from './state.ts'

const states = { loading: 'Loading', live: 'Live', ended: 'This run has ended' } as const

export function Header() {
  const run = info.value
  return (
    <header class="top flow">
      <h1 class="brand flow">
        <img src="/icon.svg" alt="" width="22" height="22" /> Tollgate
      </h1>
      <State />
      {run && (
        <p class="route flow">
          <code>{run.publicUrls[0]}</code>
          <span aria-hidden="true">→</span>
          <span class="sr">is forwarded to</span>
          <code>{run.upstream ?? 'nothing'}</code>
          {run.mode === 'observe' && <span class="chip failed">observe: refused requests pass</span>}
        </p>
      )}
      <div class="tools flow">
        <FileTools />
        <button type="button" class="keys-hint" title="Keys" aria-label="Show the keys" onClick={opens('keys')}>
          ?
        </button>
        {call.value !== undefined && call.value.state !== 'over' && (
          <button type="button" onClick={opens('call')}>
            Return to the call
          </button>
        )}
        <button type="button" class="primary" disabled={connection.value.state === 'ended'} onClick={opens('send')}>
          Send a test webhook
        </button>
      </div>
    </header>
  )
}

function State() {
  const { value } = connection
  return (
    <span class={`state ${value.state === 'live' ? 'good' : 'bad'}`}>
      {value.state === 'reconnecting' ? `Reconnecting in ${value.seconds} s` : states[value.state]}
    </span>
  )
}

function FileTools() {
  return (
    <Menu label="Captures">
      <Item onClick={opens('import')}>Import requests…</Item>
      <SaveItems words="Export as" />
      <hr />
      <Item class="danger" disabled={captures.value.length === 0} onClick={opens('clear')}>
        Clear the list…
      </Item>
    </Menu>
  )
}
