import { Ajv2020 } from 'ajv/dist/2020.js'
import type { SampleWebhook, WebhookKind } from 'tollgate/testing'
import { schemaOf } from '../src/index.ts'
import openapi from '../src/openapi.json' with { type: 'json' }

const ajv = new Ajv2020({ strict: true, allErrors: true })
ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'webhooks', 'components'])
ajv.addSchema(openapi, 'openapi.json')

/** What a body parser makes of a webhook. A name with several values has a list. */
export function parse({ params = [], json }: Pick<SampleWebhook, 'params' | 'json'>): unknown {
  if (json !== undefined) return json
  const values = new Map<string, string[]>()
  for (const [name, value] of params) values.set(name, [...(values.get(name) ?? []), value])
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length > 1 ? all : all[0]]))
}

/** The verdicts of the three forms of a schema. */
export function judge(kind: WebhookKind, value: unknown): Record<'schemaOf' | 'jsonSchema' | 'openapi', boolean> {
  return {
    schemaOf: schemaOf(kind)['~standard'].validate(value).issues === undefined,
    jsonSchema: ajv.validate(openapi.components.schemas[kind], value),
    openapi: ajv.getSchema(`openapi.json${findReference(kind)}`)?.(value) === true,
  }
}

interface Reference {
  readonly schema: { readonly $ref: string }
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, Reference>> }
  readonly parameters?: readonly Reference[]
}

/** Finds the schema that the webhook of the kind refers to. */
function findReference(kind: WebhookKind): string {
  const [{ requestBody, parameters = [] } = {}] = Object.values(openapi.webhooks[kind]) as Operation[]
  const [reference] = [...Object.values(requestBody?.content ?? {}), ...parameters]
  return reference?.schema.$ref ?? ''
}
