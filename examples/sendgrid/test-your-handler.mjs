import { createSendGridVerifier } from 'tollgate/sendgrid'
import { sampleSendGridEvents, signSendGridRequest } from 'tollgate/testing'

// #region sign
const events = sampleSendGridEvents(['delivered', 'bounce'])
export const signed = await signSendGridRequest({ url: 'https://example.com/events', events })
export const verifier = createSendGridVerifier({ publicKey: signed.publicKey })
// #endregion
