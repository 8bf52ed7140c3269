import { compareUrlParts } from '../shared/url-parts.ts'
import { SafeText } from './safe-text.tsx'

/** Shows the signed URL and the URL that the server saw, and marks the parts that differ. */
export function UrlDifference({ signed, seen }: { signed: string; seen: string }) {
  // A diagnosis masks values that may be texts or secrets. Then only the parts before the query can
  // be compared.
  const [one = '', other = ''] = signed.includes('‹')
    ? [signed, seen].map((url) => url.replace(/\?.*$/s, '?…'))
    : [signed, seen]
  const different = compareUrlParts(one, other).flatMap(({ name, differs }) => (differs ? [name] : []))
  if (different.length === 0) return null
  return (
    <dl class="facts small">
      <dt>Twilio signed</dt>
      <dd>
        <MarkedUrl url={one} other={other} />
      </dd>
      <dt>Your server saw</dt>
      <dd>
        <MarkedUrl url={other} other={one} />
      </dd>
      <dt>Different</dt>
      <dd class="different">{different.join(', ')}</dd>
    </dl>
  )
}

function MarkedUrl({ url, other }: { url: string; other: string }) {
  return (
    <code>
      {compareUrlParts(url, other).map(({ name, text, differs }) => {
        if (text === '') return null
        const shown = <SafeText text={text} limit={300} isUrl />
        return differs ? (
          <mark key={name} title={`the ${name} differs`}>
            {shown}
          </mark>
        ) : (
          <span key={name}>{shown}</span>
        )
      })}
    </code>
  )
}
