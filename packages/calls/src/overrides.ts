/** What came of one attempt: a status, or `ct` (no connection), `rt` (no answer in time), `broken`. */
export type Outcome = number | 'ct' | 'rt' | 'broken'

/** The values of `rp`, and which outcomes each retries. */
const policies: Readonly<Record<string, (outcome: Outcome) => boolean>> = {
  '4xx': (outcome) => Math.floor(Number(outcome) / 100) === 4,
  '5xx': (outcome) => Math.floor(Number(outcome) / 100) === 5,
  ct: (outcome) => outcome === 'ct',
  rt: (outcome) => outcome === 'rt',
  all: (outcome) => typeof outcome === 'string' || outcome >= 400,
}

/** How often a request may be tried again, and after which outcomes. */
export interface Retries {
  readonly count: number
  readonly isRetried: (outcome: Outcome) => boolean
  /** What the fragment has, and Twilio or the walk does not use. */
  readonly ignored: readonly string[]
}

/**
 * Reads the connection overrides in the fragment of a URL. Without them, Twilio tries once more if
 * there was no connection: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
export function readRetries(url: string): Retries {
  const fragment = new URLSearchParams(/#(.*)$/s.exec(url)?.[1] ?? '')
  const rp = fragment.get('rp') ?? 'ct'
  const names = rp.split(',')
  const isKnown = names.every((name) => Object.hasOwn(policies, name))
  const rc = fragment.get('rc') ?? '1'
  const isCount = /^[0-5]$/.test(rc)
  return {
    count: isCount ? Number(rc) : 1,
    isRetried: (outcome) => (isKnown ? names : ['ct']).some((name) => policies[name]?.(outcome)),
    ignored: [
      ...(isKnown ? [] : [`rp=${rp.slice(0, 60)} is not one of ${Object.keys(policies).join(', ')}`]),
      ...(isCount ? [] : [`rc=${rc.slice(0, 60)} is no number from 0 to 5`]),
      ...['ct', 'rt', 'tt', 'e', 'sni']
        .filter((name) => fragment.has(name))
        .map((name) => `the walk does not use ${name}`),
    ],
  }
}

const noConnection =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|CERT_.*|.*SELF_SIGNED_CERT.*|UNABLE_TO_.*)$/

/** Reads why there was no answer, from the `code` of the error or of its cause. */
export function readFailure(error: unknown): { readonly outcome: Outcome; readonly code: 11205 | 11206 } {
  const { code, cause }: { readonly code?: unknown; readonly cause?: unknown } = Object(error)
  const codes = [code, Object(cause).code].filter((one) => one !== undefined).map(String)
  // node:http names what is no HTTP with HPE_: https://www.twilio.com/docs/api/errors/11206
  if (codes.some((one) => one.startsWith('HPE_'))) return { outcome: 'broken', code: 11206 }
  const isLate = codes.length === 0 || codes.includes('ABORT_ERR')
  return { outcome: codes.some((one) => noConnection.test(one)) ? 'ct' : isLate ? 'rt' : 'broken', code: 11205 }
}
