import { defaultPort, joinUrl, type SignedForm, type UrlParts } from '../scheme/signed-url.ts'
import { showUrl } from './mask.ts'
import type { Diagnosis } from './types.ts'

/** The spellings of one URL that the verifier tries, each with the reason. */
export function describeForms(parts: UrlParts, forms: Iterable<SignedForm>): Diagnosis['urlForms'] {
  const given = joinUrl(parts)
  const described: { url: string; why: string }[] = []
  for (const { url, signingString } of forms)
    described.push({ url: showUrl(url), why: explainForm(parts, given, url, signingString) })
  return described
}

function explainForm(parts: UrlParts, given: string, url: string, signingString: string): string {
  if (url === given && signingString.startsWith(given)) return 'as this server sees the request'
  const reasons: string[] = []
  const origin = `${parts.scheme}://${parts.host}`
  const rest = url.slice(origin.length)
  const port = /^:\d+/.exec(rest)?.[0] ?? ''
  if (port !== parts.port)
    reasons.push(
      port === '' ? 'without the port' : port === defaultPort(parts.scheme) ? 'with the default port' : 'with a port',
    )
  const tail = rest.slice(port.length)
  const path = tail.replace(/\?.*$/s, '')
  if (path !== parts.path && path.replace(/\/$/, '') === parts.path.replace(/\/$/, ''))
    reasons.push(
      path.endsWith('/') ? 'with a slash at the end of the path' : 'without the slash at the end of the path',
    )
  if (!tail.includes('?') && parts.query !== '') reasons.push('the query as parameters, as ConversationRelay signs it')
  else if (tail.slice(path.length) !== parts.query) reasons.push('the query in another spelling')
  return reasons.length === 0 ? 'in another spelling' : reasons.join(', ')
}
