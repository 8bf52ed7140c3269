import type { ComponentChildren, JSX } from 'preact'
import { saveFile } from './actions.ts'

/** A button that unfolds a list. Escape, a choice, and a focus outside of it fold it again. */
export function Menu({ label, name, children }: { label: string; name?: string; children: ComponentChildren }) {
  const close = (menu: HTMLDetailsElement) => {
    menu.open = false
    menu.querySelector('summary')?.focus()
  }
  const press = (event: JSX.TargetedKeyboardEvent<HTMLDetailsElement>) => {
    if (event.key !== 'Escape' || !event.currentTarget.open) return
    event.preventDefault()
    close(event.currentTarget)
  }
  const leave = ({ currentTarget, relatedTarget }: JSX.TargetedFocusEvent<HTMLDetailsElement>) => {
    if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) currentTarget.open = false
  }
  const choose = ({ currentTarget, target }: JSX.TargetedMouseEvent<HTMLDetailsElement>) => {
    if (target instanceof Element && target.closest('.menu-items :is(a, button)')) close(currentTarget)
  }
  return (
    <details class="menu" onKeyDown={press} onFocusOut={leave} onClick={choose}>
      <summary class={name === undefined ? '' : 'plain'} aria-label={name}>
        {label}
      </summary>
      <div class="menu-items">{children}</div>
    </details>
  )
}

/** A link that saves a file of the server under this name. */
export function SaveLink({ href, file, children }: { href: string; file: string; children: ComponentChildren }) {
  const save = (event: JSX.TargetedMouseEvent<HTMLAnchorElement>) => {
    event.preventDefault()
    void saveFile(href, file)
  }
  return (
    <a href={href} download={file} onClick={save}>
      {children}
    </a>
  )
}
