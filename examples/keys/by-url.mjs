/**
 * @param {Required<import('tollgate').AuthTokenLookup> & import('tollgate').AuthTokenLookup} tokens
 * @param {Readonly<Record<string, string>>} accountOfPath
 * @returns {import('tollgate').AuthTokenLookup}
 */
export function chooseByUrl(tokens, accountOfPath) {
  /** @type {(claim: import('tollgate').UnverifiedClaim) => import('tollgate').UnverifiedClaim} */
  const byUrl = (claim) => {
    const accountSid = claim.accountSid ?? accountOfPath[new URL(claim.url).pathname]
    return accountSid === undefined ? claim : { ...claim, accountSid }
  }
  /** @type {import('tollgate').AuthTokenLookup} */
  const lookup = (claim) => tokens(byUrl(claim))
  lookup.refresh = (claim) => tokens.refresh(byUrl(claim))
  lookup.verified = (claim) => tokens.verified(byUrl(claim))
  return lookup
}
