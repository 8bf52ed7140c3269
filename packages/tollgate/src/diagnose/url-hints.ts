import { findDefaultPort, joinUrl, type UrlParts } from '../url.ts'
import { type CauseId, causes } from './causes/index.ts'
import { askCauses, type ProposedEdit } from './engine.ts'
import { isTwilioName } from './mask.ts'
import type { State, Subject } from './reading.ts'
import { joinFields, readName, splitFields } from './spelling.ts'

/** Each URL costs a few HMACs. */
const mostUrls = 16

/**
 * Lists the URLs that the user or a header of the request names, each as one edit of all parts of
 * the URL. The parts that differ are the causes.
 */
export function* listWholeUrls(subject: Subject): Generator<ProposedEdit<CauseId, State>> {
  const { state, hints, evidence } = subject
  for (const url of [...hints.urls.slice(0, mostUrls), ...evidence.urls.map(({ value }) => value)]) {
    // Twilio adds fields to the URL of a GET, and bodySHA256 to that of a JSON event.
    const [own, seen] = [splitFields(url.query), splitFields(state.url.query)]
    const added = seen.filter((field) => !own.includes(field))
    for (const fields of [own, [...own, ...added], seen]) {
      const scheme = state.url.scheme.startsWith('ws') ? 'wss' : url.scheme
      const query = fields === own ? url.query : joinFields(fields)
      const edited: UrlParts = { ...url, userinfo: '', scheme, query }
      const [first, ...also] = askCauses(causes, (row) => row.compare?.(state.url, edited))
      if (first === undefined) continue
      const { id, ...finding } = first
      yield {
        ...finding,
        dimension: 'prefix',
        cost: 1,
        cause: id,
        also,
        apply: (one) => (joinUrl(one.url) === joinUrl(edited) ? undefined : { ...one, url: edited }),
      }
    }
  }
}

/**
 * Says if the user has named the URL that is checked as the one at Twilio. Twilio adds fields to
 * the URL of a GET, and bodySHA256 to that of a JSON event.
 */
export function isUrlNamed({ state: { url: seen }, hints }: Subject): boolean {
  const toPlain = ({ scheme, port, ...rest }: UrlParts): UrlParts => {
    const plain = scheme.toLowerCase().replace('ws', 'http')
    return { ...rest, userinfo: '', scheme: plain, port: port === findDefaultPort(plain) ? '' : port }
  }
  return hints.urls.some((url) => {
    const own = splitFields(url.query)
    const added = splitFields(seen.query).filter((field) => !own.includes(field))
    const query = added.length === 0 ? url.query : joinFields([...own, ...added])
    const named = toPlain({ ...url, path: url.path || '/', query })
    return (
      added.map(readName).every((name) => name === 'bodySHA256' || isTwilioName(name)) &&
      joinUrl(named) === joinUrl(toPlain(seen))
    )
  })
}
