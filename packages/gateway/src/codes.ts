import type { RejectionCode } from 'tollgate'

/**
 * The codes of requests that no verifier decided about, with their statuses. Those of the verifier
 * are in the library's table of rejections. A status of 0 means that there is no answer.
 */
export const gatewayCodes = {
  malformed: {
    status: '400',
    meaning: 'the request cannot be read, or two servers could read it differently',
  },
  no_route: { status: '404', meaning: 'no route matches' },
  too_slow: { status: '408', meaning: 'the request did not arrive in time' },
  expectation_unknown: { status: '417', meaning: 'an `Expect` header other than `100-continue`' },
  head_too_large: { status: '431', meaning: 'the headers are larger than 16 KiB' },
  client_left: { status: '0', meaning: 'the client closed the connection before the answer' },
  loop: {
    status: '508',
    meaning: 'this gateway has forwarded the request before: an upstream sends it back',
  },
  pipelined: {
    status: '0',
    meaning:
      'an upgrade, a `CONNECT` or malformed bytes came behind unanswered requests. The connection closes after their answers',
  },
  body_missing: { status: '403', meaning: 'only forward-auth: a POST or a PUT without its body' },
  original_unknown: {
    status: '403, 417',
    meaning:
      'only forward-auth: the headers that describe the request are missing or ambiguous, a name begins with `tollgate`, or `Connection` names a field',
  },
  upgrade_refused: {
    status: '403',
    meaning:
      'only forward-auth: the client asks for another protocol than WebSocket, or for a WebSocket outside `webSocketPaths`',
  },
  unverified: {
    status: 'any',
    meaning: 'the request was answered before its verdict, for another reason, such as a `CONNECT`',
  },
} as const satisfies Readonly<Record<string, { readonly status: string; readonly meaning: string }>>

/** A code of `gatewayCodes`. */
export type GatewayCode = keyof typeof gatewayCodes

/** The code of a request in logs and metrics. */
export type RequestCode = 'accepted' | RejectionCode | GatewayCode
