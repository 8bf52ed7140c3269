/** The place where a URL is configured. */
export interface Place {
  readonly account: string
  /** The name of a row in `resources`. */
  readonly resource: string
  readonly sid: string
  readonly field: string
}

/** One configured URL. It may hold passwords: mask it before it is shown. */
export interface Webhook extends Place {
  readonly url: string
  readonly method: string
  /** The property for which Twilio ignores the URL. */
  readonly ignoredFor: string | undefined
  /** May be a server of another party, so its host and method are not faults. */
  readonly callsOthers: boolean
}

/** A URL pattern under which Twilio does not sign with the Auth Token alone. */
export interface SigningRule extends Place {
  readonly keyIds: readonly string[]
  readonly offIds: readonly string[]
}

/** A part of an account that could not be read. */
export interface Gap {
  readonly account: string
  readonly resource: string
  readonly reason: string
  /**
   * Twilio refused it, gave no usable answer, or has more than the audit reads without being asked.
   */
  readonly kind: 'refused' | 'failed' | 'left'
}

export interface Inventory {
  readonly account: string
  readonly accounts: readonly string[]
  /** Suspended and closed accounts, which get no webhooks. */
  readonly inactive: number
  readonly webhooks: readonly Webhook[]
  readonly rules: readonly SigningRule[]
  readonly gaps: readonly Gap[]
}

/** The accounts and resources to read. Empty lists mean everything. */
export interface Scope {
  readonly accounts: readonly string[]
  readonly resources: readonly string[]
}

/** Identifies a place, and the same place in another run. */
export function toKey(place: Partial<Place>): string {
  return [place.account, place.resource, place.sid, place.field].filter((part) => part !== undefined).join('/')
}

export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

export function toPlace({ account, resource, sid, field }: Place): Place {
  return { account, resource, sid, field }
}

/** Puts the items with equal keys together, in the order of the first of each. */
export function group<T>(
  items: readonly T[],
  keyOf: (item: T) => readonly string[],
): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const key = JSON.stringify(keyOf(item))
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [item])
    else known.push(item)
  }
  return [...groups.values()]
}
