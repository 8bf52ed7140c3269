import { useState } from 'preact/hooks'
import { cut, splitHidden } from '../shared/visible-text.ts'

const step = 20_000

/**
 * Text that somebody else wrote: isolated, so that it cannot turn around what is beside it; characters that cannot be seen are
 * named; long ones are cut, with more on demand.
 */
export function SafeText({
  text,
  limit = 1_000,
  class: className = '',
}: {
  text: string
  limit?: number
  class?: string
}) {
  const [length, setLength] = useState(limit)
  const visible = cut(text, length)
  const left = text.length - visible.length
  return (
    <bdi class={`safe ${className}`}>
      {splitHidden(visible).map((piece) =>
        'text' in piece ? (
          piece.text
        ) : (
          <span class="hidden-char" title="A character that cannot be seen">
            {piece.hidden}
          </span>
        ),
      )}
      {left > 0 && (
        <>
          …{' '}
          <button type="button" class="link" onClick={() => setLength(length + step)}>
            Show more ({left.toLocaleString('en')} characters left)
          </button>
        </>
      )}
    </bdi>
  )
}
