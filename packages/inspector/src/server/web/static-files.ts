import { existsSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { safeHeaders } from './answers.ts'

interface StaticFile {
  readonly name: string
  readonly type: string
}

/** All files. No other path reaches the file system, except the name of a rejection code. */
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

// The library's package has a page for each rejection code.
const codes = new URL('docs/codes/', pathToFileURL(createRequire(import.meta.url).resolve('tollgate/package.json')))

/** Answers with a file of the page. Returns false if the path has no file. */
export function sendFile(res: ServerResponse, path: string): boolean {
  const [, code] = /^\/codes\/([a-z_]{1,40})$/.exec(path) ?? []
  const page = code === undefined ? undefined : new URL(`${code}.md`, codes)
  const file = Object.hasOwn(files, path) ? files[path] : undefined
  const location = file === undefined ? page : new URL(file.name, locateUi())
  if (location === undefined || !existsSync(location)) return false
  const bytes = loaded.get(path) ?? readFileSync(location)
  loaded.set(path, bytes)
  const type = file?.type ?? 'text/plain; charset=utf-8'
  res.writeHead(200, { ...safeHeaders, 'content-type': type, 'content-length': bytes.length })
  res.end(bytes)
  return true
}
