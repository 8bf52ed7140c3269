// #region curl
import { sampleWebhook, signRequest } from 'tollgate/testing'

// Signs with TWILIO_AUTH_TOKEN.
const signed = signRequest({ url: 'http://127.0.0.1:3000/sms', ...sampleWebhook('message.inbound') })
console.log(signed.toCurl())
// #endregion
