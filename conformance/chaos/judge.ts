/** One request of a sender, and what its sender saw. All times are in milliseconds. */
export interface Attempt {
  readonly id: string
  /**
   * `hello` is genuine, but of no delivery: the first request of a connection, whose answer names
   * the process. `copy` is not sent again.
   */
  readonly kind: 'genuine' | 'copy' | 'forged' | 'hello'
  readonly delivery: string
  /** The process that has the connection. `undefined` if it could not be learned. */
  readonly process: string | undefined
  readonly sentAt: number
  readonly endedAt: number
  /**
   * A status. `broken`: the connection ended without an answer. `left`: the sender closed it, or
   * waited in vain.
   */
  readonly outcome: number | 'broken' | 'left'
  /** The code that a forged request must get. */
  readonly code?: string | undefined
}

/** A request that the application got. */
export interface Arrival {
  readonly attempt: string
  /** The header `tollgate-delivery`. */
  readonly delivery: string
  /** When the application answered with success. Not set if it did not do the work. */
  readonly doneAt?: number | undefined
}

/** Something that was done to the set-up. */
export interface Fault {
  readonly what: string
  readonly from: number
  readonly to: number
  /**
   * Which deliveries Redis may forget. `recent`: those that the old primary had not yet passed on.
   */
  readonly forgets?: 'all' | 'recent' | undefined
  /** True if Redis has a new primary. */
  readonly isFailover?: boolean | undefined
}

/** A process of the gateway. */
export interface GatewayProcess {
  readonly id: string
  readonly endedAt?: number | undefined
  readonly endedBy?: 'SIGTERM' | 'SIGKILL' | undefined
  /** The samples of a process that lived, by name and labels as they were exposed. */
  readonly metrics?: ReadonlyMap<string, number> | undefined
}

/** Everything that happened in a run. */
export interface History {
  readonly attempts: readonly Attempt[]
  readonly arrivals: readonly Arrival[]
  readonly faults: readonly Fault[]
  readonly processes: readonly GatewayProcess[]
  /** True if the replay guard refuses repeats, instead of marking them. */
  readonly isRejecting: boolean
  /** The time limit of a request in the gateway. */
  readonly timeoutMs: number
  /** How long a delivery is pending at most. */
  readonly leaseMs: number
  /** How long the driver could not notice anything, at most. */
  readonly stallMs: number
}

/** A process may die between an answer and the confirmation of its delivery. */
const confirmMs = 1000
/** When the library tries to confirm a delivery while the store fails. */
const confirmTriesMs = [100, 750, 2250, 6750]
const slowConfirmMs = 7000
/** The longest pause before the gateway connects to Redis again. */
const reconnectMs = 2000
/** How far a replica may be behind its primary. */
const behindMs = 2000
/** In this time a sender learns that a connection was closed before its request was read. */
const crossedMs = 500
/** After a failover, new deliveries must be handled within this time. */
const recoveryMs = 10_000

/** Statuses of a gateway after which Twilio sends again with `rp=5xx`. */
const isRetried = (outcome: Attempt['outcome']): boolean => typeof outcome === 'string' || outcome >= 500

const isSuccess = (outcome: Attempt['outcome'] | undefined): boolean =>
  typeof outcome === 'number' && outcome >= 200 && outcome < 300

/** Returns everything that is wrong in a history, as sentences. */
export function judge(history: History): string[] {
  return [
    ...judgeArrivals(history),
    ...judgeDeliveries(history),
    ...judgeForged(history),
    ...judgeConnections(history),
    ...judgeRecovery(history),
    ...history.processes.flatMap((process) => [...judgeMetrics(process, history.attempts)]),
  ]
}

interface Work {
  readonly attempt: Attempt
  readonly doneAt: number
}

/** Returns the work that was done for each delivery, in the order of its ends. */
function findWork({ attempts, arrivals }: History): Map<string, Work[]> {
  const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  const work = new Map<string, Work[]>()
  for (const { attempt: id, delivery, doneAt } of arrivals) {
    const attempt = byId.get(id)
    if (attempt === undefined || attempt.kind === 'hello' || delivery !== 'first' || doneAt === undefined) continue
    const done = work.get(attempt.delivery) ?? []
    work.set(attempt.delivery, done)
    done.push({ attempt, doneAt })
  }
  for (const done of work.values()) done.sort((one, other) => one.doneAt - other.doneAt)
  return work
}

/** Returns how many deliveries were handled, and why some were handled again. */
export function countWork(history: History): { readonly handled: number; readonly excuses: readonly string[] } {
  const work = [...findWork(history).values()]
  const excuses = work.flatMap((done) =>
    done.slice(1).map((next, index) => excuse(done[index] as Work, next, history) ?? 'without a reason'),
  )
  return { handled: work.length, excuses }
}

function* judgeArrivals({ attempts, arrivals }: History): Generator<string> {
  const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  for (const { attempt, delivery } of arrivals)
    if (!byId.has(attempt)) yield `the application got the request ${attempt}, which no sender has sent`
    else if (byId.get(attempt)?.kind !== 'hello' && delivery !== 'first' && delivery !== 'repeated')
      yield `${attempt} reached the application as ${delivery || 'unguarded'}`
}

/** Each is handled once as the first, or its sender got an answer after which it sends again. */
function* judgeDeliveries(history: History): Generator<string> {
  const work = findWork(history)
  const sent = new Map<string, Attempt[]>()
  for (const attempt of history.attempts)
    if (attempt.kind === 'genuine' || attempt.kind === 'copy')
      sent.set(attempt.delivery, [...(sent.get(attempt.delivery) ?? []), attempt])
  const repeats = new Set(
    history.arrivals.filter(({ delivery }) => delivery === 'repeated').map(({ attempt }) => attempt),
  )
  for (const [delivery, attempts] of sent) {
    const done = work.get(delivery) ?? []
    const [first] = done
    const describe = (): string => attempts.map(({ kind, outcome }) => `${kind} ${outcome}`).join(', ')
    const last = attempts.filter(({ kind }) => kind === 'genuine').at(-1)
    if (last === undefined || isRetried(last.outcome)) yield `${delivery} has no final answer: ${describe()}`
    if (first === undefined) yield `${delivery} was lost: ${describe()}`
    for (const [index, next] of done.slice(1).entries())
      if (excuse(done[index] as Work, next, history) === undefined) yield `${delivery} was handled twice: ${describe()}`
    for (const { id, outcome, endedAt } of attempts) {
      const isAfter = first !== undefined && endedAt >= first.doneAt
      if (isSuccess(outcome) && !isAfter) yield `${id} was answered ${outcome} before ${delivery} was handled`
      // An application skips what is marked, so this delivery would be lost.
      if (repeats.has(id) && !isAfter) yield `${id} was marked as repeated before ${delivery} was handled`
      if (typeof outcome === 'number' && outcome >= 400 && outcome < 500)
        if (outcome !== 403 || !history.isRejecting || !isAfter)
          yield `${id}, which is genuine, was refused: ${outcome}`
      if (history.isRejecting && repeats.has(id)) yield `${id} was marked, but not refused`
    }
    for (const { attempt, doneAt } of done) {
      // The work ended when the gateway no longer waited for it.
      const isLate = attempt.outcome === 504 && doneAt - attempt.sentAt > history.timeoutMs
      if (typeof attempt.outcome === 'number' && !isSuccess(attempt.outcome) && !isLate)
        yield `${attempt.id} was handled, but answered ${attempt.outcome}`
    }
  }
}

/** Returns why, as the documentation says, a delivery could be new again after this work. */
function excuse(work: Work, next: Work, history: History): string | undefined {
  const { attempt, doneAt } = work
  // The gateway does not know either whether the answer arrived.
  if (!isSuccess(attempt.outcome)) return 'its sender had no answer'
  if (isForgotten(work, next, history) || isReservationLost(work, next, history)) return 'Redis forgot it'
  // The work that was reserved first may have ended last.
  if (isReservationLost(next, work, history)) return 'Redis forgot its reservation'
  // docs/replay.md: if all tries to confirm a delivery fail, it is new again after the lease.
  const confirmedAt = findConfirmation(work, history)
  if (confirmedAt === Number.POSITIVE_INFINITY) return 'Redis did not confirm it'
  const leaseEnd = attempt.sentAt + history.leaseMs
  if (leaseEnd < Math.min(confirmedAt, next.doneAt) && next.attempt.sentAt < confirmedAt)
    return 'its lease ended before Redis confirmed it'
  const ended = history.processes.find(({ id }) => id === attempt.process)
  const isSlow = confirmTriesMs.some((ms) => isDisturbed(doneAt + ms, history))
  const msUntilEnd =
    (ended?.endedBy === 'SIGKILL' || isSlow ? (ended?.endedAt ?? Infinity) : Infinity) - attempt.endedAt
  return msUntilEnd < (isSlow ? slowConfirmMs : confirmMs) ? 'its process ended before the confirmation' : undefined
}

/** Returns true if Redis may not have answered at a time. */
function isDisturbed(at: number, { faults }: History): boolean {
  return faults.some(({ what, from, to }) => what.includes('Redis') && from < at && at < to + reconnectMs)
}

/** Returns when Redis has confirmed a delivery at the latest. */
function findConfirmation({ doneAt }: Work, history: History): number {
  const tryMs = confirmTriesMs.find((ms) => !isDisturbed(doneAt + ms, history))
  return tryMs === undefined ? Number.POSITIVE_INFINITY : doneAt + tryMs
}

/** Returns true if Redis may have lost the confirmation of a delivery before the next work on it. */
function isForgotten(work: Work, next: Work, history: History): boolean {
  const confirmedAt = findConfirmation(work, history)
  return history.faults.some(
    ({ forgets, from, to }) =>
      forgets !== undefined &&
      work.doneAt <= to &&
      from <= next.doneAt &&
      (forgets === 'all' || confirmedAt > from - behindMs),
  )
}

/**
 * Returns true if Redis may have lost a reservation during the work, so that the other work began
 * before the confirmation. Only the confirmation brings the key back, and each gateway connects to
 * Redis again at another time.
 */
function isReservationLost(work: Work, other: Work, history: History): boolean {
  return (
    other.attempt.sentAt < findConfirmation(work, history) &&
    history.faults.some(
      ({ forgets, from, to }) =>
        forgets !== undefined &&
        work.attempt.sentAt <= to &&
        from <= Math.min(work.doneAt, other.doneAt) &&
        (forgets === 'all' || work.doneAt > from - behindMs),
    )
  )
}

function* judgeForged({ attempts, arrivals }: History): Generator<string> {
  const arrived = new Set(arrivals.map(({ attempt }) => attempt))
  for (const { id, kind, outcome } of attempts) {
    if (kind !== 'forged') continue
    if (arrived.has(id)) yield `${id}, which is forged, reached the application`
    if (outcome !== 403 && outcome !== 'broken' && outcome !== 'left')
      yield `${id}, which is forged, was answered ${outcome}`
  }
}

/**
 * Only a process that is killed breaks a connection. One that stops also closes connections that
 * are idle, and a request may be on its way at that moment. Then it has not been read.
 */
function* judgeConnections({ attempts, arrivals, processes }: History): Generator<string> {
  const byId = new Map(processes.map((process) => [process.id, process]))
  const arrived = new Set(arrivals.map(({ attempt }) => attempt))
  for (const { id, process = '', outcome, sentAt, endedAt } of attempts)
    if (outcome === 'broken' && process !== '') {
      const { endedBy, endedAt: diedAt = 0 } = byId.get(process) ?? {}
      const isKilled = endedBy === 'SIGKILL' && Math.abs(endedAt - diedAt) < confirmMs
      const isCrossed = endedBy === 'SIGTERM' && endedAt > diedAt && endedAt - sentAt < crossedMs && !arrived.has(id)
      if (!isKilled && !isCrossed)
        yield `the connection of ${id} broke, but its process was not killed (${endedBy ?? 'it lived'})`
    }
}

function* judgeRecovery(history: History): Generator<string> {
  const done = [...findWork(history).values()].flat().map(({ doneAt }) => doneAt)
  const lastAt = history.attempts.reduce((last, { sentAt }) => Math.max(last, sentAt), 0)
  // Until then there was something to handle.
  for (const { what, to, isFailover } of history.faults)
    if (isFailover && lastAt > to + recoveryMs && !done.some((at) => at > to && at <= to + recoveryMs))
      yield `nothing was handled within ${recoveryMs} ms of: ${what}`
}

/** The codes that a request of this kind may have for its outcome. */
function listCodes({ kind, outcome, code }: Attempt): readonly string[] {
  if (kind === 'forged') return [code ?? '']
  if (outcome === 503) return ['replay_pending', 'replay_store_failed']
  return [outcome === 403 ? 'replayed' : 'accepted']
}

/** Every request of a living process is counted once, by its status and by its code. */
function* judgeMetrics({ id, metrics }: GatewayProcess, attempts: readonly Attempt[]): Generator<string> {
  if (metrics === undefined) return
  const own = attempts.filter(({ process }) => process === id)
  // Nothing is known of the answer that was not read. It could be any.
  const unread = own.filter(({ outcome }) => typeof outcome === 'string').length
  const add = (name: string, labels = /./): number =>
    [...metrics].reduce((sum, [key, value]) => (key.startsWith(`${name}{`) && labels.test(key) ? sum + value : sum), 0)
  // A connection without the answer to its hello could be anywhere.
  const unplaced = attempts.filter(({ process }) => process === undefined).length
  const check = (what: string, counted: number, seen: number, more: number): string[] =>
    counted >= seen && counted <= seen + more ? [] : [`${id} counted ${counted} ${what}, but ${seen} were seen`]
  yield* check('requests', add('tollgate_verdicts_total'), own.length, unplaced)
  yield* check('answers', add('tollgate_responses_total'), own.length, unplaced)
  yield* check('durations', add('tollgate_request_duration_seconds_count'), own.length, unplaced)
  const read = own.filter(({ outcome }) => typeof outcome === 'number')
  for (const status of new Set(read.map(({ outcome }) => outcome))) {
    const seen = read.filter(({ outcome }) => outcome === status).length
    const counted = add('tollgate_responses_total', new RegExp(`status="${status}"`))
    yield* check(`answers with ${status}`, counted, seen, unread + unplaced)
  }
  for (const codes of new Set(read.map((attempt) => listCodes(attempt).join('|')))) {
    const seen = read.filter((attempt) => listCodes(attempt).join('|') === codes).length
    yield* check(codes, add('tollgate_verdicts_total', new RegExp(`code="(${codes})"`)), seen, unread + unplaced)
  }
  if (metrics.get('tollgate_requests_in_flight') !== 0) yield `${id} has requests in flight at the end`
}
