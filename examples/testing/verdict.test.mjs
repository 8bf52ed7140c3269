// #region verdict
import 'tollgate/testing/vitest'
import { createVerifier } from 'tollgate'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { expect, test } from 'vitest'

const authToken = '0123456789abcdef0123456789abcdef'
const verifier = createVerifier({
  authToken,
  publicUrl: 'https://api.example.com',
  replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
})

test('takes a message once', async () => {
  const sms = sampleWebhook('message.inbound', { Body: 'hi' })
  const { method, headers, body } = signRequest({ url: 'https://api.example.com/sms', ...sms, authToken })
  const request = { method, url: '/sms', headers, body }
  expect(await verifier.verify(request)).toBeAccepted()
  expect(await verifier.verify(request)).toBeRefusedWith('replayed')
  expect(await verifier.verify({ ...request, body: 'Body=other' })).toBeRefusedWith('signature_mismatch')
})
// #endregion
