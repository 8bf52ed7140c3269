import { cached } from 'tollgate/keys'

/**
 * @param {(accountSid: string, options: { signal: AbortSignal }) => Promise<{ authToken: string } |
 *   undefined>} findTenant
 * @param {() => Promise<string[]>} listAccountSids
 */
export async function makeLookup(findTenant, listAccountSids) {
  const knownAccounts = new Set(await listAccountSids())
  const authToken = cached(async (accountSid, signal) => (await findTenant(accountSid, { signal }))?.authToken, {
    knownAccounts,
    maxEntries: 50_000,
  })
  return authToken
}
