import { twilioWebhook } from 'tollgate/express'
import { cached } from 'tollgate/keys'

export const tokens = new Map([['AC0123456789abcdef0123456789abcdef', '00112233445566778899aabbccddeeff']]) // or a database
export const guard = twilioWebhook({
  publicUrl: 'https://api.example.com',
  authToken: cached(async (accountSid) => tokens.get(accountSid)),
})
