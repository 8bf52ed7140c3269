import { describe, expect, test } from 'vitest'
import { post } from '../../../conformance/diagnosis/made/direct.ts'
import { diagnose } from '../src/diagnose/index.ts'
import { accountSid, authToken, options, origin } from './requests.ts'

const request = post(`${origin}/sms`)

describe('a text that is no token', () => {
  test.each([
    ['\u2022'.repeat(32), 'masked'],
    [`${'*'.repeat(28)}1234`, 'masked'],
    ['[REDACTED]', 'masked'],
    [`${authToken.slice(0, 8)}...`, 'masked'],
    ['op://vault/twilio/token', '1Password'],
    ['arn:aws:secretsmanager:us-east-1:123456789012:secret:twilio', 'ARN'],
    ['/run/secrets/twilio', 'file'],
    ['./secrets/twilio.txt', 'file'],
    ['projects/acme/secrets/twilio/versions/latest', 'Google Cloud'],
    ['vault:secret/data/twilio#token', 'secret store'],
    ['@Microsoft.KeyVault(SecretUri=https://acme.vault.azure.net/secrets/t/)', 'Key Vault'],
    ['$TWILIO_AUTH_TOKEN', 'variable'],
    ['%TWILIO_AUTH_TOKEN%', 'variable'],
    ['TWILIO_AUTH_TOKEN', 'variable'],
    ['process.env.TWILIO_AUTH_TOKEN', 'variable'],
  ])('%s', async (token, what) => {
    const { suspected } = await diagnose(request, { ...options, authToken: token })
    expect(suspected[0]).toMatchObject({ id: 'token_shape', detail: expect.stringContaining(what) })
    expect(suspected.map(({ id }) => id)).not.toContain('host')
    expect(JSON.stringify(suspected)).not.toContain(token)
  })

  test('an AccountSid without "AC"', async () => {
    const { suspected } = await diagnose(request, { ...options, authToken: accountSid.slice(2) })
    expect(suspected.map(({ id }) => id)).toEqual(['token_is_account_sid'])
    const given = { ...options, authToken: accountSid.slice(2), otherTokens: { console: authToken } }
    expect((await diagnose(request, given)).proven?.causes.map(({ id }) => id)).toEqual(['token_is_account_sid'])
  })

  test.each([
    ['one O for 0', authToken.replace('0', 'O')],
    ['l for 1, and o for 0', authToken.replace('1', 'l').replace('0', 'o')],
    ['a character that was lost inside', authToken.slice(0, 12) + authToken.slice(13)],
    ['a character that was added inside', `${authToken.slice(0, 12)}7${authToken.slice(12)}`],
  ])('%s is proven', async (_, token) => {
    const { proven } = await diagnose(request, { ...options, authToken: token })
    expect(proven?.causes.map(({ id }) => id)).toEqual(['token_shape'])
  })
})
