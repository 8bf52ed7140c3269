import { listExpected, type Row, type SeenOptions, type SeenRequest, type SetUp } from './setup.ts'
import { origin, type Sent, send, targetOf, token, type Wish } from './webhooks.ts'

interface Change {
  readonly url?: string
  /** `undefined` removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** `null` removes the body. */
  readonly body?: SeenRequest['body'] | null | undefined
  readonly params?: unknown
}

/** Returns the request as the application sees it, with these changes only. */
export function arrive(sent: Sent, change: Change = {}): SeenRequest {
  const headers = Object.entries({ ...sent.headers, ...change.headers }).filter(([, value]) => value !== undefined)
  const body = change.body === undefined && change.params === undefined ? sent.body : change.body
  return {
    method: sent.method,
    url: change.url ?? targetOf(sent.url),
    headers: Object.fromEntries(headers),
    ...(headers.some(([name]) => name === 'upgrade') && { handshake: true }),
    ...(body != null && { body }),
    ...(change.params !== undefined && { params: change.params }),
  }
}

export const atApp: SeenOptions = { publicUrl: origin, authToken: token }

/** A row of a table of made set-ups. */
export interface MadeRow extends Row {
  readonly wish?: Wish
  readonly options?: SeenOptions
  readonly spoil?: (sent: Sent) => Change
}

export function makeSetUps(rows: readonly MadeRow[]): Promise<readonly SetUp[]> {
  return Promise.all(
    rows.map(async (row) => {
      const sent = await send(row.webhook, row.wish)
      return {
        name: row.name,
        origin: 'made',
        webhook: row.webhook,
        request: arrive(sent, row.spoil?.(sent)),
        options: { ...atApp, ...row.options },
        expected: listExpected(row),
        sent,
        hidden: sent.hidden,
      }
    }),
  )
}

/** Shows the expected causes, with the explanations of the same size. */
export function showExpected(expected: readonly (readonly string[])[]): string {
  return expected.map((causes) => causes.join(' + ') || 'nothing').join(' or ')
}
