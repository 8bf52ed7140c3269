import { listExpected, type Row, type SeenOptions, type SeenRequest, type SetUp } from './setup.ts'
import { origin, type Sent, send, targetOf, token, type Wish } from './webhooks.ts'

export interface Change {
  readonly url?: string
  /** `undefined` takes a header field away. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** `null`: nothing is left of it. */
  readonly body?: SeenRequest['body'] | null | undefined
  readonly params?: unknown
}

/** What the application sees of a request, and nothing of it changed but this. */
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
        hidden: sent.hidden,
      }
    }),
  )
}

/** How tables name what is expected: the causes, or else the explanation that says the same. */
export function showExpected(expected: readonly (readonly string[])[]): string {
  return expected.map((causes) => causes.join(' + ') || 'nothing').join(' or ')
}
