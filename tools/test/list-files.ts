import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.mjs'

// `npm test` needs no git, so this file reads .gitignore itself.

/** Translates a pattern of .gitignore. Without a slash before its end, it is for each folder. */
function readIgnored(pattern: string): RegExp {
  const path = pattern.replace(/\/$/, '')
  return new RegExp(`${path.includes('/') ? '^' : '(^|/)'}${toExpression(path, '[^/]*')}$`)
}

function toExpression(pattern: string, star: string): string {
  const escaped = pattern.replace(/[.+?^$()|[\]\\]/g, '\\$&').replaceAll('*', star)
  return escaped.replace(/\{([^}]*)\}/g, (_, names: string) => `(${names.replaceAll(',', '|')})`)
}

const ignored = readFileSync(join(root, '.gitignore'), 'utf8').trim().split('\n').map(readIgnored)

function listFolder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.name === '.git' || ignored.some((one) => one.test(path))) return []
    return entry.isDirectory() ? listFolder(path) : [path]
  })
}

const files = listFolder('').sort()

/**
 * Lists the files of the repository that match one of the patterns, without what .gitignore names.
 * As with `git ls-files`, `*` also matches slashes.
 */
export function listFiles(...patterns: readonly string[]): readonly string[] {
  const expressions = patterns.map((pattern) => new RegExp(`^${toExpression(pattern, '.*')}$`))
  return files.filter((file) => expressions.some((one) => one.test(file)))
}
