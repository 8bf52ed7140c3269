import type { ComponentChildren } from 'preact'
import { useErrorBoundary } from 'preact/hooks'

/** Keeps the rest of the page alive if a part of it cannot be drawn. */
export function Boundary({ part, children }: { part: string; children: ComponentChildren }) {
  const [error] = useErrorBoundary((reason) => console.error(reason))
  if (error === undefined) return <>{children}</>
  return (
    <p class="alarm" role="alert">
      {part} cannot be shown. The rest of the page works. Please report it: the browser's console has the details.
    </p>
  )
}
