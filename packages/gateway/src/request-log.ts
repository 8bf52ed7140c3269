import { type Logger, pino } from 'pino'
import { getLineWriter } from './line-writer.ts'
import type { GatewayOptions, RouteVerdict } from './options.ts'
import type { Report } from './report.ts'
import { isHost } from './routes.ts'

/** The parts of a request by which its line is found. */
export interface LoggedRequest {
  readonly target: string
  /** All header fields as they arrived. */
  readonly rawFields: readonly string[]
  readonly body: Uint8Array | undefined
  readonly verdict: RouteVerdict | undefined
  readonly host?: string | undefined
  readonly upstream?: string | undefined
}

/** Lines about requests that did not verify: this many at once, and then one per second. */
const maxRefusals = 100

/**
 * The log of the requests. Requests that did not verify are sampled, so that strangers cannot fill
 * it. An error of the logger stops nothing.
 */
export class RequestLog {
  #logger: Logger | undefined
  #isOurs = false
  #failed = 0
  #left = maxRefusals
  #refilledAt = performance.now()
  #skipped = 0
  /** How many lines were not written because of the sampling. */
  sampled = 0

  constructor(log: GatewayOptions['log']) {
    this.setLogger(log)
  }

  setLogger(log: GatewayOptions['log'] = 'silent'): void {
    this.#isOurs = log === 'info'
    this.#logger =
      log === 'silent'
        ? undefined
        : log === 'info'
          ? pino({ name: 'tollgate', base: { pid: process.pid } }, { write: getLineWriter(1).write })
          : log
  }

  /** How many lines could not be written. */
  get dropped(): number {
    return this.#failed + (this.#isOurs ? getLineWriter(1).dropped : 0)
  }

  /** Writes one line for a request. */
  write(report: Report, request?: LoggedRequest): void {
    const logger = this.#logger
    if (logger === undefined) return
    if (report.code !== 'accepted' && !this.#take()) {
      this.#skipped++
      this.sampled++
      return
    }
    const skipped = this.#skipped || undefined
    this.#skipped = 0
    const found = request && findIdentifiers(request)
    try {
      logger[chooseLevel(report)]({ ...report, ms: Math.round(report.ms), ...found, skipped }, 'request')
    } catch {
      this.#failed++
    }
  }

  #take(): boolean {
    const now = performance.now()
    const seconds = Math.floor((now - this.#refilledAt) / 1000)
    this.#refilledAt += seconds * 1000
    this.#left = Math.min(maxRefusals, this.#left + seconds)
    if (this.#left === 0) return false
    this.#left--
    return true
  }
}

/** A 5xx needs an operator. A refusal, an incomplete answer and a 4xx may need one. */
function chooseLevel({ code, status }: Report): 'info' | 'warn' | 'error' {
  if (status >= 500) return 'error'
  return code === 'accepted' && status > 0 && status < 400 ? 'info' : 'warn'
}

/** The fields of a line that find a request in Twilio's debugger. */
type Identifiers = Readonly<Record<string, string | Readonly<Record<string, string>> | undefined>>

/** What a client may write into the log: nothing but the characters of an identifier. */
const token = /^[\w-]{1,64}$/

function findIdentifiers({ target, rawFields, body, verdict, host, upstream }: LoggedRequest): Identifiers {
  const readHeader = (name: string): string | undefined =>
    rawFields.find((_, index) => index % 2 === 1 && rawFields[index - 1]?.toLowerCase() === name)
  const readToken = (name: string): string | undefined => {
    const value = readHeader(name)
    return value !== undefined && token.test(value) ? value : undefined
  }
  const sentHost = host ?? readHeader('host') ?? ''
  const isVerified = verdict?.ok === true
  const claimed = isVerified ? {} : findClaims(target, body)
  return {
    host: isHost(sentHost) ? sentHost.slice(0, 255) : undefined,
    upstream,
    ...(isVerified && findProven(verdict)),
    // The signature proves nothing of these.
    claimed: Object.keys(claimed).length > 0 ? claimed : undefined,
    requestId: readToken('i-twilio-request-id'),
    idempotencyToken: readToken('i-twilio-idempotency-token'),
  }
}

const names: Readonly<Record<string, string>> = {
  AccountSid: 'accountSid',
  MessageSid: 'messageSid',
  CallSid: 'callSid',
}

const sid = /^(?:AC|SM|MM|CA)[0-9a-f]{32}$/

function findProven(verdict: Extract<RouteVerdict, { ok: true }>): Identifiers {
  const { params, accountSid }: { params?: { get(name: string): string | undefined }; accountSid?: string } =
    Object(verdict)
  const read = (name: string): string | undefined => {
    const value = params?.get(name)
    return value !== undefined && sid.test(value) ? value : undefined
  }
  return { accountSid, messageSid: read('MessageSid'), callSid: read('CallSid') }
}

/** Only the beginning of a body is searched, because strangers can send many. */
const searchedBytes = 8 * 1024

function findClaims(target: string, body: Uint8Array = new Uint8Array(0)): Readonly<Record<string, string>> {
  const query = /\?([^#]*)/.exec(target)?.[1] ?? ''
  const form = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, searchedBytes)).toString('latin1')
  const pairs = `${query}&${form}`.matchAll(/(?<=^|&)(AccountSid|MessageSid|CallSid)=([A-Z]{2}[0-9a-f]{32})(?=&|$)/g)
  const claims: Record<string, string> = {}
  for (const [, name = '', value = ''] of pairs) if (sid.test(value)) claims[names[name] ?? name] ??= value
  return claims
}
