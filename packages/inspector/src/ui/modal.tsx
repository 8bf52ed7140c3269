import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { dialog, toast } from './state.ts'

/** A dialog of the browser's own: it holds the focus, and Escape closes it. */
export function Modal({ title, onSubmit, submit, children }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const opened = element.current
    toast.value = undefined
    opened?.showModal()
    // Closed, not only taken away: the browser gives the focus back to where it was.
    return () => opened?.close()
  }, [])
  const close = () => {
    dialog.value = undefined
  }
  return (
    <dialog ref={element} onClose={close} aria-labelledby="dialog-title">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        <div class="fields">{children}</div>
        {/* The page's own messages are behind the dialog. */}
        {toast.value?.failed && (
          <p class="mistake" role="alert">
            {toast.value.text}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary">
            {submit}
          </button>
        </div>
      </form>
    </dialog>
  )
}

interface ModalProps {
  readonly title: string
  readonly submit: string
  readonly onSubmit: () => void
  readonly children: ComponentChildren
}
