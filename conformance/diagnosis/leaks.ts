import type { Diagnosis } from 'tollgate/diagnose'
import { explainInWords } from './explained.ts'
import type { SetUp } from './setup.ts'

/** Lists the keys, expected signatures and texts that a diagnosis shows, as data or in words. */
export async function listLeaks(setUp: SetUp, diagnosis: Diagnosis): Promise<readonly string[]> {
  const outputs = [JSON.stringify(withoutAccepted(diagnosis)), await explainInWords(setUp, diagnosis)]
  const secrets = [...new Set([...setUp.hidden, ...listKeys(setUp)])]
  return secrets.filter((secret) =>
    outputs.some((output) => output.includes(secret) || output.includes(JSON.stringify(secret).slice(1, -1))),
  )
}

/** Removes an accepted verdict, which passes the parameters to the application. */
function withoutAccepted(diagnosis: Diagnosis): object {
  if (!diagnosis.verdict.ok) return diagnosis
  const { verdict: _, ...rest } = diagnosis
  return rest
}

/** Lists the configured keys without quotes and white space. An AccountSid is not secret. */
function listKeys({ options }: SetUp): readonly string[] {
  const { authToken = [], otherTokens = {}, sharedKeys = {} } = options
  const tokens = typeof authToken === 'string' ? [authToken] : Object.values(authToken)
  return (
    [
      ...tokens,
      ...Object.values(otherTokens),
      ...Object.values(sharedKeys).map((key) => (typeof key === 'string' ? key : key.secret)),
    ]
      .map((key) => key.replace(/^["'\s]+|["'\s]+$/g, ''))
      // An empty key is in every text.
      .filter((key) => key !== '' && !key.startsWith('AC'))
  )
}
