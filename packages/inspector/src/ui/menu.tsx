import type { ComponentChildren, JSX } from 'preact'
import { type ExportFormat, exportFormats } from '../shared/api.ts'
import { saveFile } from './actions.ts'

/** The keys that move the focus in an open menu. The first row follows the last one. */
const moves: Readonly<Record<string, (at: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => Math.max(at, 0) - 1,
  Home: () => 0,
  End: () => -1,
}

/** A button that unfolds a list. Escape, a choice, and a focus outside of it fold it again. */
export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
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
    if (target instanceof Element && target.closest('.menu-items button')) close(currentTarget)
  }
  return (
    <details class="menu" onKeyDown={press} onFocusOut={leave} onClick={choose}>
      <summary aria-haspopup="menu">{label}</summary>
      <div class="menu-items" role="menu" aria-label={label}>
        {children}
      </div>
    </details>
  )
}

/** An item of a menu. */
export function Item(props: JSX.HTMLAttributes<HTMLButtonElement> & { disabled?: boolean }) {
  return <button type="button" role="menuitem" {...props} />
}

/** Items that save one capture, or all, as a file. */
export function SaveItems({ words, id }: { words: string; id?: string }) {
  return (
    <>
      {(Object.keys(exportFormats) as ExportFormat[]).map((format) => (
        <Item key={format} onClick={() => void saveFile(format, id)}>
          {words} {exportFormats[format][0]}
        </Item>
      ))}
    </>
  )
}
