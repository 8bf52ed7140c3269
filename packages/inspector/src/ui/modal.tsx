import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { dialog, sending, toast } from './state.ts'

/** A native dialog: the browser keeps the focus in it, and Escape closes it. */
export function Modal({ title, send, dismiss = send ? 'Cancel' : 'Close', children }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const opened = element.current
    toast.value = undefined
    opened?.showModal()
    // A browser may give the focus to the part that scrolls.
    opened?.querySelector<HTMLElement>('.fields :is(input, select, textarea)')?.focus()
    // Closing it, instead of only removing it, makes the browser restore the focus.
    return () => opened?.close()
  }, [])
  const shown = useRef(dialog.value)
  // The event of a dialog that Escape closed may arrive when the next one is open already.
  const close = () => {
    if (dialog.value !== shown.current) return
    sending.value?.cancel()
    dialog.value = undefined
  }
  const isSending = sending.value !== undefined
  return (
    <dialog ref={element} onClose={close} aria-busy={isSending} aria-labelledby="dialog-title">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          send?.onSubmit()
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        <div class="fields stack">{children}</div>
        {/* The page's own messages are hidden behind the dialog. */}
        {toast.value?.failed && (
          <p class="alarm" role="alert">
            {toast.value.text}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={close}>
            {dismiss}
          </button>
          {send && (
            <button type="submit" class={send.isDangerous ? 'primary bad' : 'primary'} disabled={isSending}>
              {isSending ? 'Sending…' : send.label}
            </button>
          )}
        </div>
      </form>
    </dialog>
  )
}

interface ModalProps {
  readonly title: string
  /** The button that submits the form. Without it, the dialog can only be closed. */
  readonly send?: { readonly label: string; readonly isDangerous?: boolean; readonly onSubmit: () => void }
  /**
   * The word on the button that closes the dialog. Default: `Cancel` beside a button that submits, or
   * else `Close`.
   */
  readonly dismiss?: string
  readonly children: ComponentChildren
}
