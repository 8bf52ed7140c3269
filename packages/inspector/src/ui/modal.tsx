import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { dialog } from './state.ts'

/** A dialog of the browser's own: it holds the focus, and Escape closes it. */
export function Modal({ title, onSubmit, submit, children }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    element.current?.showModal()
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
