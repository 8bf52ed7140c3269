import type { Suite } from '../kit/suite.ts'
import { checkedTwice, otherCuts, otherSpellings, unsignedHeaders } from './altered.ts'
import { plainReplays } from './plain.ts'
import { races } from './races.ts'
import { genuineRepeats } from './repeats.ts'
import type { ReplaySubject } from './subject.ts'

/** What a replay guard must withstand, and what it must let in, over whatever store. */
export function replaySuites(subject: ReplaySubject): readonly Suite[] {
  return [
    plainReplays(subject),
    unsignedHeaders(subject),
    otherSpellings(subject),
    otherCuts(subject),
    checkedTwice(subject),
    races(subject),
    genuineRepeats(subject),
  ]
}
