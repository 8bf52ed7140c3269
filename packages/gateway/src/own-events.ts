import { EventEmitter } from 'node:events'
import type { FileKeys } from 'tollgate/keys'
import type { metricRows } from './metric-rows.ts'

/** How Twilio's Accounts API answered a look-up. */
export type LookUpResult = (typeof metricRows.lookUps.labels.result)[number]

/**
 * What happens beside requests, for the metrics. The metrics follow it only with `admin`, because
 * their library uses memory.
 */
export class OwnEvents extends EventEmitter<{
  reload: [result: 'applied' | 'refused']
  lookUp: [result: LookUpResult, seconds: number]
  lookUpFailure: []
  /** So many connections of clients are open that some are closed. At most once a minute. */
  crowded: [open: number, most: number]
  redisCommand: [result: 'answered' | 'failed', seconds: number]
}> {
  /** The key files and folders in use. */
  readonly keyFiles: Set<Pick<FileKeys, 'readAt' | 'isRefused'>> = new Set()
  /** Whether the replay store in Redis keeps deliveries, by the kind of its URL. */
  readonly redisUp: Map<string, boolean> = new Map()
}
