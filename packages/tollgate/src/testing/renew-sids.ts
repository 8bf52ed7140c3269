import { makeRandomToken } from '../checks/secrets.ts'
import type { SignRequestInput } from '../schemes/twilio/test-request.ts'

// SIDs that differ between deliveries. Those of accounts, services and workspaces stay the same.
const instance = /^(SM|MM|CA|RE|CF|EV|EZ|GT|TR|IM|WT|WR|CJ|NO|DY|YC|YE|RM|PA|KI)[0-9a-f]{32}$/

/**
 * Copies a webhook with new SIDs of its message, call or events, so that it counts as another
 * delivery. A sample always has the same SIDs, and a replay guard takes it for a repetition when it
 * comes twice.
 *
 * @param webhook A sample, or the input of `signRequest`. Only `params` and `json` change.
 * @param kept SIDs that stay as they are.
 * @returns a copy, in which equal SIDs are still equal
 */
export function renewSids<T extends Pick<SignRequestInput, 'params' | 'json'>>(
  webhook: T,
  kept: Iterable<string> = [],
): T {
  const renewed = new Map([...kept].map((sid) => [sid, sid]))
  const { params, json } = webhook
  return {
    ...webhook,
    ...(params !== undefined && { params: renewIn(params, renewed) }),
    ...(json !== undefined && { json: renewIn(json, renewed) }),
  }
}

function renewIn<T>(value: T, renewed: Map<string, string>): T {
  if (typeof value === 'string') return renewSid(value, renewed) as T
  if (Array.isArray(value)) return value.map((each) => renewIn(each, renewed)) as T
  // Another object than a plain one, such as URLSearchParams, has its content elsewhere.
  if (typeof value !== 'object' || value === null || Symbol.iterator in value) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, renewIn(each, renewed)])) as T
}

function renewSid(text: string, renewed: Map<string, string>): string {
  const prefix = instance.exec(text)?.[1]
  if (prefix === undefined) return text
  const sid = renewed.get(text) ?? prefix + makeRandomToken()
  renewed.set(text, sid)
  return sid
}
