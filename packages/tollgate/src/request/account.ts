import { decodeUtf8 } from '../scheme/form.ts'
import type { Pairs } from '../scheme/signing-string.ts'

// Messaging, voice and most others; Verify and Intelligence; Proxy.
const formNames: readonly string[] = ['AccountSid', 'account_sid', 'interactionAccountSid']
const jsonNames = ['AccountSid', 'account_sid', 'accountSid'] as const

/** The distinct accounts that the parameters name, as written. */
export function listAccounts(params: Pairs): readonly string[] {
  const accounts: string[] = []
  for (const pair of params) if (formNames.includes(pair[0]) && !accounts.includes(pair[1])) accounts.push(pair[1])
  return accounts
}

/** The distinct accounts that a JSON body names: at its top, or in each CloudEvent's `data`. Only for a body that is proven. */
export function listAccountsInJson(body: Uint8Array): readonly string[] {
  const accounts = new Set<string>()
  const text = decodeUtf8(body)
  for (const event of toArray(text === undefined ? undefined : parseJson(text)))
    for (const object of [event, readProperty(event, 'data')])
      for (const name of jsonNames) {
        const account = readProperty(object, name)
        if (typeof account === 'string') accounts.add(account)
      }
  return [...accounts]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function readProperty(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? object[name as keyof object]
    : undefined
}
