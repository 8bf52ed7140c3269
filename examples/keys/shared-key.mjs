import { createVerifier } from 'tollgate'

export const verifier = createVerifier({
  publicUrl: 'https://api.example.com',
  sharedKeys: { webhooks_sharedkey_01: process.env.SHARED_KEY_SECRET ?? '' },
  sharedKeysOnly: true,
})
