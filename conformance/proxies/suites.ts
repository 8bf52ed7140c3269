import type { Suite } from '../kit/suite.ts'
import { asSentSuite } from './as-sent.ts'
import type { Bench } from './bench.ts'
import { fromRequestSuite } from './from-request.ts'
import type { ProxyKind } from './kinds.ts'
import { oddTargetsSuite } from './odd-targets.ts'
import { spoofedSuite } from './spoofed.ts'
import { trailingSlashSuite } from './trailing-slash.ts'
import { withPublicUrlSuite } from './with-public-url.ts'

/** Lists the suites for each proxy. A case calls `getBench` when it runs. */
export function proxySuites(kind: ProxyKind, getBench: () => Bench): readonly Suite[] {
  return [
    withPublicUrlSuite(getBench),
    fromRequestSuite('x-forwarded', getBench),
    fromRequestSuite('forwarded', getBench),
    spoofedSuite(kind, getBench),
    asSentSuite(getBench),
    oddTargetsSuite(kind, getBench),
    ...(kind.sites.index === undefined ? [] : [trailingSlashSuite(getBench)]),
  ]
}
