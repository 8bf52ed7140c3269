import { FetchingJSONSchemaStore, InputData, JSONSchemaInput, quicktype } from 'quicktype-core'
import { expect, test } from 'vitest'
import openapi from '../src/openapi.json' with { type: 'json' }

const $schema = 'https://json-schema.org/draft/2020-12/schema'

/** Generates the type of a kind, as `quicktype --src-lang schema` does. */
async function generate(lang: 'python' | 'go', schema: object): Promise<string> {
  const input = new JSONSchemaInput(new FetchingJSONSchemaStore())
  await input.addSource({ name: 'Webhook', schema: JSON.stringify({ $schema, ...schema }) })
  const inputData = new InputData()
  inputData.addInput(input)
  return (await quicktype({ inputData, lang })).lines.join('\n')
}

test.each(['python', 'go'] as const)('quicktype makes types of each kind in %s', async (lang) => {
  for (const [kind, schema] of Object.entries(openapi.components.schemas)) {
    const code = await generate(lang, schema)
    const { required = [] } = schema as { readonly required?: readonly string[] }
    for (const name of required) expect(code, `${name} of ${kind}`).toContain(name)
  }
})

// https://redocly.com/docs/cli/rules/oas/no-empty-servers: an error of the recommended rules of Redocly.
test('there is a server', () => {
  expect(openapi.servers).toHaveLength(1)
})
