// #region production
import { createVerifier } from 'tollgate'
import { diagnose, evenInProduction, withHints } from 'tollgate/diagnose'

export const verifier = createVerifier({
  publicUrl: 'https://app.example.com',
  // Use it for a few hours only. Each explanation costs CPU time, and how many there are is
  // limited.
  diagnose: evenInProduction(diagnose),
})
// #endregion

// #region hints
export const hinted = createVerifier({
  publicUrl: 'https://app.example.com',
  diagnose: withHints({
    otherTokens: { subaccount: process.env.SUBACCOUNT_TOKEN ?? '' },
    otherUrls: ['https://old.example.com/twilio/sms'],
  }),
})
// #endregion

// #region call
/** @param {import('tollgate/diagnose').DiagnosableRequest} request */
export async function explain(request) {
  const { proven, suspected } = await diagnose(request, {
    publicUrl: 'https://app.example.com',
    otherTokens: { subaccount: process.env.SUBACCOUNT_TOKEN ?? '' },
    otherHosts: ['old.example.com'],
    prefixes: ['/twilio'],
    framework: 'express',
  })
  return (proven?.causes ?? suspected).map(({ id, detail, fix }) => `${id}: ${detail} ${fix}`)
}
// #endregion
