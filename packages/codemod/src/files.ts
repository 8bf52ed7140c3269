import { spawnSync } from 'node:child_process'
import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs'
import { join, posix, resolve, win32 } from 'node:path'

/** Says why a file or folder stays as it is. */
export type Report = (path: string, error: unknown) => void

/** Matches the names of files that can be parsed. */
export const sourceName = /\.[cm]?[jt]sx?$/

// Folders of packages and of output. Those of tools start with a dot: .next, .yarn, .git.
const aside = new Set(['node_modules', 'bower_components', 'dist', 'build', 'out', 'coverage', 'cdk.out'])

/** The files to read, and the folders and files that were skipped because git ignores them. */
export interface Listing {
  readonly files: readonly string[]
  readonly skipped: readonly string[]
}

/**
 * Lists the sources in a folder, or the given file. Skips what git ignores, dependencies, output,
 * and what is in folders whose names start with a dot.
 * @throws Error if the path is neither a file nor a folder
 */
export function listFiles(path: string, report: Report): Listing {
  const stats = statSync(path)
  if (stats.isFile()) return { files: [path], skipped: [] }
  if (!stats.isDirectory()) throw new Error(`${path} is not a file or folder.`)
  const files: string[] = []
  const skipped: string[] = []
  search(path, listIgnored(path))
  return { files, skipped }

  function search(folder: string, ignored: ReadonlySet<string>): void {
    for (const entry of readFolder(folder, report)) {
      const inner = join(folder, entry.name)
      const isSkipped = ignored.has(resolve(inner)) || (entry.isDirectory() && isAside(entry.name))
      const isSource = entry.isFile() && sourceName.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name)
      if (isSkipped && (entry.isDirectory() || isSource)) skipped.push(inner)
      else if (isSource) files.push(inner)
      // A repository in a repository has its own rules.
      else if (entry.isDirectory())
        search(inner, existsSync(join(inner, '.git')) ? new Set([...ignored, ...listIgnored(inner)]) : ignored)
    }
  }
}

const isAside = (name: string): boolean => aside.has(name) || name.startsWith('.')

function readFolder(path: string, report: Report): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    report(path, error)
    return []
  }
}

/**
 * Finds git in the absolute folders of the PATH. Windows would first look in the current folder, which
 * may be a stranger's.
 */
export function findGit(path = process.env.PATH ?? '', platform = process.platform): string | undefined {
  const { delimiter, isAbsolute, join } = platform === 'win32' ? win32 : posix
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder))
  return folders
    .map((folder) => join(folder, platform === 'win32' ? 'git.exe' : 'git'))
    .find((file) => existsSync(file))
}

/** Lists what git ignores in a folder: nothing without git, or outside of a repository. */
function listIgnored(folder: string): ReadonlySet<string> {
  const command = ['-c', 'core.fsmonitor=false', 'ls-files', '-z', '--others', '--ignored', '--exclude-standard']
  const git = findGit()
  if (git === undefined) return new Set()
  const { status, stdout } = spawnSync(git, [...command, '--directory'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  // The folder itself is named `./` if it is ignored. A folder that the user names is searched.
  const names = status === 0 ? stdout.split('\0').filter((name) => name !== '' && name !== './') : []
  return new Set(names.map((name) => resolve(folder, name)))
}

/**
 * Returns true for the file that Jest and Vitest take for the package, such as
 * `__mocks__/twilio.js`. Beside a module of the same name it replaces that one.
 */
export function isManualMock(file: string, isPackage: (name: string | undefined) => boolean): boolean {
  const [, folder = '', name] = /^(.*)[\\/]__mocks__[\\/](twilio\b.*)\.[cm]?[jt]sx?$/.exec(resolve(file)) ?? []
  if (!isPackage(name?.replaceAll('\\', '/'))) return false
  return !readdirSync(folder || '/').some((entry) => /^twilio(\.[cm]?[jt]sx?)?$/.test(entry))
}

/**
 * Returns true for a file of a test, which no one calls from outside.
 * @param file a path in its package
 */
export const isTest = (file: string): boolean =>
  /(^|[\\/])(__tests__|__mocks__|tests?|specs?|e2e|cypress)[\\/]|[.-](test|spec)\.[^\\/]*$/.test(file)
