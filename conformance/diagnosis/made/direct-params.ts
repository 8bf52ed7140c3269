import { encodeForm } from '../../kit/sign.ts'
import {
  type DirectRow,
  event,
  formType,
  group,
  json,
  mapped,
  origin,
  parsed,
  post,
  rfc2822Date,
  sms,
  toObject,
  without,
} from './direct.ts'

/** Changes of the parameters and the body. */
export const directParamsRows: readonly DirectRow[] = [
  {
    name: 'the text of a form in place of its parameters',
    expected: ['form_taken_as_json'],
    request: parsed(new URLSearchParams(toObject(sms)).toString(), sms),
    suspected: true,
  },
  {
    name: 'trimmed values',
    expected: ['params_trimmed'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value.trim()) }),
  },
  {
    name: 'a trimmed line break',
    expected: ['params_trimmed'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'Body' ? 'Hello\n' : value)),
      sent: mapped((value, name) => (name === 'Body' ? 'Hello' : value)),
    }),
  },
  {
    name: 'a ZIP code that became a number',
    expected: ['params_converted'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'FromZip' ? '02134' : value)),
      sent: mapped((value, name) => (name === 'FromZip' ? '2134' : value)),
    }),
  },
  {
    name: 'digits that became a number, and a ZIP code with it',
    expected: ['params_converted'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'FromZip' ? '00901' : name === 'Body' ? '0042' : value)),
      sent: mapped((value, name) => (name === 'FromZip' ? '901' : name === 'Body' ? '42' : value)),
    }),
  },
  {
    name: 'a text that was made lower case',
    expected: ['params_converted'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'Body' ? 'STOP' : value)),
      sent: mapped((value, name) => (name === 'Body' ? 'stop' : value)),
    }),
  },
  {
    name: 'typographic quotes that were made plain',
    expected: ['params_converted'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'Body' ? 'It’s “here”…' : value)),
      sent: mapped((value, name) => (name === 'Body' ? 'It\'s "here"...' : value)),
    }),
  },
  {
    name: 'dropped blanks',
    expected: ['params_blank_dropped'],
    request: post(`${origin}/sms`, { sent: sms.filter(([, value]) => value !== '') }),
  },
  {
    name: 'one dropped blank',
    expected: ['params_blank_dropped'],
    request: post(`${origin}/sms`, { sent: without('ToCity') }),
  },
  {
    name: 'repeats joined by a comma',
    expected: ['params_repeats_dropped'],
    request: post(`${origin}/sms`, {
      params: group,
      sent: [
        ...group.filter(([name]) => name !== 'MessagingBinding.Address'),
        ['MessagingBinding.Address', '+14155550142,+14155550199'],
      ],
    }),
  },
  {
    name: 'the last of two repeats',
    expected: ['params_repeats_dropped'],
    request: post(`${origin}/sms`, { params: group, sent: group.filter((_, index) => index !== 4) }),
    suspected: true,
  },
  {
    name: 'a form decoded twice',
    expected: ['params_plus_as_space'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value.replaceAll('+', ' ')) }),
  },
  {
    name: 'a form decoded twice, with a sum in its text',
    expected: ['params_plus_as_space'],
    request: post(`${origin}/sms`, {
      params: [...sms.filter(([name]) => name !== 'Body'), ['Body', 'one + two'], ['Timestamp', rfc2822Date]],
      sent: [
        ...mapped(
          (value) => value.replaceAll('+', ' '),
          sms.filter(([name]) => name !== 'Body'),
        ),
        ['Body', 'one   two'],
        ['Timestamp', rfc2822Date.replace('+', ' ')],
      ],
    }),
  },
  {
    name: 'a form not decoded',
    expected: ['params_plus_as_space'],
    request: post(`${origin}/sms`, { sent: mapped((value) => encodeURIComponent(value)) }),
  },
  {
    name: 'spaces as plus',
    expected: ['params_plus_as_space'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value.replaceAll(' ', '+')) }),
  },
  {
    name: 'brackets made an array',
    expected: ['params_nested'],
    request: parsed({ ...toObject(sms), Media: ['a', 'b'] }, [...sms, ['Media[0]', 'a'], ['Media[1]', 'b']]),
  },
  {
    name: 'dots made an object',
    expected: ['params_nested'],
    request: parsed({ ...toObject(sms), Binding: { Address: 'x', Proxy: { A: 'y' } } }, [
      ...sms,
      ['Binding.Address', 'x'],
      ['Binding.Proxy.A', 'y'],
    ]),
  },
  {
    name: 'blanks made null',
    expected: ['params_null'],
    request: parsed(Object.fromEntries(sms.map(([name, value]) => [name, value === '' ? null : value])), sms),
  },
  {
    name: 'blanks made "undefined"',
    expected: ['params_null'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value || 'undefined') }),
  },
  {
    name: 'a lost parameter',
    expected: ['params_missing'],
    request: post(`${origin}/sms`, { sent: without('SmsMessageSid') }),
  },
  {
    name: 'a form that no parser read',
    expected: ['params_missing'],
    request: parsed({}, sms),
    suspected: true,
  },
  {
    name: 'a parameter of the app',
    expected: ['params_missing'],
    request: post(`${origin}/sms`, { sent: [...sms, ['_csrf', '1f2e3d']] }),
  },
  {
    name: 'JSON written again',
    expected: ['body_reserialized'],
    request: json(event.trim(), { body: JSON.stringify(JSON.parse(event)) }),
  },
  { name: 'JSON indented', expected: ['body_reserialized'], request: json('{"a":1}', { body: '{\n  "a": 1\n}' }) },
  {
    name: 'JSON that nothing restores',
    expected: ['body_reserialized'],
    request: json('{"a":1.0,"b": 2}', { body: '{"a":1,"b":2}' }),
    suspected: true,
  },
  { name: 'a trimmed body', expected: ['body_whitespace'], request: json('{"a":1}\r\n', { body: '{"a":1}' }) },
  { name: 'a byte order mark', expected: ['body_whitespace'], request: json('{"a":1}', { body: '\ufeff{"a":1}' }) },
  {
    name: 'CRLF for LF',
    expected: ['body_whitespace'],
    request: json('{\n"a":1\n}\n', { body: '{\r\n"a":1\r\n}\r\n' }),
  },
  { name: 'bodySHA256 lost', expected: ['body_hash_missing'], request: json(event, { url: '/events' }) },
  {
    name: 'JSON with a form’s type',
    expected: ['json_taken_as_form'],
    request: json(event, { headers: { 'content-type': formType } }),
  },
  {
    name: 'a form with the type of JSON',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, { headers: { 'content-type': 'application/json' } }),
  },
  {
    name: 'an SMS without a type',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, { headers: { 'content-type': undefined } }),
  },
  {
    name: 'a body that was read',
    expected: ['body_already_parsed'],
    request: { ...post(`${origin}/sms`), body: { consumedBy: 'express.json()', fix: 'Mount it later.' } },
    suspected: true,
  },
  {
    name: 'a body that was parsed',
    expected: ['body_already_parsed'],
    request: { ...post(`${origin}/sms`), body: toObject(sms) },
  },
  {
    name: 'JSON that was read',
    expected: ['body_already_parsed'],
    request: { ...json(event), body: { consumedBy: 'express.json()', fix: 'Mount it later.' } },
  },
  {
    name: 'a drained stream',
    expected: ['body_already_parsed'],
    request: post(`${origin}/sms`, { body: '', headers: { 'content-length': '312' } }),
    suspected: true,
  },
  {
    name: 'a form that arrived without a body',
    expected: ['body_missing'],
    request: post(`${origin}/sms`, { body: '' }),
    suspected: true,
  },
  {
    name: 'a compressed form',
    expected: ['body_compressed'],
    request: post(`${origin}/sms`, { headers: { 'content-encoding': 'gzip' } }),
  },
  {
    name: 'a form above the limit',
    expected: ['body_limit'],
    request: post(`${origin}/sms`),
    options: { maxBodyBytes: 100 },
    suspected: true,
  },
  {
    name: 'a form that is still Base64',
    expected: ['body_base64'],
    request: post(`${origin}/sms`, { body: btoa(encodeForm(sms)) }),
  },
  {
    name: 'a form whose values were read as Latin-1',
    expected: ['body_charset'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'Body' ? 'Grüße' : value)),
      sent: mapped((value, name) => (name === 'Body' ? 'GrÃ¼Ã\u009fe' : value)),
    }),
  },
  {
    name: 'a form whose values were escaped for HTML',
    expected: ['params_escaped'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'Body' ? '<b> & "c"' : value)),
      sent: mapped((value, name) => (name === 'Body' ? '&lt;b&gt; &amp; &quot;c&quot;' : value)),
    }),
  },
  {
    name: 'a form that was written again as multipart',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, {
      headers: { 'content-type': 'multipart/form-data; boundary=x1' },
      body: `${sms.map(([name, value]) => `--x1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--x1--\r\n`,
    }),
  },
  {
    name: 'a form that was written again as multipart, under the type of a form',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, {
      body: `${sms.map(([name, value]) => `--x1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--x1--\r\n`,
    }),
  },
  {
    name: 'a form whose method became GET',
    expected: ['method'],
    request: { ...post(`${origin}/sms`), method: 'GET' },
  },
  {
    name: 'repeated names with an index',
    expected: ['params_nested'],
    request: post(`${origin}/conversations`, {
      params: group,
      sent: group.map(([name, value], at) => [name.endsWith('.Address') ? `${name}[${at % 2}]` : name, value]),
    }),
  },
  {
    // https://github.com/localstack/localstack/issues/5438
    name: 'a form that was percent-encoded as a whole',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, { body: `${encodeURIComponent(encodeForm(sms))}=` }),
  },
  {
    name: 'a form with the escapes of HTML between its parameters',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, { body: encodeForm(sms).replaceAll('&', '&amp;') }),
  },
  {
    name: 'a form as the field of another form',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, { body: encodeForm([['payload', encodeForm(sms)]]) }),
  },
  {
    name: 'a form with a line for each parameter',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, {
      headers: { 'content-type': 'text/plain' },
      body: encodeForm(sms).replaceAll('&', '\r\n'),
    }),
  },
  {
    name: 'a form as a list of names and values in JSON',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sms.map(([key, value]) => ({ key, value }))),
    }),
  },
  {
    name: 'a form as XML',
    expected: ['form_taken_as_json'],
    request: post(`${origin}/sms`, {
      headers: { 'content-type': 'text/xml' },
      body: `<r>${sms.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</r>`,
    }),
    suspected: true,
  },
  {
    name: 'parameter names without capitals',
    expected: ['params_nested'],
    request: post(`${origin}/sms`, { sent: sms.map(([name, value]) => [name.toLowerCase(), value]) }),
  },
  {
    // ngrok keeps 10 KB of a body: https://ngrok.com/docs/obs/traffic-inspection/http-requests
    name: 'JSON that ends in the middle',
    expected: ['body_truncated'],
    request: json(event, { headers: { 'content-length': '30' }, body: event.slice(0, 30) }),
    suspected: true,
  },
  {
    name: 'a form that ends inside an escape',
    expected: ['body_truncated'],
    request: post(`${origin}/sms`, { body: encodeForm(sms).replace(/(?<=To=%).*$/, '2') }),
    suspected: true,
  },
  {
    name: 'JSON as a text in the event of a queue',
    expected: ['body_reserialized'],
    request: json(event, { body: JSON.stringify({ Records: [{ messageId: '1', body: event }] }) }),
  },
  {
    name: 'JSON in which a filter hid a value',
    expected: ['body_reserialized'],
    request: json(event, { body: event.replace(/the code is \d+/, '[REDACTED]') }),
    suspected: true,
  },
  {
    // https://github.com/localstack/localstack/issues/5438: MessageBody=$input.body
    name: 'a form that was cut at its first "&"',
    expected: ['params_missing'],
    request: post(`${origin}/sms`, { body: 'ToCountry=US' }),
    suspected: true,
  },
  {
    // https://github.com/Dispatcharr/Dispatcharr/pull/1020
    name: 'JSON of a forwarder in place of the form',
    expected: ['host'],
    request: post(`${origin}/sms`, {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Zapier',
        'i-twilio-idempotency-token': undefined,
      },
      body: '{"text":"Hello","sender":"+14155550142","receivedAt":"2026-11-30T03:00:00Z"}',
    }),
    suspected: true,
  },
  {
    name: 'a phone number that something formatted',
    expected: ['params_missing'],
    request: post(`${origin}/sms`, {
      sent: mapped((value, name) => (name === 'From' ? '+1 (415) 555-0142' : value)),
    }),
    suspected: true,
  },
]
