import type { ParamsReader } from '../schemes/twilio/webhooks/row.ts'

/** A file that is attached to a message. */
export interface Media {
  /**
   * The URL to fetch it from. If "HTTP basic auth for media" is enabled in the Console, the request
   * needs your credentials.
   */
  readonly url: string
  /** The media type that Twilio reports, for example `image/jpeg`. */
  readonly contentType: string | undefined
}

// Twilio documents at most ten. A larger number than this does not come from Twilio.
const maxMedia = 100

/**
 * Lists the files that are attached to an inbound message (SMS, MMS, WhatsApp, RCS). It reads
 * NumMedia, MediaUrl0, MediaContentType0 and so on.
 *
 * The URLs are only as trustworthy as the parameters: verify the webhook before you fetch one with
 * your credentials.
 *
 * @param params the parameters of the message.
 * @returns at most 100 files. An empty list if NumMedia is missing or malformed. A file without a
 *   MediaUrl is left out.
 * @see https://www.twilio.com/docs/messaging/guides/webhook-request#media-related-parameters
 */
export function media(params: Pick<ParamsReader, 'get'>): Media[] {
  const count = params.get('NumMedia') ?? ''
  if (!/^[0-9]{1,3}$/.test(count)) return []
  const found: Media[] = []
  for (let index = 0; index < Math.min(Number(count), maxMedia); index++) {
    const url = params.get(`MediaUrl${index}`)
    if (url) found.push({ url, contentType: params.get(`MediaContentType${index}`) ?? undefined })
  }
  return found
}

const stopKeyword = /^(stop|stopall|unsubscribe|cancel|end|quit|revoke|optout)$/i

/**
 * Returns true if an inbound message opts out. With Advanced Opt-Out, Twilio sends OptOutType,
 * which follows your own keywords and languages, and `isStop` looks only at it. Otherwise the whole
 * Body must be one of Twilio's default keywords: STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT,
 * REVOKE, OPTOUT. Case and the white space around it do not matter. "Stop please" does not opt out.
 *
 * Twilio blocks the number itself, so use this for your own records. A toll-free number knows only
 * STOP, and a word such as CANCEL may also answer a question that you asked.
 *
 * @param params the parameters of an inbound message.
 * @see https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
 */
export function isStop(params: Pick<ParamsReader, 'get'>): boolean {
  const type = params.get('OptOutType')
  if (type) return type.toUpperCase() === 'STOP'
  return stopKeyword.test(params.get('Body')?.trim() ?? '')
}
