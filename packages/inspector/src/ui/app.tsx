import { useEffect } from 'preact/hooks'
import { select } from './actions.ts'
import { Boundary } from './boundary.tsx'
import { CallDialog } from './call-dialog.tsx'
import { CaptureList } from './capture-list.tsx'
import { ClearDialog } from './clear-dialog.tsx'
import { CopyDialog } from './copy-dialog.tsx'
import { Detail } from './detail.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { FilterBar } from './filter-bar.tsx'
import { Header } from './header.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { KeysDialog } from './keys-dialog.tsx'
import { Notice } from './notice.tsx'
import { SendDialog } from './send-dialog.tsx'
import { announcement, connection, detail, dialog, focusNext, opens, selectedId, toast } from './state.ts'
import { Welcome } from './welcome.tsx'

/** The keys that work anywhere outside a field. */
const keys: Readonly<Record<string, () => void>> = {
  '/': () => document.getElementById('search')?.focus(),
  '?': opens('keys'),
}

function pressKey(event: KeyboardEvent): void {
  // The focus can still be in a dialog that Escape has just closed.
  const isTyping = event.target instanceof Element && event.target.closest('input, textarea, select, dialog[open]')
  const press = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined
  if (press === undefined || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  press()
}

/** Shows the capture that the message offers. The message goes away with its button, which has the focus. */
function showSent(): void {
  const id = toast.value?.id
  toast.value = undefined
  focusNext.value = 'replay'
  select(id)
}

export function App() {
  useEffect(() => {
    addEventListener('keydown', pressKey)
    return () => removeEventListener('keydown', pressKey)
  }, [])
  return (
    <div
      class="page"
      data-view={selectedId.value === undefined ? 'list' : 'detail'}
      data-connection={connection.value.state}
    >
      <Boundary part="The head of the page">
        <Header />
      </Boundary>
      <main class="panes">
        <section class="pane list-pane" aria-label="Webhooks">
          <Notice />
          <Boundary part="The filters">
            <FilterBar />
          </Boundary>
          <Boundary part="The list">
            <CaptureList />
          </Boundary>
        </section>
        <section class="pane detail-pane" aria-label="Details">
          <Boundary key={detail.value?.id} part="This webhook">
            {detail.value ? <Detail capture={detail.value} /> : <Welcome />}
          </Boundary>
        </section>
      </main>
      <p class="sr" role="status" aria-label="Refusals">
        {announcement.value}
      </p>
      <div role="status">
        {toast.value && (
          <div class={`toast ${toast.value.failed ? 'failed alarm' : ''}`}>
            <span>{toast.value.text}</span>
            {toast.value.id !== undefined && (
              <button type="button" class="link" onClick={showSent}>
                Show it
              </button>
            )}
            <button
              type="button"
              class="link"
              onClick={() => {
                toast.value = undefined
              }}
            >
              Close
            </button>
          </div>
        )}
      </div>
      {dialog.value === 'send' && <SendDialog />}
      {dialog.value === 'call' && <CallDialog />}
      {dialog.value === 'clear' && <ClearDialog />}
      {dialog.value === 'import' && <ImportDialog />}
      {dialog.value === 'copy' && <CopyDialog />}
      {dialog.value === 'keys' && <KeysDialog />}
      {dialog.value === 'edit' && detail.value && <EditDialog capture={detail.value} />}
    </div>
  )
}
