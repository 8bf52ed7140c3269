import type { ComponentChildren, JSX } from 'preact'
import { saveFile } from './actions.ts'

/** The keys that move the focus in an open menu. The first row follows the last one. */
const moves: Readonly<Record<string, (at: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => Math.max(at, 0) - 1,
  Home: () => 0,
  End: () => -1,
}

/** A button that unfolds a list. Escape, a choice, and a focus outside of it fold it again. */
export function Menu({ label, name, children }: { label: string; name?: string; children: ComponentChildren }) {
  const close = (menu: HTMLDetailsElement) => {
    menu.open = false
    menu.querySelector('summary')?.focus()
  }
  const press = (event: JSX.TargetedKeyboardEvent<HTMLDetailsElement>) => {
    const { key, currentTarget: menu } = event
    if (!menu.open || !(key === 'Escape' || Object.hasOwn(moves, key))) return
    event.preventDefault()
    if (key === 'Escape') return close(menu)
    const items = [...menu.querySelectorAll<HTMLElement>('[role="menuitem"]')]
    const at = items.indexOf(document.activeElement as HTMLElement)
    items.at((moves[key]?.(at) ?? 0) % items.length)?.focus()
  }
  const leave = ({ currentTarget, relatedTarget }: JSX.TargetedFocusEvent<HTMLDetailsElement>) => {
    if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) currentTarget.open = false
  }
  const choose = ({ currentTarget, target }: JSX.TargetedMouseEvent<HTMLDetailsElement>) => {
    if (target instanceof Element && target.closest('.menu-items :is(a, button)')) close(currentTarget)
  }
  return (
    <details class="menu" onKeyDown={press} onFocusOut={leave} onClick={choose}>
      <summary class={name === undefined ? '' : 'plain'} aria-label={name} aria-haspopup="menu">
        {label}
      </summary>
      <div class="menu-items" role="menu" aria-label={name ?? label}>
        {children}
      </div>
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
    <a role="menuitem" href={href} download={file} onClick={save}>
      {children}
    </a>
  )
}
