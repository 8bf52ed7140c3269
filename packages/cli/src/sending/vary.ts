import { randomBytes } from 'node:crypto'

// SIDs that differ between deliveries. Those of accounts, services and workspaces stay the same.
const instance = /^(SM|MM|CA|RE|CF|EV|EZ|GT|TR|IM|WT|WR|CJ|NO|DY|YC|YE|RM|PA|KI)[0-9a-f]{32}$/

/**
 * Copies a value with new SIDs, so that it looks like another message or call.
 * @param renewed remembers replacements, so that equal SIDs stay equal
 */
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
