import type { CaptureView } from '../shared/capture.ts'
import { formatBytes } from './format.ts'
import { OriginalText, SafeText } from './safe-text.tsx'

const prettyLimit = 200_000

export function BodyView({ capture }: { capture: CaptureView }) {
  const { body, bodyBase64, bodyTruncated } = capture
  if (body === undefined && bodyBase64 === undefined) return null
  const text = body ?? bodyBase64 ?? ''
  const pretty = body === undefined ? undefined : indentJson(body)
  return (
    <details class="section" open={pretty !== undefined}>
      <summary>
        <h3>Body</h3>
        <span class="muted">
          {body === undefined ? 'Base64, because it is not UTF-8' : formatBytes(new TextEncoder().encode(body).length)}
        </span>
      </summary>
      {bodyTruncated && <p class="muted">Only the beginning of the body was kept.</p>}
      {pretty !== undefined && (
        <pre>
          <SafeText text={pretty} limit={8_000} />
        </pre>
      )}
      {pretty !== text && <OriginalText text={text} isFolded={pretty !== undefined} />}
    </details>
  )
}

function indentJson(text: string): string | undefined {
  if (text.length > prettyLimit || !/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return undefined
  }
}
