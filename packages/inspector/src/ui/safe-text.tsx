import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import { splitAtBreaks } from '../shared/url-parts.ts'
import { cut, splitHidden } from '../shared/visible-text.ts'

const step = 20_000

/**
 * Shows text from others. It is isolated, so that it cannot reverse the text next to it. Invisible
 * characters are shown as code points. Long text is cut, with a button that shows more.
 */
export function SafeText({
  text,
  limit = 1_000,
  isUrl = false,
  class: className = '',
}: {
  text: string
  limit?: number
  /** Lines break between the parts of a URL. */
  isUrl?: boolean
  class?: string
}) {
  const [length, setLength] = useState(limit)
  const visible = cut(text, length)
  const left = text.length - visible.length
  return (
    <bdi class={`safe ${className}`} dir="auto">
      {splitHidden(visible).map((piece) =>
        'text' in piece ? (
          isUrl ? (
            <Breakable url={piece.text} />
          ) : (
            piece.text
          )
        ) : (
          <span class="hidden-char" title="An invisible character">
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

/** Unlike a character of no width, `wbr` is not a part of a text that is copied. */
function Breakable({ url }: { url: string }) {
  return (
    <>
      {splitAtBreaks(url).map((piece, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {piece}
        </Fragment>
      ))}
    </>
  )
}

/** Shows a body as it is, folded if the page also shows it in another form. */
export function OriginalText({ text, isFolded }: { text: string; isFolded: boolean }) {
  const original = (
    <pre>
      <SafeText text={text} limit={4_000} />
    </pre>
  )
  if (!isFolded) return original
  return (
    <details class="inner">
      <summary>Original text</summary>
      {original}
    </details>
  )
}
