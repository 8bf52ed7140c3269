import type { Suite } from '../kit/suite.ts'
import { checkedTwice, otherSpellings, otherSplits, unsignedHeaders } from './altered.ts'
import { plainReplays } from './plain.ts'
import { races } from './races.ts'
import { genuineRepeats } from './repeats.ts'
import type { ReplaySubject } from './subject.ts'

/** Lists the suites for a replay guard, with any store. */
export function replaySuites(subject: ReplaySubject): readonly Suite[] {
  return [
    plainReplays(subject),
    unsignedHeaders(subject),
    otherSpellings(subject),
    otherSplits(subject),
    checkedTwice(subject),
    races(subject),
    genuineRepeats(subject),
  ]
}
