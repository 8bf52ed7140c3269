import { decodeUtf8 } from '../scheme/form.ts'
import type { Pairs } from '../scheme/signing-string.ts'

// Messaging, voice and most others; Verify and Intelligence; Proxy.
const formNames: readonly string[] = ['AccountSid', 'account_sid', 'interactionAccountSid']
const jsonNames = ['AccountSid', 'account_sid', 'accountSid'] as const

/** The distinct accounts that the parameters name, as written: at most so many, since a hostile form names thousands. */
export function listAccounts(params: Pairs, most: number): readonly string[] {
  const accounts = new Set<string>()
  for (const [name, value] of params) {
    if (!formNames.includes(name)) continue
    accounts.add(value)
    if (accounts.size === most) break
  }
  return [...accounts]
}

/**
 * The distinct accounts that a JSON body names, each place through lists: at its root, in `data` (of a CloudEvent) and one level below
 * that. Not in the whole tree: a genuine event may report on other accounts. Only for a body that is proven.
 * @returns `undefined` for a body that is not exactly one JSON text.
 */
export function listAccountsInJson(body: Uint8Array): readonly string[] | undefined {
  let json: unknown
  try {
    json = JSON.parse(decodeUtf8(body) ?? '')
  } catch {
    return undefined
  }
  const accounts = new Set<string>()
  const read = (object: unknown): void => {
    for (const name of jsonNames)
      for (const account of flatten(readProperty(object, name))) if (typeof account === 'string') accounts.add(account)
  }
  for (const event of flatten(json)) {
    read(event)
    for (const data of flatten(readProperty(event, 'data'))) {
      read(data)
      // Of a text, each character would be a value.
      if (typeof data === 'object') for (const inner of flatten(Object.values(Object(data)))) read(inner)
    }
  }
  return [...accounts]
}

/** What lists hold, however deeply they are nested: with a stack of its own, since the sender chooses the depth. */
function* flatten(value: unknown): Generator<unknown> {
  const rest = [value]
  while (rest.length > 0) {
    const one = rest.pop()
    if (Array.isArray(one)) for (let index = one.length - 1; index >= 0; index--) rest.push(one[index])
    else yield one
  }
}

function readProperty(object: unknown, name: string): unknown {
  return Object.hasOwn(Object(object), name) ? (object as Record<string, unknown>)[name] : undefined
}
