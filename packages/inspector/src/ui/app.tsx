import { useEffect } from 'preact/hooks'
import { CaptureList } from './capture-list.tsx'
import { Detail } from './detail.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { FilterBar } from './filter-bar.tsx'
import { Header } from './header.tsx'
import { SendDialog } from './send-dialog.tsx'
import { detail, dialog, selectedId, toast } from './state.ts'
import { Welcome } from './welcome.tsx'

export function App() {
  useEffect(() => {
    const focusSearch = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea, select, dialog')
      if (event.key !== '/' || typing) return
      event.preventDefault()
      document.getElementById('search')?.focus()
    }
    addEventListener('keydown', focusSearch)
    return () => removeEventListener('keydown', focusSearch)
  }, [])
  return (
    <div class="page" data-view={selectedId.value === undefined ? 'list' : 'detail'}>
      <Header />
      <main class="panes">
        <section class="pane list-pane" aria-label="Webhooks">
          <FilterBar />
          <CaptureList />
        </section>
        <section class="pane detail-pane" aria-label="Details">
          {detail.value ? <Detail key={detail.value.id} capture={detail.value} /> : <Welcome />}
        </section>
      </main>
      <div class="toasts" role="status">
        {toast.value && (
          <div class={`toast ${toast.value.failed ? 'failed' : ''}`}>
            <span>{toast.value.text}</span>
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
      {dialog.value === 'edit' && detail.value && <EditDialog capture={detail.value} />}
    </div>
  )
}
