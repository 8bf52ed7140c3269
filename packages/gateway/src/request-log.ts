import type { Verifier } from 'tollgate'
import { escapeHidden, logRefusal } from 'tollgate/internal'
import { listValues } from './fields.ts'
import { getLineWriter } from './line-writer.ts'
import type { GatewayOptions, RequestLogger, RouteVerdict } from './options.ts'
import type { Report } from './report.ts'
import { isHost } from './routes.ts'

/** The parts of a request by which its line is found. */
export interface LoggedRequest {
  readonly target: string
  /** All header fields as they arrived. */
  readonly rawFields: readonly string[]
  readonly body: Uint8Array | undefined
  readonly verdict: RouteVerdict | undefined
  /** The verifier that was chosen, if one was. */
  readonly verifier?: Verifier<RouteVerdict> | undefined
  readonly host?: string | undefined
  readonly upstream?: string | undefined
}

// A route has no option `diagnose`.
const more = 'put `npx @tollgate/cli dev` in the place of this gateway'

/** Lines about requests that were not accepted: this many at once, and then one per second. */
const maxRefusals = 100

/**
 * The log of the requests. Those that were not accepted are sampled, so that strangers cannot fill
 * it. An error of the logger stops nothing.
 */
export class RequestLog {
  /** Where the lines go. */
  output: GatewayOptions['log']
  #failed = 0
  #left = maxRefusals
  #refilledAt = performance.now()
  #skipped = 0
  /** How many lines were left out by the sampling. */
  sampled = 0

  /** Explains a refusal to a developer on standard error. Does nothing in production. */
  #explain({ method }: Report, { target, verdict: rejection, verifier }: LoggedRequest): void {
    if (this.output === 'silent' || verifier === undefined || rejection === undefined || rejection.ok) return
    const isPassed = 'release' in rejection
    logRefusal({ rejection, request: { method, url: target }, hints: verifier.hints, isPassed, isHandled: true, more })
  }

  /** How many lines could not be written. */
  get dropped(): number {
    return this.#failed + (this.output === 'info' ? getLineWriter(1).dropped : 0)
  }

  /** Writes one line for a request. */
  write(report: Report, request?: LoggedRequest): void {
    if (request !== undefined) this.#explain(report, request)
    const logger = this.output === 'info' ? standardOutput : this.output
    if (logger === undefined || logger === 'silent') return
    if (report.code !== 'accepted' && !this.#take()) {
      this.#skipped++
      this.sampled++
      return
    }
    const skipped = this.#skipped || undefined
    this.#skipped = 0
    const { ms, upstreamMs } = report
    const times = { ms: Math.round(ms), upstreamMs: upstreamMs === undefined ? undefined : Math.round(upstreamMs) }
    const fields = { ...report, ...times, ...(request && findIdentifiers(request)), skipped }
    try {
      logger[chooseLevel(report)](fields, 'request')
    } catch {
      this.#failed++
    }
  }

  #take(): boolean {
    const seconds = Math.floor((performance.now() - this.#refilledAt) / 1000)
    this.#refilledAt += seconds * 1000
    this.#left = Math.min(maxRefusals, this.#left + seconds)
    return this.#left > 0 && this.#left-- > 0
  }
}

/** Writes JSON to standard output, with the levels and the names of pino. */
const standardOutput: RequestLogger = {
  info: (fields, msg) => writeLine(30, fields, msg),
  warn: (fields, msg) => writeLine(40, fields, msg),
  error: (fields, msg) => writeLine(50, fields, msg),
}

function writeLine(level: number, fields: object, msg: string): void {
  const line = { level, time: Date.now(), pid: process.pid, name: 'tollgate', ...fields, msg }
  getLineWriter(1).write(`${escapeHidden(JSON.stringify(line))}\n`)
}

/** A 5xx needs an operator. A refusal, an incomplete answer and a 4xx may need one. */
function chooseLevel({ code, status, result }: Report): keyof RequestLogger {
  if (status >= 500) return 'error'
  return code === 'accepted' && result !== 'broken' && status > 0 && status < 400 ? 'info' : 'warn'
}

/**
 * Returns the fields that find a request in Twilio's debugger. Of a header, only an identifier
 * counts.
 */
function findIdentifiers({ target, rawFields, body, verdict, host, upstream }: LoggedRequest): object {
  const read = (name: string, pattern: RegExp): string | undefined =>
    listValues(rawFields, name).find((value) => pattern.test(value))
  const sentHost = host ?? read('host', /^.{1,255}$/)
  return {
    host: isHost(sentHost) ? sentHost : undefined,
    upstream,
    ...(verdict?.ok ? findProven(verdict) : { claimed: findClaims(target, body) }),
    requestId: read('i-twilio-request-id', /^[\w-]{1,64}$/),
    idempotencyToken: read('i-twilio-idempotency-token', /^[\w-]{1,64}$/),
  }
}

function findProven(verdict: object): object {
  const { params, accountSid }: { params?: { get(name: string): string | undefined }; accountSid?: string } = verdict
  const read = (name: string): string | undefined => {
    const value = params?.get(name)
    return value !== undefined && /^[A-Z]{2}[0-9a-f]{32}$/.test(value) ? value : undefined
  }
  return { accountSid, messageSid: read('MessageSid'), callSid: read('CallSid') }
}

/** Only the beginning of a body is searched, because strangers can send many. */
const searchedBytes = 8 * 1024

const claim = /(?<=^|&)(AccountSid|MessageSid|CallSid)=([A-Z]{2}[0-9a-f]{32})(?=&|$)/g

function findClaims(target: string, body: Uint8Array | undefined): object | undefined {
  const query = /\?([^#]*)/.exec(target)?.[1] ?? ''
  const form = Buffer.from(body?.subarray(0, searchedBytes) ?? []).toString('latin1')
  const found = [...`${query}&${form}`.matchAll(claim)].map(([, name = '', value]) => [
    `${name[0]?.toLowerCase()}${name.slice(1)}`,
    value,
  ])
  return found.length > 0 ? Object.fromEntries(found) : undefined
}
