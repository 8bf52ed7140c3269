/** The fields that an event has beside those that all have, by its type. */
interface Fields {
  processed: { readonly send_at?: number; readonly pool?: { readonly name: string; readonly id: number } }
  dropped: { readonly reason: string; readonly status?: string }
  delivered: { readonly response: string; readonly ip?: string; readonly tls?: number }
  deferred: { readonly response: string; readonly attempt: string; readonly ip?: string; readonly tls?: number }
  bounce: {
    readonly reason: string
    readonly status: string
    /**
     * `'blocked'` for a bounce that may pass later. Missing in SendGrid's own test of an
     * integration.
     */
    readonly type?: 'bounce' | 'blocked'
    readonly bounce_classification?: string
    readonly ip?: string
    readonly tls?: number
  }
  open: Client & { readonly sg_content_type?: string; readonly sg_machine_open?: boolean }
  click: Client & { readonly url: string; readonly url_offset?: { readonly index: number; readonly type: string } }
  spamreport: unknown
  unsubscribe: unknown
  group_unsubscribe: Client & { readonly url?: string; readonly asm_group_id: number }
  group_resubscribe: Client & { readonly url?: string; readonly asm_group_id: number }
  account_status_change: { readonly type: string }
}

interface Client {
  readonly ip: string
  readonly useragent: string
}

interface EveryEvent {
  /** The same in a retry of the event. */
  readonly sg_event_id: string
  /** When it happened, in Unix seconds. */
  readonly timestamp: number
}

interface MailEvent extends EveryEvent {
  readonly email: string
  readonly sg_message_id?: string
  readonly 'smtp-id'?: string
  readonly category?: string | readonly string[]
}

/** The type of an event of the Event Webhook. */
export type SendGridEventType = keyof Fields

/**
 * An event of the Event Webhook. `event.event` tells the types apart. Your own arguments
 * (`custom_args`) are fields too, so any other name may be there.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
 */
export type SendGridEvent<T extends SendGridEventType = SendGridEventType> = {
  [K in T]: { readonly event: K } & Fields[K] &
    (K extends 'account_status_change' ? EveryEvent : MailEvent) &
    Readonly<Record<string, unknown>>
}[T]

/**
 * Writes events as SendGrid does, which signs the line ends between the events and after the last.
 */
export function formatEvents(events: readonly unknown[]): string {
  return `[${events.map((event) => JSON.stringify(event)).join(',\r\n')}]\r\n`
}

/**
 * Drops the events whose `sg_event_id` came earlier in the list, because SendGrid may send an event
 * twice. Keep the ids in your database to recognise those of other requests.
 * @param events The events of one request. One without an id is kept.
 */
export function distinctEvents<E extends { readonly sg_event_id?: unknown }>(events: readonly E[]): E[] {
  const seen = new Set<unknown>()
  return events.filter(({ sg_event_id: id }) => {
    const isNew = id === undefined || !seen.has(id)
    seen.add(id)
    return isNew
  })
}
