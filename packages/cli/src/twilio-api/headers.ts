import type { DiagnosableRequest } from 'tollgate/diagnose'

export function readHeader({ headers }: Pick<DiagnosableRequest, 'headers'>, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const [, value] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? []
  return typeof value === 'string' ? value : value?.[0]
}

/**
 * Returns true if the record has a header of the client. A log entry without any may have left the
 * signature and the body out.
 */
export function hasClientHeaders(request: DiagnosableRequest): boolean {
  return readHeader(request, 'user-agent') !== undefined
}

/** Sets or, with `undefined`, removes headers. */
export function withHeaders<T extends DiagnosableRequest>(
  request: T,
  changes: Readonly<Record<string, string | undefined>>,
): T {
  const given = request.headers instanceof Headers ? [...request.headers] : Object.entries(request.headers)
  const kept = given.filter(([name]) => !(name.toLowerCase() in changes))
  const set = Object.entries(changes).filter(([, value]) => value !== undefined)
  return { ...request, headers: Object.fromEntries([...kept, ...set]) }
}
