import { useEffect, useRef } from 'preact/hooks'
import { Modal } from './modal.tsx'
import { uncopied } from './state.ts'

/** Shows a text that the browser did not copy, selected, so that people can copy it. */
export function CopyDialog() {
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
    // The browser scrolls to the end of a selection.
    field.current?.scrollTo(0, 0)
  }, [])
  return (
    <Modal title="Copy it yourself">
      <p class="muted">The browser does not let this page use the clipboard. Press Ctrl+C, or ⌘C on a Mac.</p>
      <label>
        Copy {uncopied.value?.what}
        <textarea ref={field} readOnly rows={10} spellcheck={false} value={uncopied.value?.text} />
      </label>
    </Modal>
  )
}
