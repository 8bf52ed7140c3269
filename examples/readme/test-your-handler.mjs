import { sampleWebhook, signRequest } from 'tollgate/testing'

// #region sign
const signed = signRequest({
  url: 'https://api.example.com/sms',
  ...sampleWebhook('message.inbound', { Body: 'Hello' }),
  authToken: '12345',
})

// #endregion

export { signed }
