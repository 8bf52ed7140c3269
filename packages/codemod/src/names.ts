import type { Node } from 'oxc-parser'
import { readText } from './parse.ts'

/** The names of the package's webhooks module, which `tollgate/compat` has too. */
export const validationNames: ReadonlySet<string> = new Set([
  'HMAC_SHA1',
  'HMAC_SHA256',
  'SIGNATURE_HEADER',
  'SIGNATURE_SETTINGS_HEADER',
  'getExpectedBodyHash',
  'getExpectedTwilioSignature',
  'getSignatureAlgorithm',
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

/** The options of `webhook()`. A test compares them with those that `tollgate/compat` accepts. */
export const webhookOptions: ReadonlySet<string> = new Set([
  'authToken',
  'host',
  'includeHelpers',
  'protocol',
  'sharedKeySecret',
  'url',
  'validate',
])

/** The types that both packages export. */
export const typeNames: ReadonlySet<string> = new Set(['RequestValidatorOptions', 'WebhookOptions', 'Request'])

/**
 * Returns true for a name in a type that both packages export. The functions are no types in
 * `tollgate/compat`, but `typeof` and `import name = twilio.name` have them.
 * @param around what the whole name stands in
 */
export const isMovedType = (name: string, around: Node | null | undefined): boolean =>
  typeNames.has(name) || (validationNames.has(name) && /^TS(TypeQuery|ImportEquals)/.test(around?.type ?? ''))

/**
 * Returns true for a name that only validation has. Any file may have a `webhook`, or a constant
 * with such a name, that has nothing to do with twilio.
 */
export const isClearName = (name: string): boolean => /^(get|validate)/.test(name) && validationNames.has(name)

/** Returns true for a text that has a name of validation somewhere, be it in a comment. */
export const mentionsValidation = (text: string): boolean => mentions.test(text)
const mentions = new RegExp(`\\b(${[...validationNames, 'webhooks', 'RequestValidator'].join('|')})\\b`, 'i')

/** Returns true for a node that names a function or constant of twilio's validation. */
export function isNaming(node: Node): boolean {
  const { parent } = node
  if (node.type === 'Identifier' && isClearName(node.name)) return true
  const name = node.type === 'Identifier' ? node.name : readText(node)
  if (name === undefined || !(validationNames.has(name) || isMistaken(name))) return false
  if (parent?.type === 'Property' && parent.key === node)
    return parent.parent?.type === 'ObjectPattern' || /Function|Call/.test(parent.value.type)
  if (parent?.type === 'MemberExpression') return parent.property === node
  return node.type !== 'Identifier' || /^(Import|Export)Specifier$|^TSQualifiedName$/.test(parent?.type ?? '')
}

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
