import type { SendGridEvent, SendGridEventType } from './events.ts'

const mail = {
  email: 'ada@example.com',
  timestamp: 1_700_000_000,
  'smtp-id': '<14c5d75ce93.dfd.64b469@ismtpd-555>',
  sg_message_id: '14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0',
  category: ['invoice'],
}
const client = { ip: '192.0.2.1', useragent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15' }
const server = { ip: '192.0.2.25', tls: 1 }

/**
 * A realistic event of each type.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
 */
export const eventSamples: { readonly [T in SendGridEventType]: SendGridEvent<T> } = {
  processed: { ...mail, event: 'processed', sg_event_id: 'cHJvY2Vzc2VkLTAwMDAwMDAx', send_at: 0 },
  dropped: { ...mail, event: 'dropped', sg_event_id: 'ZHJvcC0wMDAwMDAwMQ', reason: 'Bounced Address', status: '5.0.0' },
  delivered: { ...mail, event: 'delivered', sg_event_id: 'ZGVsaXZlcmVkLTAtMQ', response: '250 OK', ...server },
  deferred: {
    ...mail,
    event: 'deferred',
    sg_event_id: 'ZGVmZXJyZWQtMS0x',
    response: '400 try again later',
    attempt: '5',
    ...server,
  },
  bounce: {
    ...mail,
    event: 'bounce',
    sg_event_id: 'Ym91bmNlLTAtMQ',
    reason: '550 5.1.1 The email account does not exist',
    status: '5.1.1',
    type: 'bounce',
    bounce_classification: 'Invalid Address',
    ...server,
  },
  open: { ...mail, event: 'open', sg_event_id: 'b3Blbi0x', sg_content_type: 'html', sg_machine_open: false, ...client },
  click: {
    ...mail,
    event: 'click',
    sg_event_id: 'Y2xpY2stMQ',
    url: 'https://example.com/café?a=1&b=2',
    url_offset: { index: 0, type: 'html' },
    ...client,
  },
  spamreport: { ...mail, event: 'spamreport', sg_event_id: 'c3BhbXJlcG9ydC0x' },
  unsubscribe: { ...mail, event: 'unsubscribe', sg_event_id: 'dW5zdWJzY3JpYmUtMQ' },
  group_unsubscribe: {
    ...mail,
    event: 'group_unsubscribe',
    sg_event_id: 'Z3JvdXAtdW5zdWItMQ',
    asm_group_id: 10,
    url: 'https://example.com/',
    ...client,
  },
  group_resubscribe: {
    ...mail,
    event: 'group_resubscribe',
    sg_event_id: 'Z3JvdXAtcmVzdWItMQ',
    asm_group_id: 10,
    url: 'https://example.com/',
    ...client,
  },
  account_status_change: {
    event: 'account_status_change',
    sg_event_id: 'YWNjb3VudC0x',
    timestamp: 1_700_000_000,
    type: 'compliance_suspend',
  },
}
