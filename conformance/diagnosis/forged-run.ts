import { fromRequest, type VerifierOptions } from 'tollgate'
import { type DiagnosableRequest, type DiagnoseOptions, diagnose } from 'tollgate/diagnose'
import { account, otherAccount, otherToken, sharedKey, token } from '../kit/draft.ts'
import { createRandom } from '../kit/random.ts'
import { forge } from './forged.ts'

/** Servers with every kind of key and public URL, and the hints that a user may give. */
const servers: readonly (VerifierOptions & DiagnoseOptions)[] = [
  { publicUrl: 'https://app.example.com', authToken: token },
  { publicUrl: 'http://localhost:3000/api', authToken: [otherToken, token], prefixes: ['/twilio'] },
  { publicUrl: ['https://app.example.com', 'https://www.example.com'], authToken: { [account]: token } },
  {
    publicUrl: fromRequest({ allowedHosts: ['*.example.com'], trustedProxies: 'loopback', forwardedBy: 'x-forwarded' }),
    authToken: token,
    otherTokens: { [otherAccount]: otherToken },
    otherHosts: ['example.ngrok.app'],
  },
  {
    publicUrl: 'https://app.example.com',
    authToken: token,
    sharedKeys: { key1: sharedKey.secret },
    otherUrls: ['https://app.example.com/sms?x=1'],
  },
  { publicUrl: 'https://app.example.com', sharedKeys: { key1: { secret: sharedKey.secret, algorithm: 'HMAC_SHA1' } } },
  { publicUrl: 'https://app.example.com', authToken: `"${token}"` },
]

interface ForgedRun {
  readonly requests: number
  /** The requests for which signatures were computed. */
  readonly searched: number
  readonly signatures: number
  /** The requests that were accepted or proven to be something, with the diagnosis. */
  readonly proven: readonly string[]
}

// A diagnosis pauses, so that a server can answer others. Several fill the pauses.
const atOnce = 16

/** Diagnoses so many forged requests. The same seed makes the same requests. */
export async function diagnoseForged(requests: number, seed: number): Promise<ForgedRun> {
  const random = createRandom(seed)
  const proven: string[] = []
  let [started, searched, signatures] = [0, 0, 0]
  const work = async (): Promise<void> => {
    while (started < requests) {
      started++
      const request = forge(random)
      const found = await diagnose(request as DiagnosableRequest, random.pick(servers))
      if (found.verdict.ok || found.proven !== undefined) proven.push(JSON.stringify({ request, found }))
      if (found.tried > 0) searched++
      signatures += found.tried
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { requests, searched, signatures, proven }
}
