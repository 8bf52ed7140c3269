import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'
import { readKinds, renderKinds } from './webhook-kinds.mjs'

/** @typedef {Awaited<ReturnType<typeof readKinds>>[number]} NamedKind */

const file = 'packages/schemas/src/openapi.json'
const { version } = JSON.parse(readFileSync(join(root, 'packages/schemas/package.json'), 'utf8'))

const text = { type: 'string' }
const texts = { type: 'array', items: text }

/** Renders the OpenAPI document of the kinds. Its components are the JSON Schemas. */
export async function renderSchemas() {
  const kinds = await readKinds()
  const openapi = {
    openapi: '3.1.0',
    info: {
      title: "Twilio's webhooks",
      version,
      description:
        'Every kind of webhook that Tollgate knows. Written by `node tools/webhook-schemas.mjs` from the rows in packages/tollgate/src/schemes/twilio/webhooks. Twilio adds parameters without notice, so unknown ones are allowed.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'Your server, at the URL that Twilio is configured with.' }],
    security: [{ twilioSignature: [] }],
    webhooks: Object.fromEntries(kinds.map((kind) => [kind.name, describeWebhook(kind)])),
    components: {
      securitySchemes: {
        twilioSignature: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Twilio-Signature',
          description: 'Proves that Twilio sent the request. Verify it before you read the parameters.',
        },
      },
      schemas: Object.fromEntries(kinds.map((kind) => [kind.name, describeKind(kind)])),
    },
  }
  return `${JSON.stringify(openapi, null, 2)}\n`
}

/** @param {NamedKind} kind */
function describeWebhook({ name, row, description }) {
  const schema = { $ref: `#/components/schemas/${name}` }
  const [page] = description.pages
  const query = { parameters: [{ name: 'parameters', in: 'query', style: 'form', explode: true, schema }] }
  const request = {
    form: { requestBody: describeBody('application/x-www-form-urlencoded', schema) },
    json: { requestBody: describeBody('application/json', schema) },
    query,
    handshake: query,
  }[row.body]
  const answer =
    row.body === 'handshake' ? { 101: { description: 'The socket is open.' } } : { '2XX': { description: 'Received.' } }
  return {
    [row.method.toLowerCase()]: {
      operationId: name,
      summary: name,
      description: description.text,
      ...(page && { externalDocs: { url: page.url } }),
      ...request,
      responses: { ...answer, '4XX': { description: 'Refused, for example for a wrong signature.' } },
    },
  }
}

/** @param {string} type @param {object} schema */
function describeBody(type, schema) {
  return { required: true, content: { [type]: { schema } } }
}

/**
 * Describes the parameters of a kind, or its JSON, as a JSON Schema.
 * @param {NamedKind} kind
 */
function describeKind({ name, row, description }) {
  const about = { title: name, description: description.text }
  // You compose the body of such a kind, so it may be any JSON.
  if (row.body === 'json' && row.parameters.length === 0) return about
  const object = describeObject(row)
  return { ...about, ...(row.batch ? { anyOf: [object, { type: 'array', minItems: 1, items: object }] } : object) }
}

/** @param {NamedKind['row']} row */
function describeObject(row) {
  const isPattern = (/** @type {{ name: string }} */ { name }) => /[{*]/.test(name)
  const named = row.parameters.filter((one) => !isPattern(one))
  const patterns = row.parameters.filter(isPattern)
  const absent = row.rule.filter(({ isAbsent }) => isAbsent)
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(({ name }) => [name, describeValue(row, name)])),
    ...(patterns.length > 0 && {
      patternProperties: Object.fromEntries(
        patterns.map(({ name }) => [toNamePattern(name), describeValue(row, name)]),
      ),
    }),
    required: named.filter(({ always }) => always).map(({ name }) => name),
    // A property with the schema `false` would say the same, but quicktype refuses it.
    ...(absent.length > 0 && { propertyNames: { not: { enum: absent.map(({ name }) => name) } } }),
    additionalProperties: true,
  }
}

/**
 * Describes a value. The rule of the kind limits it, and nothing else does: Twilio adds values
 * without notice.
 * @param {NamedKind['row']} row @param {string} name
 */
function describeValue({ body, rule, repeated }, name) {
  const values = rule.find((condition) => condition.name === name)?.values
  if (values?.some((value) => value.endsWith('*'))) return { ...text, pattern: values.map(toValuePattern).join('|') }
  if (values !== undefined) return { ...text, enum: values }
  if (body === 'json') return {}
  return name === repeated ? { anyOf: [text, texts] } : text
}

/** @param {string} value a value of a rule, where a final `*` stands for any ending */
function toValuePattern(value) {
  return value.endsWith('*') ? `^${escapeLiteral(value.slice(0, -1))}` : `^${escapeLiteral(value)}$`
}

/** @param {string} name a name of a row, where `{N}` stands for an index and `*` for any ending */
function toNamePattern(name) {
  return name.endsWith('*')
    ? `^${escapeLiteral(name.slice(0, -1))}`
    : `^${name.split('{N}').map(escapeLiteral).join('[0-9]+')}$`
}

/** @param {string} literal */
function escapeLiteral(literal) {
  return literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, file), await renderSchemas())
  writeFileSync(join(root, 'docs/webhook-kinds.md'), await renderKinds())
}
