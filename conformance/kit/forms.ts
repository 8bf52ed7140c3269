import type { IncomingRequest } from 'tollgate'
import type { Signed } from './draft.ts'

/** Returns the request with its headers as a web `Headers`. */
export function withWebHeaders(request: Signed): IncomingRequest {
  return { ...request, headers: new Headers(request.headers) }
}
