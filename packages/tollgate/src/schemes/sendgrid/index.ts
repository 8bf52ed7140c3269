export { distinctEvents, type SendGridEvent, type SendGridEventType } from './events.ts'
export type { SendGridKey, SendGridPublicKeys } from './public-key.ts'
export {
  createSendGridVerifier,
  type SendGridAccepted,
  type SendGridVerdict,
  type SendGridVerifier,
  type SendGridVerifierOptions,
} from './verifier.ts'
