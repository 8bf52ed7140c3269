import type { Sample } from './sample.ts'
import { call } from './voice.ts'

/** Steps of a call beyond the first: queues, recordings, payments, transfers. Invented values in the form of real ones. */
export const callSteps: Readonly<
  Record<
    'gather.partial' | 'record.action' | 'queue.wait' | 'queue.connect' | 'queue.action' | 'pay.action' | 'sip.refer',
    Sample
  >
> = {
  'gather.partial': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CAd7598ffc75749fb7aea0b45c9c036adc' }),
      ['UnstableSpeechResult', 'Ich möchte einen Tisch'],
      ['StableSpeechResult', ''],
      ['Stability', '0.9'],
      ['SequenceNumber', '2'],
      ['Language', 'de-DE'],
    ],
  },
  'record.action': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CAc93bf9a243a391a65da5b60116ee9a5c' }),
      [
        'RecordingUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
      ['RecordingDuration', '11'],
      ['RecordingSid', 'REba3a45e6e565daede1152e31db173a7d'],
      ['Digits', '#'],
    ],
  },
  'queue.wait': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CA7d1b0c5e9f3a4862b4d6e8f0a2c4e6b8' }),
      ['QueuePosition', '2'],
      ['QueueSid', 'QU4b1d9e6f7a8c4e0d9b2f5a3c7e1d8f60'],
      ['QueueTime', '31'],
      ['AvgQueueTime', '48'],
      ['CurrentQueueSize', '3'],
      ['MaxQueueSize', '100'],
    ],
  },
  'queue.connect': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CA7d1b0c5e9f3a4862b4d6e8f0a2c4e6b8' }),
      ['QueueSid', 'QU4b1d9e6f7a8c4e0d9b2f5a3c7e1d8f60'],
      ['QueueTime', '62'],
      ['DequeingCallSid', 'CA84a48e4ef7f7e73e9638d243aaae89b3'],
    ],
  },
  'queue.action': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CA7d1b0c5e9f3a4862b4d6e8f0a2c4e6b8' }),
      ['QueueResult', 'bridged'],
      ['QueueSid', 'QU4b1d9e6f7a8c4e0d9b2f5a3c7e1d8f60'],
      ['QueueTime', '62'],
    ],
  },
  'pay.action': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CA2c9d5a7e1b3f4860a9c8e6d4b2f0a1c3' }),
      ['Result', 'success'],
      ['PaymentCardNumber', 'xxxxxxxxxxxx1111'],
      ['PaymentCardType', 'visa'],
      ['ExpirationDate', '0530'],
      ['SecurityCode', 'xxx'],
      ['PaymentCardPostalCode', '94109'],
      ['PaymentConfirmationCode', 'ch_example_42'],
    ],
  },
  'sip.refer': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CA059d31693a4aa671145818af65a1cf3e' }),
      ['ReferTransferTarget', 'sip:bob@example.sip.twilio.com'],
    ],
  },
}
