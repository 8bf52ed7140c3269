import { readFileSync } from 'node:fs'
import { defineConfig, type UserConfig } from 'tsdown'

/** Publishes the OpenAPI document, and each of its schemas as a file of its own. */
const documents = {
  name: 'documents',
  generateBundle(this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): void }): void {
    const source = readFileSync(new URL('src/openapi.json', import.meta.url), 'utf8')
    this.emitFile({ type: 'asset', fileName: 'openapi.json', source })
    const { components } = JSON.parse(source) as { components: { schemas: Record<string, object> } }
    for (const [kind, schema] of Object.entries(components.schemas)) {
      const dialect = { $schema: 'https://json-schema.org/draft/2020-12/schema' }
      const text = JSON.stringify({ ...dialect, ...schema }, null, 2)
      this.emitFile({ type: 'asset', fileName: `kinds/${kind}.json`, source: `${text}\n` })
    }
  },
}

const config: UserConfig = defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm'],
  platform: 'neutral',
  target: 'es2023',
  dts: true,
  logLevel: 'warn',
  fixedExtension: false,
  plugins: [documents],
})

export default config
