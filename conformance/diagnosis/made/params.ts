import { type MadeRow, makeSetUps } from '../arrive.ts'
import { type Sent, saying } from '../webhooks.ts'

/** Keeps the changed values as an object. */
const mapped =
  (map: (value: string, name: string) => unknown) =>
  ({ pairs }: Sent) => ({ params: Object.fromEntries(pairs.map(([name, value]) => [name, map(value, name)])) })

const without =
  (...names: readonly string[]) =>
  ({ pairs }: Sent) => ({ params: Object.fromEntries(pairs.filter(([name]) => !names.includes(name))) })

const filledOnly = ({ pairs }: Sent) => ({ params: Object.fromEntries(pairs.filter(([, value]) => value !== '')) })

/** Changes of the parameters. Most leave no bytes of the form. */
const rows: readonly MadeRow[] = [
  {
    name: 'a blank at the end of a text is trimmed',
    webhook: 'sms-inbound',
    wish: { pairs: saying('Body', 'Yes, see you there ') },
    spoil: mapped((value) => value.trim()),
    expected: ['params_trimmed'],
  },
  {
    name: 'a blank at the start of a text is trimmed',
    webhook: 'whatsapp-inbound-text',
    wish: { pairs: saying('Body', ' Where is my parcel?') },
    spoil: mapped((value) => value.trim()),
    expected: ['params_trimmed'],
  },
  {
    name: 'a line break at the end of a text is trimmed',
    webhook: 'sms-inbound',
    wish: { pairs: saying('Body', 'Call me back\n') },
    spoil: mapped((value) => value.trim()),
    expected: ['params_trimmed'],
  },
  {
    name: 'two blanks at each end of a text are trimmed',
    webhook: 'sms-inbound-unicode-whitespace',
    spoil: mapped((value) => value.trim()),
    expected: ['params_trimmed'],
  },
  {
    name: 'what was said is trimmed',
    webhook: 'voice-gather-speech',
    wish: { pairs: saying('SpeechResult', 'my order number is seven ') },
    spoil: mapped((value) => value.trim()),
    expected: ['params_trimmed'],
  },
  {
    name: 'accents are normalised',
    webhook: 'sms-inbound',
    wish: { pairs: saying('Body', 'Cafe\u0301 at nine') },
    spoil: mapped((value) => value.normalize('NFC')),
    expected: ['body_charset'],
  },
  {
    name: 'names are written in camel case',
    webhook: 'sms-inbound',
    spoil: ({ pairs }) => ({
      params: Object.fromEntries(pairs.map(([name, value]) => [name[0]?.toLowerCase() + name.slice(1), value])),
    }),
    expected: ['params_nested'],
  },
  {
    name: 'names are written with underscores',
    webhook: 'voice-inbound',
    spoil: ({ pairs }) => ({
      params: Object.fromEntries(
        pairs.map(([name, value]) => [name.replace(/(?<=[a-z])[A-Z]/g, '_$&').toLowerCase(), value]),
      ),
    }),
    expected: ['params_nested'],
  },
  {
    name: 'blank parameters of an SMS are dropped',
    webhook: 'sms-inbound',
    spoil: filledOnly,
    expected: ['params_blank_dropped'],
  },
  {
    name: 'blank parameters of an MMS are dropped, the text too',
    webhook: 'mms-inbound-two-media',
    spoil: filledOnly,
    expected: ['params_blank_dropped'],
  },
  {
    name: 'the blank parent of an error event is dropped',
    webhook: 'debugger-event',
    spoil: filledOnly,
    expected: ['params_blank_dropped'],
  },
  {
    name: 'blank places of a call are dropped',
    webhook: 'voice-inbound',
    wish: {
      pairs: (pairs) => pairs.map(([name, value]) => [name, /^(To|Called)(City|Zip|State)$/.test(name) ? '' : value]),
    },
    spoil: filledOnly,
    expected: ['params_blank_dropped'],
  },
  {
    name: 'the last of repeated addresses is kept',
    webhook: 'conversations-onConversationAdd-repeated',
    spoil: ({ pairs }) => ({ params: Object.fromEntries(pairs) }),
    expected: ['params_repeats_dropped'],
  },
  {
    name: 'repeated addresses are joined by commas',
    webhook: 'conversations-onConversationAdd-repeated',
    spoil: ({ pairs }) => ({
      params: Object.fromEntries(
        pairs.map(([name]) => [
          name,
          pairs
            .filter((pair) => pair[0] === name)
            .map((pair) => pair[1])
            .join(','),
        ]),
      ),
    }),
    expected: ['params_repeats_dropped'],
    or: [['params_nested']],
  },
  {
    name: 'a form is decoded twice, so that + is a blank',
    webhook: 'sms-inbound',
    spoil: mapped((value) => value.replaceAll('+', ' ')),
    expected: ['params_plus_as_space'],
  },
  {
    name: 'a call is decoded twice, so that + is a blank',
    webhook: 'voice-dial-action',
    spoil: mapped((value) => value.replaceAll('+', ' ')),
    expected: ['params_plus_as_space'],
  },
  {
    name: 'a WhatsApp text is decoded twice, so that + is a blank',
    webhook: 'whatsapp-inbound-button',
    spoil: mapped((value) => value.replaceAll('+', ' ')),
    expected: ['params_plus_as_space'],
  },
  {
    name: 'the body is decoded twice before it is passed on',
    webhook: 'recording-completed',
    wish: { pairs: (pairs) => [...pairs, ['From', '+14155550142']] },
    spoil: ({ body }) => ({ body: body?.replaceAll('%2B', '+') ?? null }),
    expected: ['params_plus_as_space'],
  },
  {
    name: 'dots become objects',
    webhook: 'conversations-onConversationAdd-repeated',
    wish: { pairs: (pairs) => pairs.filter((pair, at) => pairs.findIndex(([name]) => name === pair[0]) === at) },
    spoil: ({ pairs }) => {
      const plain = pairs.filter(([name]) => !name.includes('.'))
      const dotted = pairs.filter(([name]) => name.includes('.')).map(([name, value]) => [name.split('.')[1], value])
      return { params: { ...Object.fromEntries(plain), MessagingBinding: Object.fromEntries(dotted) } }
    },
    expected: ['params_nested'],
  },
  {
    name: 'brackets become objects',
    webhook: 'voice-sip-inbound',
    wish: { pairs: (pairs) => [...pairs, ['Custom[order][id]', '771'], ['Custom[order][shop]', 'lisbon']] },
    spoil: ({ pairs }) => ({
      params: {
        ...Object.fromEntries(pairs.filter(([name]) => !name.includes('['))),
        Custom: { order: { id: '771', shop: 'lisbon' } },
      },
    }),
    expected: ['params_nested'],
  },
  {
    name: 'JSON in a parameter is parsed',
    webhook: 'taskrouter-assignment',
    spoil: mapped((value) => (/^[{[]/.test(value) ? JSON.parse(value) : value)),
    expected: ['params_nested'],
    or: [['body_reserialized']],
  },
  {
    name: 'blanks become null',
    webhook: 'sms-inbound',
    spoil: mapped((value) => (value === '' ? null : value)),
    expected: ['params_null'],
  },
  {
    name: 'blanks become the text null',
    webhook: 'mms-inbound-two-media',
    spoil: mapped((value) => (value === '' ? 'null' : value)),
    expected: ['params_null'],
  },
  {
    name: 'blanks become undefined',
    webhook: 'debugger-event',
    spoil: mapped((value) => (value === '' ? undefined : value)),
    expected: ['params_null'],
    or: [['params_blank_dropped']],
  },
  {
    name: 'blanks become the text undefined',
    webhook: 'sms-inbound',
    spoil: mapped((value) => (value === '' ? 'undefined' : value)),
    expected: ['params_null'],
  },
  {
    name: 'a parameter that repeats another one is missing',
    webhook: 'sms-inbound',
    spoil: without('SmsSid'),
    expected: ['params_missing'],
  },
  {
    name: 'the text is missing',
    webhook: 'sms-inbound',
    spoil: without('Body'),
    expected: ['params_missing'],
  },
  {
    name: 'only the parameters that the application knows are kept',
    webhook: 'voice-status-completed',
    spoil: ({ pairs }) => ({
      params: Object.fromEntries(pairs.filter(([name]) => /^(CallSid|CallStatus|From|To|CallDuration)$/.test(name))),
    }),
    expected: ['params_missing'],
  },
]

export const makeParamsSetUps = () => makeSetUps(rows)
