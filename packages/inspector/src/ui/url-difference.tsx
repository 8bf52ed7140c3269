import { compareUrlParts, type UrlPart } from '../shared/url-parts.ts'
import { SafeText } from './safe-text.tsx'

/** Shows the signed URL and the URL that the server saw, and marks the parts that differ. */
export function UrlDifference({ signed, seen }: { signed: string; seen: string }) {
  // A diagnosis masks values that may be texts or secrets. Then only the parts before the query can
  // be compared.
  const [one = '', other = ''] = signed.includes('‹')
    ? [signed, seen].map((url) => url.replace(/\?.*$/s, '?…'))
    : [signed, seen]
  const [ofSigned, ofSeen] = [compareUrlParts(one, other), compareUrlParts(other, one)]
  const different = ofSigned.filter(({ differs }) => differs).map(({ name }) => name)
  if (different.length === 0) return null
  return (
    <dl class="facts">
      <dt>Twilio signed</dt>
      <dd>
        <MarkedUrl parts={ofSigned} />
      </dd>
      <dt>Your server saw</dt>
      <dd>
        <MarkedUrl parts={ofSeen} />
      </dd>
      <dt>Different</dt>
      <dd class="different">{different.join(', ')}</dd>
    </dl>
  )
}

function MarkedUrl({ parts }: { parts: readonly UrlPart[] }) {
  return (
    <code class="url">
      {parts.map(({ name, text, differs }) => {
        if (text === '') return null
        const shown = <SafeText text={text} limit={300} />
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
