// #region kinds
import { isKind, kindOf, media } from 'tollgate/params'

/** @param {import('tollgate').Accepted} webhook */
export function describe({ params }) {
  if (isKind(params, 'message.inbound', 'whatsapp.inbound', 'rcs.inbound')) {
    const pictures = media(params).filter(({ contentType }) => contentType?.startsWith('image/'))
    return `${params.get('From')} sent ${params.get('Body').length} characters and ${pictures.length} pictures`
  }
  if (isKind(params, 'call.status')) return `${params.get('CallSid')} is ${params.get('CallStatus')}`
  return `Something else: ${kindOf(params) ?? 'of no known kind'}`
}

// #endregion

// #region json
import { debuggerPayload, isEventBatch } from 'tollgate/params'

/** @param {import('tollgate').Accepted} webhook */
export function listEvents(webhook) {
  const error = debuggerPayload(webhook.params)
  if (error) return [`error ${error.error_code}`]
  const events = [webhook.json()].flat() // without `batch_events`, one event may come alone
  return isEventBatch(events) ? events.map(({ type, id }) => `${type} ${id}`) : []
}

// #endregion

// #region stream
import { parseStreamMessage } from 'tollgate/params'

/** @param {string} text a message of a Media Streams socket that a ticket admitted */
export function readAudio(text) {
  const message = parseStreamMessage(text)
  return message?.event === 'media' ? Buffer.from(message.media.payload, 'base64') : undefined
}
// #endregion
