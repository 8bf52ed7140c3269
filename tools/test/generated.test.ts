import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../run.mjs'
import { listFiles, listMarked } from './list-files.ts'

type Generated = { readonly files: string; readonly command: string } & (
  | { /** Fails when a file is stale, and names the command. */ readonly test: string }
  | { readonly untestedBecause: string }
)

const measured = 'its figures come from a run of many minutes'

/** Every kind of file that a command writes into the repository. */
const generated: readonly Generated[] = [
  { files: 'docs/attacks.md', command: 'npm run attacks', test: 'tools/test/attacks.test.ts' },
  { files: 'docs/benchmarks.md', command: 'npm run bench -- --write', untestedBecause: measured },
  { files: 'docs/broken-validators.md', command: 'npm run broken', test: 'conformance/heavy/broken.test.ts' },
  { files: 'docs/codes/*.md', command: 'npm run causes', test: 'tools/test/causes.test.ts' },
  { files: 'docs/frameworks.md', command: 'npm run reports', untestedBecause: measured },
  { files: 'docs/images/*.svg', command: 'npm run picture', test: 'tools/test/picture.test.ts' },
  {
    files: 'docs/pictures/*',
    command: 'npm run pictures',
    test: 'packages/inspector/test/heavy/looks.test.ts',
  },
  { files: 'docs/mutation.md', command: 'npm run mutation', untestedBecause: measured },
  { files: 'docs/runtimes.md', command: 'npm run reports', untestedBecause: measured },
  { files: 'docs/webhook-kinds.md', command: 'npm run kinds', test: 'tools/test/webhook-kinds.test.ts' },
  { files: 'docs/why-does-sendgrid-validation-fail.md', command: 'npm run causes', test: 'tools/test/causes.test.ts' },
  { files: 'docs/why-does-validation-fail.md', command: 'npm run causes', test: 'tools/test/causes.test.ts' },
  {
    files: 'packages/cli/test/twilio-api/openapi.json',
    command: 'node packages/cli/test/twilio-api/extract.mjs',
    untestedBecause: "its source, a package of Twilio's, is no dependency",
  },
  {
    files: 'packages/schemas/src/openapi.json',
    command: 'npm run kinds',
    test: 'tools/test/webhook-schemas.test.ts',
  },
  { files: '*package-lock.json', command: 'npm install', test: 'tools/test/generated.test.ts' },
]

function readText(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

const written = generated.flatMap((row) => listFiles(row.files).map((file) => ({ ...row, file })))

test('exactly the generated files are marked in .gitattributes', () => {
  expect(listMarked()).toEqual(written.map(({ file }) => file).sort())
})

test('a page that says that a command writes it is in the table', () => {
  const pages = listFiles('*.md')
  const claimed = pages.filter((file) => /`npm run [^`]+` writes this page|Written by `npm run/.test(readText(file)))
  expect(claimed.filter((file) => !written.some((row) => row.file === file))).toEqual([])
})

test.each(written.filter(({ file }) => file.endsWith('.md')))('$file names its command', ({ file, command }) => {
  expect(readText(file)).toContain(`\`${command}\``)
})

test.each(generated.flatMap((row) => ('test' in row ? [row] : [])))('$test names $command', ({ test, command }) => {
  expect(readText(test)).toContain(command)
})

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

test.each(listFiles('*package-lock.json'))('%s has the versions of its package.json (npm install)', (lock) => {
  const { packages } = JSON.parse(readText(lock)) as { packages: Readonly<Record<string, Manifest>> }
  const folders = Object.keys(packages).filter((path) => !path.includes('node_modules') && !path.startsWith('..'))
  for (const folder of folders) {
    const manifest = JSON.parse(readText(join(lock, '..', folder, 'package.json'))) as Manifest
    const locked = packages[folder]
    expect(locked?.dependencies, folder).toEqual(manifest.dependencies)
    expect(locked?.devDependencies, folder).toEqual(manifest.devDependencies)
  }
})
