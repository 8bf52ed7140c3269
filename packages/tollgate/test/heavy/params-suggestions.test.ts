import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

// Slow: the language service of TypeScript reads the library, which takes five seconds.

const directory = fileURLToPath(new URL('..', import.meta.url))

/** The texts that an editor offers where the code has a `|`. */
function suggest(code: string): string[] {
  const file = `${directory}suggestions-of-an-editor.ts`
  const text = `import { isKind } from '../src/params/index.ts'
import type { WebhookParams } from '../src/index.ts'
declare const params: WebhookParams
${code}`
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({
      strict: true,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
      allowImportingTsExtensions: true,
      noEmit: true,
      types: [],
      paths: { '#hmac': [`${directory}../src/hmac/pure.ts`] },
    }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const source = name === file ? text.replace('|', '') : ts.sys.readFile(name)
      return source === undefined ? undefined : ts.ScriptSnapshot.fromString(source)
    },
    getCurrentDirectory: () => directory,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
  })
  const found = service.getCompletionsAtPosition(file, text.indexOf('|'), undefined)
  return (found?.entries ?? []).map(({ name }) => name)
}

test('an editor suggests the kinds, and then the names of the kind', () => {
  expect(suggest("isKind(params, '|')")).toEqual(
    expect.arrayContaining(['message.inbound', 'queue.wait', 'rcs.inbound']),
  )
  const names = suggest("if (isKind(params, 'message.inbound')) params.get('|')")
  expect(names).toEqual(expect.arrayContaining(['Body', 'FromCity', 'MediaUrl0', 'MediaContentType9', 'OptOutType']))
  expect(names).not.toContain('CallSid')
  expect(suggest("if (isKind(params, 'call.status')) params.has('|')")).toEqual(
    expect.arrayContaining(['CallSid', 'SequenceNumber', 'CallDuration']),
  )
}, 120_000)
