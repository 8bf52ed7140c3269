import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A package whose files move together, or stay together. */
export interface Project {
  /** The path of its package.json, or its last folder if there is none. */
  readonly manifest: string
  readonly text: string
}

/** Finds the package of a folder. */
export function findProject(folder: string): Project {
  const manifest = join(folder, 'package.json')
  const text = readSettings(manifest)
  // A file with nothing but `"type": "module"` sets the format of its folder. It is not a package.
  if (/"(name|(dev)?dependencies)"\s*:/i.test(text)) return { manifest, text }
  return folder === dirname(folder) ? { manifest: folder, text: '' } : findProject(dirname(folder))
}

/** Returns true for a package that has the dependency, or no package.json to have it in. */
export const hasTollgate = ({ text }: Project): boolean => text === '' || /"tollgate"\s*:/.test(text)

// docs/decisions/0032-it-installs-and-loads-everywhere.md. Any version of other tools loads it.
const oldest = [
  { name: 'typescript', title: 'TypeScript', major: 5, files: /\.[cm]?tsx?$/ },
  { name: 'jest', title: 'Jest', major: 26, files: /./ },
  { name: 'webpack', title: 'webpack', major: 4, files: /./ },
] as const

/**
 * Lists the tools of a package that could not load the result.
 * @param files the files that would change
 */
export function listOldTools({ manifest, text }: Project, files: readonly string[]): readonly string[] {
  return oldest.flatMap(({ name, title, major, files: names }) => {
    if (!files.some((file) => names.test(file))) return []
    const version = readInstalled(dirname(manifest), name) ?? readDeclared(text, name)
    return version !== undefined && Number.parseInt(version, 10) < major
      ? [`${title} ${version} cannot load tollgate: update to ${major} or later first`]
      : []
  })
}

function readInstalled(folder: string, name: string): string | undefined {
  const file = join(folder, 'node_modules', name, 'package.json')
  if (existsSync(file)) return /"version"\s*:\s*"(\d+\.\d+)/.exec(readSettings(file))?.[1]
  return folder === dirname(folder) ? undefined : readInstalled(dirname(folder), name)
}

/** Returns the newest version that a range names. `*`, `latest` and the like may be any. */
function readDeclared(text: string, name: string): string | undefined {
  const range = new RegExp(`"${name}"\\s*:\\s*"([\\^~>=v\\d. |x*<-]+)"`).exec(text)?.[1] ?? ''
  if (/\*|>/.test(range)) return undefined
  const versions = [...range.matchAll(/(?:^|[\^~=v\s|])(\d+(?:\.\d+)?)/g)].map(([, version = '']) => version)
  return versions.sort((one, other) => Number(other) - Number(one))[0]
}

/** Finds a configuration of tests or bundles that maps twilio to another module. */
export function findMapping({ manifest, text }: Project): string | undefined {
  const isMapped = (content: string): boolean =>
    /moduleNameMapper|alias/.test(content) && /['"]?\^?twilio\$?['"]?\s*:/.test(content)
  // In package.json, the version of twilio is no mapping.
  const [, jest = ''] = /"moduleNameMapper"\s*:\s*(\{[^}]*\})/.exec(text) ?? []
  if (/"\^?twilio\$?"\s*:/.test(jest)) return manifest
  const names = ['jest', 'vitest', 'vite'].flatMap((name) =>
    ['js', 'cjs', 'mjs', 'ts', 'mts', 'cts', 'json'].map((ending) =>
      join(dirname(manifest), `${name}.config.${ending}`),
    ),
  )
  return names.find((file) => isMapped(readSettings(file)))
}

// No package.json and no configuration is larger.
const maxBytes = 16 * 1024 * 1024

/**
 * Reads a file with settings, which is empty if there is none. A pipe or a device in a stranger's
 * folder would never end, and neither would a link to a file of /proc, whose size is 0.
 */
function readSettings(file: string): string {
  if (!existsSync(file)) return ''
  const stats = statSync(file)
  return stats.isFile() && stats.size > 0 && stats.size <= maxBytes ? readFileSync(file, 'utf8') : ''
}
