import { distinct, parseForm, replaceEach } from '../../../form.ts'
import { findDefaultPort, isWebSocketScheme, joinUrl, type UrlParts } from '../../../url.ts'
import { joinPairs } from './signing-string.ts'

/** The value of `urlIsNormalized`: see `IncomingRequest`. */
type Respelled = boolean | ((query: string) => readonly string[])

/** Which spellings of a URL to add. */
export interface UrlFormOptions {
  /** Adds the path with or without its last slash. */
  readonly eitherSlash?: boolean
  /**
   * Adds all spaces of the query as `+` and all as `%20`, or the spellings that a function returns
   * for a query, each with its `?`.
   */
  readonly respelled?: Respelled | undefined
  /** Adds the URL with its userinfo. */
  readonly userinfo?: boolean
}

/** One form in which Twilio may have signed a request. */
export interface SignedForm {
  /** One spelling of the URL. */
  readonly url: string
  readonly signingString: string
}

/** Joins the form with the URL as it is. */
export function joinFirstForm(parts: UrlParts, paramsText: string): SignedForm {
  const url = joinUrl(parts)
  return { url, signingString: url + flatten(paramsText) }
}

/**
 * Makes an engine join the pieces of a text once, instead of once in each form: engines keep
 * concatenated strings in pieces until a character is read. For a long text this would be one copy
 * too many.
 */
function flatten(text: string): string {
  // Stryker disable next-line ConditionalExpression,EqualityOperator: the text is the same in one piece and in several
  return text.length < 10_000 && Number.isNaN(text.charCodeAt(0)) ? '' : text
}

/**
 * Lists the spellings of one resource that Twilio may have signed, the most likely first: at most
 * 12, or 24 for a WebSocket handshake and for a URL with userinfo. Host, path case and parameters
 * never vary. https://www.twilio.com/docs/usage/security (ports, slashes); twilio-node #1183 (the
 * apostrophe).
 */
export function listSignedForms(parts: UrlParts, paramsText: string, options: UrlFormOptions = {}): SignedForm[] {
  const forms: SignedForm[] = []
  findInForms(parts, paramsText, options, (form) => void forms.push(form))
  return forms
}

/** Returns the first result of `find` for the forms that `listSignedForms` lists. */
export function findInForms<Found>(
  parts: UrlParts,
  paramsText: string,
  options: UrlFormOptions,
  find: (form: SignedForm) => Found | undefined,
): Found | undefined {
  // Nearly every genuine request was signed in this form. Then the other forms are not made.
  const first = find(joinFirstForm(parts, paramsText))
  if (first !== undefined) return first
  const { scheme, userinfo, host, port } = parts
  const websocket = isWebSocketScheme(scheme)
  const userinfos = options.userinfo === true && userinfo !== '' ? ['', userinfo] : ['']
  const tails = listTails(
    parts,
    websocket && paramsText === '',
    websocket || options.eitherSlash === true,
    options.respelled,
  )
  const asGiven = tails.find(({ params }) => params === undefined)
  const ports = listPorts(scheme, port)
  const most = websocket || userinfos.length > 1 ? 24 : 12
  // Stryker disable next-line ArithmeticOperator: no form has a rank beyond the last one
  const ranks = userinfos.length + ports.length + tails.length - 2
  let count = 1
  // Forms with fewer unusual parts come first, so that the limit does not cut off a whole kind of
  // spelling.
  // Stryker disable next-line EqualityOperator: no form has a rank beyond the last one
  for (let rank = 0; rank < ranks; rank++)
    for (let userRank = 0; userRank < userinfos.length; userRank++)
      for (let portRank = 0; portRank < ports.length; portRank++) {
        const tail = tails[rank - userRank - portRank]
        if (tail === undefined) continue
        if (userRank + portRank === 0 && tail === asGiven) continue
        if (count++ === most) return undefined
        const url = `${scheme}://${userinfos[userRank]}${host}${ports[portRank]}${tail.text}`
        const found = find({ url, signingString: url + (tail.params ?? paramsText) })
        if (found !== undefined) return found
      }
  return undefined
}

interface Tail {
  /** Path and query. */
  readonly text: string
  /** The text that is signed after the URL, if it is not that of the form's parameters. */
  readonly params?: string
}

function listPorts(scheme: string, port: string): string[] {
  const implied = findDefaultPort(scheme)
  if (port === '') return ['', implied]
  return port === implied ? [port, ''] : [port, '', implied]
}

function listTails(
  { path, query }: UrlParts,
  queryAsParams: boolean,
  eitherSlash: boolean,
  respelled?: Respelled,
): Tail[] {
  // ConversationRelay signs the URL without its query, and the query as parameters (Twilio's Agent
  // Connect SDKs). Media Streams has no query.
  const queryPairs = queryAsParams && query !== '' ? parseForm(query.slice(1)) : undefined
  const queryParams = queryPairs && joinPairs(queryPairs)
  const tails: Tail[] = []
  for (const onePath of listPaths(path, eitherSlash)) {
    if (queryParams !== undefined) tails.push({ text: onePath, params: queryParams })
    for (const text of listSpellings(onePath, query, respelled)) tails.push({ text })
  }
  return tails
}

/** An empty path and `/` are the same path, even without `eitherSlash`. */
function listPaths(path: string, eitherSlash: boolean): string[] {
  if (!eitherSlash && path.length > 1) return [path]
  return [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`]
}

function listSpellings(path: string, query: string, respelled?: Respelled): readonly string[] {
  const asGiven = path + query
  // Nearly every URL has one spelling.
  // Stryker disable next-line ConditionalExpression: all three spellings are equal, and the list has no duplicates
  if (!respelled && !/'|%27/.test(asGiven)) return [asGiven]
  const spaced = respelled ? [replaceEach(query, '%20', '+'), replaceEach(query, '+', '%20')] : []
  const others = typeof respelled === 'function' ? respelled(query) : spaced
  // `others` may be one text, if the function comes from a caller without types.
  const texts = [query, others].flat().map((one) => path + one)
  const exchanged = texts.flatMap((one) => [replaceEach(one, '%27', "'"), replaceEach(one, "'", '%27')])
  // At the end, so that the limit does not cut off the others.
  return distinct([...texts, ...exchanged])
}
