import { joinUrl, type UrlParts } from '../schemes/twilio/sign/signed-url.ts'
import type { FoundCause, ProposedEdit } from './causes/index.ts'
import { beforeRewrite } from './causes/path.ts'
import type { Subject } from './reading.ts'
import { decodeAll, joinFields, splitFields, stripSlashes } from './spelling.ts'

/** Each URL costs a few HMACs. */
const mostUrls = 16

/**
 * Lists the URLs that the user names, each as one edit of all parts of the URL. The parts that
 * differ are the causes.
 * @param subject the request
 * @returns the edits
 */
export function* listConfiguredUrls({ state, hints }: Subject): Generator<ProposedEdit> {
  for (const url of hints.urls.slice(0, mostUrls)) {
    // Twilio adds fields to the URL of a GET, and bodySHA256 to that of a JSON event.
    const [own, seen] = [splitFields(url.query), splitFields(state.url.query)]
    const added = seen.filter((field) => !own.includes(field))
    for (const fields of [own, [...own, ...added], seen]) {
      const whole = { ...url, userinfo: '', scheme: state.url.scheme.startsWith('ws') ? 'wss' : url.scheme }
      const edited = { ...whole, query: fields === own ? url.query : joinFields(fields) }
      const [first, ...also] = compareUrls(state.url, edited)
      if (first === undefined) continue
      yield {
        dimension: 'prefix',
        cost: 1,
        cause: first.id,
        detail: first.detail,
        fix: first.fix,
        also,
        apply: (one) => (joinUrl(one.url) === joinUrl(edited) ? undefined : { ...one, url: edited }),
      }
    }
  }
}

/** Names the causes by which the URL of the request differs from the one that was signed. */
function compareUrls(seen: UrlParts, signed: UrlParts): FoundCause[] {
  const causes: FoundCause[] = []
  if (seen.scheme !== signed.scheme)
    causes.push({
      id: 'scheme',
      detail: `Twilio signed ${signed.scheme}://, and this server checks ${seen.scheme}://.`,
    })
  if (seen.host !== signed.host)
    causes.push({
      id: seen.host.toLowerCase() === signed.host.toLowerCase() ? 'host_case' : 'host',
      detail: `Twilio signed the host "${signed.host}", and this server checks "${seen.host}".`,
    })
  if (seen.port !== signed.port)
    causes.push({
      id: 'port',
      detail: `Twilio signed ${showPort(signed)}, and this server checks ${showPort(seen)}.`,
    })
  if (seen.path !== signed.path) {
    const id = comparePaths(seen.path, signed.path)
    causes.push({
      id,
      detail: `Twilio signed the path ${signed.path}, and this server checks ${seen.path}.`,
      fix: id === 'path_prefix' ? beforeRewrite : undefined,
    })
  }
  if (seen.query !== signed.query) causes.push(compareQueries(splitFields(seen.query), splitFields(signed.query)))
  return causes
}

function showPort({ port }: UrlParts): string {
  return port === '' ? 'no port' : `the port ${port.slice(1)}`
}

function comparePaths(seen: string, signed: string): 'trailing_slash' | 'path_encoding' | 'path_prefix' {
  if (stripSlashes(seen) === stripSlashes(signed)) return 'trailing_slash'
  const [one, other] = [seen, signed].map((path) => decodeAll(path).toLowerCase())
  return one === other ? 'path_encoding' : 'path_prefix'
}

function compareQueries(seen: readonly string[], signed: readonly string[]): FoundCause {
  const sorted = (fields: readonly string[]): string => [...fields].sort().join('&')
  const decoded = (fields: readonly string[]): string => decodeAll(sorted(fields).replaceAll('+', ' ')).toLowerCase()
  if (sorted(seen) === sorted(signed))
    return { id: 'query_order', detail: `Twilio signed the ${seen.length} fields of the query in another order.` }
  if (decoded(seen) === decoded(signed))
    return { id: 'query_encoding', detail: 'Twilio signed the query in another spelling.' }
  return signed.some((field) => !seen.includes(field))
    ? { id: 'query_missing', detail: 'The query of the URL was lost on the way, or a part of it.' }
    : { id: 'query_extra', detail: 'The query has fields that Twilio did not sign.' }
}
