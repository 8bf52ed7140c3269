import { type MadeRow, makeSetUps } from '../arrive.ts'
import { account, otherToken, sharedKey, token } from '../webhooks.ts'

const apiKey = `SK${'5d'.repeat(16)}`

/** Wrong keys. */
const rows: readonly MadeRow[] = [
  {
    name: 'the token of a subaccount',
    webhook: 'subaccount-sms',
    wish: { token: otherToken },
    options: { otherTokens: { 'the subaccount': otherToken } },
    expected: ['token_of_other_account'],
  },
  {
    name: 'the token of another account, for a call',
    webhook: 'voice-inbound',
    wish: { token: otherToken },
    options: { otherTokens: { staging: `${'0'.repeat(31)}1`, production: otherToken } },
    expected: ['token_of_other_account'],
  },
  {
    name: 'the token of another account, for JSON',
    webhook: 'event-streams-batch',
    wish: { token: otherToken },
    options: { otherTokens: { production: otherToken } },
    expected: ['token_of_other_account'],
  },
  {
    name: 'the token of an account that the record has under another AccountSid',
    webhook: 'subaccount-sms',
    wish: { token },
    options: { authToken: { [account]: otherToken, [`AC${'9'.repeat(32)}`]: token } },
    expected: ['token_of_other_account'],
  },
  {
    name: 'a line break after the token',
    webhook: 'sms-inbound',
    options: { authToken: `${token}\n` },
    expected: ['token_whitespace'],
  },
  {
    name: 'a blank before the token',
    webhook: 'message-status-delivered',
    options: { authToken: ` ${token}` },
    expected: ['token_whitespace'],
  },
  {
    name: 'a line break of Windows after the token',
    webhook: 'event-streams-test',
    options: { authToken: `${token}\r\n` },
    expected: ['token_whitespace'],
  },
  {
    name: 'double quotes around the token',
    webhook: 'sms-inbound',
    options: { authToken: `"${token}"` },
    expected: ['token_quoted'],
  },
  {
    name: 'single quotes around the token',
    webhook: 'voice-gather-dtmf',
    options: { authToken: `'${token}'` },
    expected: ['token_quoted'],
  },
  {
    name: 'an API key in place of the token',
    webhook: 'sms-inbound',
    options: { authToken: apiKey },
    expected: ['token_is_api_key'],
  },
  {
    name: 'the AccountSid in place of the token',
    webhook: 'whatsapp-inbound-text',
    options: { authToken: account },
    expected: ['token_is_account_sid'],
  },
  {
    name: 'a shared key signs, and none is configured',
    webhook: 'sms-inbound-sharedkey-sha256',
    wish: { sharedKey },
    expected: ['shared_key_unconfigured'],
  },
  {
    name: 'a shared key signs, and another one is configured',
    webhook: 'voice-status-completed',
    wish: { sharedKey },
    options: { sharedKeys: { webhooks_sharedkey_01other: 'another-shared-key-secret' } },
    expected: ['shared_key_unconfigured'],
  },
  {
    name: 'the settings header is lost, for JSON',
    webhook: 'event-streams-batch',
    wish: { sharedKey },
    options: { sharedKeys: { [sharedKey.id]: sharedKey.secret } },
    spoil: () => ({ headers: { 'x-twilio-webhooks-signature-settings': undefined } }),
    expected: ['algorithm'],
    // No settings header names the key and the algorithm.
    or: [['shared_key_unconfigured']],
  },
  {
    name: 'the settings header names another algorithm',
    webhook: 'sms-inbound-sharedkey-sha256',
    wish: { sharedKey },
    options: { sharedKeys: { [sharedKey.id]: sharedKey.secret } },
    spoil: () => ({ headers: { 'x-twilio-webhooks-signature-settings': `key=${sharedKey.id},algorithm=HMAC_SHA1` } }),
    expected: ['algorithm'],
  },
]

export const makeKeySetUps = () => makeSetUps(rows)
