import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Sources in the styles of real projects, each with the behaviour that its folder names. */
type Kind = 'moves' | 'stays' | 'silent'

export interface Source {
  readonly name: string
  readonly text: string
}

const here = fileURLToPath(new URL('.', import.meta.url))
const token = '0123456789abcdef0123456789abcdef'

export function listSources(kind: Kind): readonly Source[] {
  const folder = join(here, 'sources', kind)
  return readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
}

const toTabs = (text: string): string => text.replace(/^( {2})+/gm, (spaces) => '\t'.repeat(spaces.length / 2))
const toCrlf = (text: string): string => text.replaceAll('\n', '\r\n')
const addMark = (text: string): string => `\uFEFF${text}`

/** The same text as another editor would have saved it. */
export const encodings: Readonly<Record<string, (text: string) => string>> = {
  'as is': (text) => text,
  'with tabs': toTabs,
  'with CRLF': toCrlf,
  'with a byte order mark': addMark,
  'with all three': (text) => addMark(toCrlf(toTabs(text))),
  'with mixed line ends': (text) =>
    text.split('\n').reduce((all, line, index) => `${all}${index % 2 ? '\r\n' : '\n'}${line}`),
  'without its last line end': (text) => text.trimEnd(),
}

/** Creates a folder beside the sources, so that files in it find the same packages. */
export function makeFolder(): string {
  mkdirSync(join(here, '.build'), { recursive: true })
  return mkdtempSync(join(here, '.build', 'run-'))
}

/**
 * Loads sources in a process of their own.
 * @returns for each whether it accepts a genuine and a forged request, or the error
 */
export function runSources(folder: string, sources: readonly Source[]): readonly (readonly boolean[] | string)[] {
  const files = sources.map(({ name, text }, index) => {
    const file = join(
      folder,
      `${index}-${name}`.replace(
        /\.([cm]?)[jt]sx?$/,
        (_, kind) => `.${kind || (/\.m|^(import|export) /m.test(name) ? 'm' : 'c')}js`,
      ),
    )
    writeFileSync(file, /\.[cm]?tsx?$/.test(name) ? compile(name, text) : text)
    return file
  })
  const env = { ...process.env, TWILIO_AUTH_TOKEN: token, NODE_OPTIONS: '' }
  const { stdout, stderr } = spawnSync(process.execPath, [join(here, 'ask.mjs')], { input: JSON.stringify(files), env })
  if (stdout.length === 0) throw new Error(String(stderr))
  return JSON.parse(String(stdout))
}

function compile(fileName: string, text: string): string {
  const isModule = extname(fileName) === '.mts'
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: {
      module: isModule ? ts.ModuleKind.ES2022 : ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      jsx: ts.JsxEmit.React,
      esModuleInterop: true,
      experimentalDecorators: fileName.startsWith('nest'),
    },
  })
  return outputText
}
