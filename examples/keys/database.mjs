import { cached } from 'tollgate/keys'

/** @param {(accountSid: string, options: { signal: AbortSignal }) => Promise<{ authToken: string } | undefined>} findTenant */
export function makeLookup(findTenant) {
  // #region cached
  const authToken = cached(async (accountSid, signal) => (await findTenant(accountSid, { signal }))?.authToken, {
    maxEntries: 50_000,
  })
  // #endregion
  return authToken
}
