export {
  checkNames,
  type OptionRow,
  type OptionTable,
  pickOptions,
  type ReadOptions,
  readOptions,
} from './checks/options.ts'
export { cachedOptions } from './keys/cached.ts'
export { twilioAccountTokensOptions } from './keys/twilio-account-tokens.ts'
export { replayGuardOptions } from './replay/replay-guard.ts'
export { sendGridVerifierOptions } from './schemes/sendgrid/verifier.ts'
export { verifierOptions } from './schemes/twilio/options.ts'
export { parseAddressRanges } from './verify/forwarded.ts'
