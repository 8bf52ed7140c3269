/** What Tollgate's own packages share. It has no promise: any release may change it. */
export {
  checkNames,
  type OptionRow,
  type OptionTable,
  pickOptions,
  readOptions,
} from './checks/options.ts'
export { cachedOptions } from './keys/cache-options.ts'
export { twilioAccountTokensOptions } from './keys/twilio-account-tokens.ts'
export { replayGuardOptions } from './replay/replay-guard.ts'
export * from './requests/index.ts'
export * from './schemes/index.ts'
export { verifierOptions } from './schemes/twilio/options.ts'
export { omitPage } from './verdict.ts'
export { parseAddressRanges } from './verify/forwarded.ts'
