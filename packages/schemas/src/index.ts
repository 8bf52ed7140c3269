import type { WebhookKind } from 'tollgate/params'
import { findIssues, type Schema } from './issues.ts'
import openapi from './openapi.json' with { type: 'json' }
import { readPairs } from './pairs.ts'
import type { StandardSchema } from './standard-schema.ts'
import type { WebhookInput, WebhookValues } from './values.ts'

export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.ts'
export type { WebhookInput, WebhookValues } from './values.ts'
export type { WebhookKind }

const schemas: Readonly<Record<WebhookKind, Schema>> = openapi.components.schemas

/**
 * Returns the schema of a kind of webhook. It implements Standard Schema v1, so validators and
 * frameworks that know this interface take it.
 *
 * A webhook is valid if it has every parameter that Twilio always sends with the kind, and fits the
 * rule that recognises the kind. Unknown parameters are allowed, and so are unknown values, because
 * Twilio adds them without notice. Validity proves nothing about the sender: verify the request
 * first.
 *
 * @param kind the kind, for example `'message.inbound'`.
 * @returns a schema whose `validate` is synchronous. It takes an object, or pairs of name and value
 *   such as `webhook.params`, a URLSearchParams or a Map. Pairs become an object in the result.
 * @throws TypeError for an unknown kind.
 */
export function schemaOf<K extends WebhookKind>(kind: K): StandardSchema<WebhookInput<K>, WebhookValues<K>> {
  if (!Object.hasOwn(schemas, kind)) throw new TypeError(`Unknown kind of webhook "${kind}".`)
  const schema = schemas[kind]
  return {
    '~standard': {
      version: 1,
      vendor: 'tollgate',
      validate(given) {
        try {
          const value = readPairs(given)
          const issues = findIssues(schema, value)
          return issues.length > 0 ? { issues } : { value: value as WebhookValues<K> }
        } catch {
          // A getter, a proxy or an iterator threw. Its message may have a value.
          return { issues: [{ message: 'The webhook cannot be read', path: [] }] }
        }
      },
    },
  }
}
