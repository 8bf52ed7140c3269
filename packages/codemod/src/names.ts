import type { Node } from 'oxc-parser'

/** The functions of the package's webhooks module. `tollgate/compat` exports the same names. */
export const validationNames: ReadonlySet<string> = new Set([
  'getExpectedBodyHash',
  'getExpectedTwilioSignature',
  'validateBody',
  'validateExpressRequest',
  'validateIncomingRequest',
  'validateRequest',
  'validateRequestWithBody',
  'webhook',
])

/**
 * Returns true for a name that twilio does not export, but that code takes for its validation:
 * `twilio.webhooks.validateRequest`.
 */
export const isMistaken = (name: string): boolean =>
  /^(webhooks?|requestvalidator)$/i.test(name) && !validationNames.has(name)

/** The types that both packages export. */
export const typeNames: ReadonlySet<string> = new Set(['RequestValidatorOptions', 'WebhookOptions', 'Request'])

/**
 * Returns true for a name in a type that both packages export. The functions are no types in
 * `tollgate/compat`, but `typeof` and `import name = twilio.name` have them.
 * @param around what the whole name stands in
 */
export const isMovedType = (name: string, around: Node | null | undefined): boolean =>
  typeNames.has(name) || (validationNames.has(name) && /^TS(TypeQuery|ImportEquals)/.test(around?.type ?? ''))

/** A module of the package: its main module, or the one that exports validation only. */
export type Module = 'main' | 'webhooks'

/** Returns which module of the package a name is, if it is one of them. */
export function readModule(name: unknown): Module | undefined {
  if (typeof name !== 'string') return undefined
  if (/^twilio(\/lib)?(\/index(\.js)?)?\/?$/.test(name)) return 'main'
  return /^twilio\/lib\/webhooks\/webhooks(\.js)?$/.test(name) ? 'webhooks' : undefined
}

/** Returns true for a module that may have validation, but has no counterpart: from a URL, say. */
export const isOtherModule = (name: string | undefined): boolean =>
  /^(npm:|https?:\/\/.*\/)twilio(@[^/]*)?(\/|$)|^twilio\/lib\/webhooks\b/.test(name ?? '') &&
  readModule(name) === undefined
