import type { IncomingRequest } from 'tollgate'
import type { Signed } from './draft.ts'

/** The same request with its header fields as a web `Headers`. */
export function withWebHeaders(request: Signed): IncomingRequest {
  return { ...request, headers: new Headers(request.headers) }
}
