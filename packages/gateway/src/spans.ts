import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api'
import type { ExchangeState } from './exchange.ts'
import { listValues } from './fields.ts'
import type { Report } from './report.ts'

/**
 * Starts the span of a request that is forwarded. The upstream gets the context of the span instead
 * of the sender's.
 */
export function startTrace(exchange: ExchangeState): ExchangeState['trace'] {
  const parent = findParent(exchange)
  const span = startSpan(exchange, parent, Date.now() - (performance.now() - exchange.startedAt))
  const added: string[] = []
  propagation.inject(trace.setSpan(parent, span), added, fieldSetter)
  const names = new Set(propagation.fields())
  return {
    span,
    replaceFields: (fields) => [
      ...fields.filter((_, index) => !names.has((fields[index - (index % 2)] as string).toLowerCase())),
      ...added,
    ],
  }
}

/** Records one span for a request that has ended. It has the same fields as the log line. */
export function traceExchange(exchange: ExchangeState, { path, code, status, by, ms, result }: Report): void {
  const now = Date.now()
  const span = exchange.trace?.span ?? startSpan(exchange, findParent(exchange), now - ms)
  span.setAttributes({
    'url.path': path,
    'http.response.status_code': status,
    'tollgate.code': code,
    'tollgate.answered_by': by,
  })
  if (status === 0 || status >= 500 || result === 'broken') span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(now)
}

function startSpan({ method, route }: ExchangeState, parent: Context, startTime: number): Span {
  return trace
    .getTracer('@tollgate/gateway')
    .startSpan(
      `${method} ${route?.given.path ?? ''}`.trim(),
      { kind: SpanKind.SERVER, startTime, attributes: { 'http.request.method': method } },
      parent,
    )
}

/**
 * Returns the sender's trace context. `traceparent` is unsigned, so it counts only if the request
 * verified.
 */
function findParent({ verdict, req }: ExchangeState): Context {
  if (verdict?.ok !== true) return ROOT_CONTEXT
  return propagation.extract(ROOT_CONTEXT, req.rawHeaders, fieldGetter)
}

const fieldGetter: TextMapGetter<readonly string[]> = {
  keys: (list) => list.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
  get: (list, name) => listValues(list, name).join(', ') || undefined,
}

const fieldSetter: TextMapSetter<string[]> = {
  set: (list, name, value) => void list.push(name, value),
}
