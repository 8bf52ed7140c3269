import { useState } from 'preact/hooks'
import type { CaptureView } from '../shared/capture.ts'
import { SafeText } from './safe-text.tsx'

const step = 200
const mask = /‹\d+ characters?›/
const whatItIs = { url: 'URL', name: 'name', value: 'value', timestamp: 'timestamp', body: 'body' } as const

/** Shows the signed text, with a colour for each source. */
export function Signing({ capture }: { capture: CaptureView }) {
  const [length, setLength] = useState(step)
  const { signingString: parts } = capture
  // Not every scheme signs the URL.
  const signsUrl = parts.some(({ from }) => from === 'url')
  const proven = capture.explanation?.proven
  return (
    <details class="section" open>
      <summary>
        <h3>What is signed</h3>
      </summary>
      <p class="which-text">
        {describeText(capture)}
        {proven?.signingString?.some(({ text }) => mask.test(text)) &&
          ' Its parameters are not those that arrived. Values that may be message text are shown by their length.'}
      </p>
      {signsUrl && (
        <p class="legend flow">
          <span class="part url">URL</span>
          <span class="part name">parameter names</span>
          <span class="part value">their values</span>
          <span class="muted">sorted by name, joined without separators</span>
        </p>
      )}
      <p class="signing">
        {parts.slice(0, length).map(({ text, from }, index) => (
          <span key={index} class={`part ${from}`} title={whatItIs[from]}>
            <SafeText text={text} limit={400} isUrl={from === 'url'} />
          </span>
        ))}
      </p>
      {parts.length > length && (
        <button type="button" class="link more" onClick={() => setLength(length + step)}>
          Show more of {parts.length} parts
        </button>
      )}
    </details>
  )
}

function describeText({ verdict, explanation, signedWith }: CaptureView): string {
  if (verdict?.ok) return 'The signature matches this text.'
  if (explanation?.proven !== undefined)
    return signedWith === undefined
      ? 'Twilio signed this text: with it, the signature matches.'
      : 'This text was signed: with it, the signature matches.'
  return 'This server expects this text. It is not known which text was signed.'
}
