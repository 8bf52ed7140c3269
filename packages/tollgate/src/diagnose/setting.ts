import { isCaptureSite } from '../requests/capture-sites.ts'
import { parseOptions } from '../schemes/twilio/options.ts'
import { listSignedForms, type SignedForm } from '../schemes/twilio/sign/signed-url.ts'
import { findDefaultPort, splitUrl, type UrlParts } from '../url.ts'
import { isRejected } from '../verdict.ts'
import { readHead, readHeaders } from '../verify/head.ts'
import { readTarget } from '../verify/public-url.ts'
import type { IncomingRequest, VerifierOptions } from '../verify/types.ts'
import type { Match } from './attempt.ts'
import { type CauseId, causes } from './causes/index.ts'
import type { FoundCause } from './engine.ts'
import type { Evidence } from './evidence.ts'

/** An option with which the verifier takes the request, as far as this cause is concerned. */
interface Setting {
  /** The option as a line to copy, such as `publicUrl: 'https://example.com/twilio'`. */
  readonly line: string
  /** The causes that it mends. */
  readonly mends: readonly FoundCause<CauseId>[]
}

/** The input of `findSetting`. */
interface SettingInput {
  readonly request: IncomingRequest
  readonly options: VerifierOptions
  readonly match: Match
  readonly evidence: Evidence
  readonly found: readonly FoundCause<CauseId>[]
}

/** Finds the options that mend the causes that are proven, as their rows say. */
export function findSetting(input: SettingInput): Setting | undefined {
  const known = input.found.flatMap((cause) => (cause.line === undefined ? [] : [{ line: cause.line, mends: [cause] }]))
  const settings = [findUrlSetting(input), ...known].filter((setting) => setting !== undefined)
  if (settings.length === 0) return undefined
  return { line: settings.map(({ line }) => line).join(', '), mends: settings.flatMap(({ mends }) => mends) }
}

/**
 * Finds the option that mends the URL. Each candidate is tried: it counts only if the verifier then
 * builds the URL that Twilio signed.
 */
function findUrlSetting({ request, options, match, evidence, found }: SettingInput): Setting | undefined {
  const head = readHead(request, readHeaders(request.headers))
  const target = readTarget(request.url)
  const mended = found.filter(({ id }) => causes[id].mend !== undefined)
  if (target === undefined || mended.length === 0 || isCaptureSite(match.state.url.host)) return undefined
  const resolve = (candidate: VerifierOptions): readonly SignedForm[] => {
    const { resolveUrl, eitherSlash, lookupTimeoutMs } = parseOptions(candidate)
    const url = resolveUrl(head, request, lookupTimeoutMs)
    // A function of the user's decides about hosts: it needs no other option.
    if ('then' in url || isRejected(url)) return []
    const parts = head.handshake ? { ...url, scheme: 'wss' } : url
    return listSignedForms(parts, '', { eitherSlash, respelled: request.urlIsNormalized })
  }
  // A handshake may be signed with its query as parameters: then another query has the same URL.
  const { url: whole, signingString } = match.form
  const isSigned = (form: SignedForm): boolean =>
    head.handshake ? form.signingString === signingString : form.url === whole
  // The query may have a cause of its own. If not, the cause of the path changed it too.
  const ofAddress = mended.filter(({ id }) => causes[id].part !== 'query')
  const isQueryApart = ofAddress.length < mended.length || match.edits.some(({ dimension }) => dimension === 'hash')
  const mending = { request, options, signed: choosePort(match, evidence), path: target.path }
  for (const mend of new Set(mended.map(({ id }) => causes[id].mend)))
    for (const { line, options: changed } of mend?.(mending) ?? []) {
      // Another URL of the list may have a password.
      if (!/^[\x20-\x3f\x41-\x7e]+$/.test(line)) continue
      try {
        const forms = resolve({ ...options, ...changed })
        if (forms.some(isSigned)) return { line, mends: mended }
        // A function builds the whole URL, so with a part of it the same request would be refused.
        const isSame =
          isQueryApart &&
          changed.signedUrl === undefined &&
          forms.some(({ url }) => dropQuery(url) === dropQuery(whole))
        if (isSame && ofAddress.length > 0) return { line, mends: ofAddress }
      } catch {
        // A URL that the verifier refuses as an option.
      }
    }
  return undefined
}

function dropQuery(url: string): string {
  return url.replace(/\?.*$/s, '')
}

/**
 * Chooses the port of the URL: that of the public host if a header names it, and else the one that
 * was signed, but not the default one, which Twilio adds to some URLs.
 */
function choosePort({ state, form }: Match, { hosts }: Evidence): UrlParts {
  const { host, port, scheme } = state.url
  // A proxy that ends TLS may add the port on which it got the request itself.
  const isOfOther = port === (/^(https|wss)$/i.test(scheme) ? ':80' : ':443')
  const isPublic =
    !isOfOther && hosts.some(({ value }) => value.port === port && value.host.toLowerCase() === host.toLowerCase())
  const signed = isPublic ? port : (splitUrl(form.url)?.port ?? '')
  return { ...state.url, port: port === '' || signed === findDefaultPort(scheme) ? '' : signed }
}
