import type { KindFields } from './kind-of.ts'

/** Something attached to a message. */
export interface Media {
  /** Where to fetch it. With "HTTP basic auth for media" enabled in the Console it needs your credentials. */
  readonly url: string
  /** As Twilio names it, for example `image/jpeg`. */
  readonly contentType: string | undefined
}

// Twilio documents ten at most; a number beyond this is not Twilio's.
const MOST_MEDIA = 100

/**
 * What is attached to an inbound message (SMS, MMS, WhatsApp, RCS), from NumMedia, MediaUrl0, MediaContentType0 and so
 * on. A malformed NumMedia means none, a missing MediaUrl is passed over. The URLs are as trustworthy as the
 * parameters: before fetching one with your credentials, the webhook must have been verified.
 * https://www.twilio.com/docs/messaging/guides/webhook-request#media-related-parameters
 */
export function media(params: Pick<KindFields, 'get'>): Media[] {
  const count = params.get('NumMedia') ?? ''
  if (!/^[0-9]{1,3}$/.test(count)) return []
  const found: Media[] = []
  for (let index = 0; index < Math.min(Number(count), MOST_MEDIA); index++) {
    const url = params.get(`MediaUrl${index}`)
    if (url) found.push({ url, contentType: params.get(`MediaContentType${index}`) ?? undefined })
  }
  return found
}
