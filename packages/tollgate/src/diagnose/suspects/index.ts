import type { FoundCause } from '../conclude.ts'
import { bodySuspects } from './body.ts'
import { keySuspects } from './keys.ts'
import { paramsSuspects } from './params.ts'
import { signatureSuspects } from './signature.ts'
import type { Suspect, Suspicion, Unproven } from './suspect.ts'
import { urlSuspects } from './url.ts'

const certain = 90
const least = 30
const most = 5

const suspects: readonly Suspect[] = [
  ...signatureSuspects,
  ...keySuspects,
  ...bodySuspects,
  ...paramsSuspects,
  ...urlSuspects,
]

/** What the request and the options give away, likeliest first. What is certain stands alone. */
export function listSuspects(unproven: Unproven): FoundCause[] {
  const found = suspects
    .map((suspect) => suspect(unproven))
    .filter((one): one is Suspicion => one !== undefined && one.score >= least)
    .sort((one, other) => other.score - one.score)
  const sure = found.filter(({ score }) => score >= certain)
  return (sure.length > 0 ? sure : found.slice(0, most)).map(({ id, detail }) => ({ id, detail }))
}
