import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes openapi.json, the facts of Twilio's OpenAPI files that the fake API needs: every GET whose
 * answer has a property that may be the URL of a webhook, and the lists that lead to these.
 *
 *   npm pack @twilio/cli-core@9.0.0 && tar xzf twilio-cli-core-9.0.0.tgz
 *   node extract.mjs package/src/services/twilio-api
 */
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: node extract.mjs FOLDER')

const mayBeUrl = /(url|callback|webhook|destination|_target)/i
// Names that identify something, or that decide whether Twilio uses a URL.
const isUseful = /(method|sid|^id$|_type$|token|^status$)$|^(request|response|alert|error|log)_/i
const isMeta = /^(url|links|uri|meta)$|(page|first|next|previous)_(page_)?ur[il]$/
// Answers whose URLs the files do not declare, and lists that lead to other resources.
const alsoNeeded =
  /^(api \/2010-04-01\/Accounts(\/\{AccountSid\}\/Calls\/\{CallSid\}\/Events)?\.json|conversations \/v1\/(Services|(Services\/\{ChatServiceSid\}\/)?Conversations)|intelligence \/v3\/ControlPlane\/Configurations|events \/v1\/Sinks|verify \/v2\/Services|studio \/v2\/Flows\/\{Sid\}(\/Revisions\/\{Revision\})?|voice \/v2\/Configurations\/\{Type\}\/Default|monitor \/v1\/Alerts\/\{Sid\})$/

/** @type {Record<string, object>} */
const operations = {}
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()) {
  const document = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  const resolve = (schema) =>
    schema?.$ref
      ? resolve(
          schema.$ref
            .slice(2)
            .split('/')
            .reduce((at, name) => at?.[name], document),
        )
      : schema
  const listFields = (schema, prefix = '', depth = 0) => {
    const { properties } = resolve(schema) ?? {}
    if (properties === undefined || depth > 4) return []
    return Object.entries(properties).flatMap(([name, given]) => {
      if (isMeta.test(name) && depth === 0) return []
      const property = resolve(given)
      const path = `${prefix}${name}`
      const inner = listFields(property, `${path}.`, depth + 1)
      const items = property.type === 'array' ? listFields(property.items, `${path}[].`, depth + 1) : []
      if (inner.length + items.length > 0) return [...inner, ...items]
      const declared = property.enum?.join('|') ?? property.type ?? 'any'
      // An object without declared properties may hold anything.
      const type = property.format === 'uri' ? 'uri' : declared === 'object' ? 'any' : declared
      return mayBeUrl.test(name) || isUseful.test(name) || type === 'any' ? [[path, type]] : []
    })
  }
  /**
   * The parameters, such as `AutoCreation.WebhookUrl`, tell what an object without
   * declared properties holds.
   */
  const listWritten = (operation) =>
    Object.values(operation?.requestBody?.content ?? {})
      .flatMap(({ schema }) => Object.keys(resolve(schema)?.properties ?? {}))
      .filter((name) => name.includes('.') && (mayBeUrl.test(name) || /method$/i.test(name)))
      .map((name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase())
  for (const [path, item] of Object.entries(document.paths)) {
    const schema = resolve(item.get?.responses?.['200']?.content?.['application/json']?.schema)
    const server = item.servers?.[0]?.url ?? document.servers?.[0]?.url
    const product = /^https:\/\/([a-z-]+)\.twilio\.com$/.exec(server ?? '')?.[1]
    if (schema?.properties === undefined || product === undefined) continue
    const paging = 'next_page_uri' in schema.properties ? 'uri' : readPaging(resolve(schema.properties.meta))
    const list =
      paging === undefined
        ? undefined
        : Object.keys(schema.properties).find((name) => resolve(schema.properties[name]).type === 'array')
    const fields = Object.fromEntries(listFields(list === undefined ? schema : schema.properties[list].items))
    for (const name of listWritten(item.post)) if (fields[name.replace(/\..*/, '')] === 'any') fields[name] = 'any'
    const needed = alsoNeeded.test(`${product} ${path}`)
    const isOne = list === undefined && /\{\w+\}(\.json)?$/.test(path)
    if (!needed && (isOne || !Object.keys(fields).some((name) => mayBeUrl.test(name.split('.').at(-1))))) continue
    const required = (item.get.parameters ?? [])
      .map(resolve)
      .filter((parameter) => parameter.in === 'query' && parameter.required)
      .map(({ name }) => name)
    operations[`${product} ${path}`] = {
      ...(list !== undefined && { list, paging }),
      ...(required.length > 0 && { required }),
      fields,
    }
  }
}

/** Returns what leads to the next page: a URL or a token. */
function readPaging(meta) {
  if (meta?.properties === undefined) return undefined
  return 'nextToken' in meta.properties ? 'token' : 'url'
}

const lines = Object.entries(operations).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
writeFileSync(
  new URL('openapi.json', import.meta.url),
  `{
  "source": "@twilio/cli-core 9.0.0, src/services/twilio-api/twilio_*.json (MIT), written by extract.mjs",
  "operations": {
${lines.join(',\n')}
  }
}
`,
)
