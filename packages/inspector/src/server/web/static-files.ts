import { existsSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { safeHeaders } from './answers.ts'

interface StaticFile {
  readonly name: string
  readonly type: string
}

/** All files. A request's path never reaches the file system. */
const files: Readonly<Record<string, StaticFile>> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/main.js': { name: 'main.js', type: 'text/javascript; charset=utf-8' },
  '/style.css': { name: 'style.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { name: 'icon.svg', type: 'image/svg+xml' },
}

/** Finds the built page, both from dist and from src, where the tests run. */
function locateUi(): URL {
  const beside = new URL('./ui/', import.meta.url)
  return existsSync(new URL('main.js', beside)) ? beside : new URL('../../../dist/ui/', import.meta.url)
}

const loaded = new Map<string, Buffer>()

/** Answers with a file of the page. Returns false if the path has no file. */
export function sendFile(res: ServerResponse, path: string): boolean {
  const file = Object.hasOwn(files, path) ? files[path] : undefined
  if (file === undefined) return false
  const bytes = loaded.get(path) ?? readFileSync(new URL(file.name, locateUi()))
  loaded.set(path, bytes)
  res.writeHead(200, { ...safeHeaders, 'content-type': file.type, 'content-length': bytes.length })
  res.end(bytes)
  return true
}
