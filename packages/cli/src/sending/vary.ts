import { randomBytes } from 'node:crypto'

// What differs from one delivery to the next; accounts, services and workspaces stay.
const instance = /^(SM|MM|CA|RE|CF|EV|EZ|GT|TR|IM|WT|WR|CJ|NO|DY|YC|YE|RM|PA|KI)[0-9a-f]{32}$/

/** A copy with new SIDs, the same for the same: a delivery that Twilio would make of another message or call. */
export function renewSids<T>(value: T, renewed: Map<string, string> = new Map()): T {
  if (typeof value === 'string') return renewSid(value, renewed) as T
  if (Array.isArray(value)) return value.map((each) => renewSids(each, renewed)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, renewSids(each, renewed)])) as T
}

function renewSid(text: string, renewed: Map<string, string>): string {
  const prefix = instance.exec(text)?.[1]
  if (prefix === undefined) return text
  const sid = renewed.get(text) ?? prefix + randomBytes(16).toString('hex')
  renewed.set(text, sid)
  return sid
}
