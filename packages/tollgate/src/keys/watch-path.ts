import type { FileSystem } from './file.ts'

// Editors and deployments replace a file in several steps.
const settleMs = 100
// For paths without events: network file systems, links into other directories, exhausted watchers.
const pollMs = 2000

/**
 * Calls `onChange` after the file at a path has changed: its content, its mode, or the file that
 * the name or a link leads to. It watches the directory and not the file, because a rename puts
 * another file in its place.
 * @returns a function that stops watching
 */
export function watchPath(fs: FileSystem, path: string, onChange: () => void): () => void {
  let seen = takeFingerprint(fs, path)
  let settling: ReturnType<typeof setTimeout> | undefined

  function check(): void {
    const fingerprint = takeFingerprint(fs, path)
    if (fingerprint === seen) return
    seen = fingerprint
    onChange()
  }

  function checkSoon(): void {
    clearTimeout(settling)
    settling = unref(setTimeout(check, settleMs))
  }

  const poll = unref(setInterval(check, pollMs))
  const watcher = watchDirectory(fs, path, checkSoon)
  return () => {
    clearInterval(poll)
    clearTimeout(settling)
    watcher?.close()
  }
}

function watchDirectory(
  fs: FileSystem,
  path: string,
  onEvent: () => void,
): ReturnType<FileSystem['watch']> | undefined {
  try {
    const watcher = fs.watch(path.replace(/[^/\\]*$/, '') || '.', { persistent: false }, onEvent)
    return watcher.on('error', () => watcher.close())
  } catch {
    return undefined
  }
}

function takeFingerprint(fs: FileSystem, path: string): string {
  try {
    const { dev, ino, size, mode, mtimeNs, ctimeNs } = fs.statSync(path, { bigint: true })
    return [dev, ino, size, mode, mtimeNs, ctimeNs].join()
  } catch (error) {
    return String((error as { code?: unknown }).code)
  }
}

/** Lets the process exit while the timer runs. */
function unref<T extends { unref?(): unknown } | number>(timer: T): T {
  if (typeof timer === 'object') timer.unref?.()
  return timer
}
