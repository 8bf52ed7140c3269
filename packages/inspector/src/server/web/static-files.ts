import { existsSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { locateBuilt } from '../locate-built.ts'
import { safeHeaders } from './answers.ts'
import { writeCodePage } from './code-page.ts'

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

const loaded = new Map<string, Buffer>()

// The library's package has a page for each rejection code.
const codes = new URL('docs/codes/', pathToFileURL(createRequire(import.meta.url).resolve('tollgate/package.json')))

/** Answers with a file of the page. Returns false if the path has no file. */
export function sendFile(res: ServerResponse, path: string): boolean {
  const bytes = loaded.get(path) ?? read(path)
  if (bytes === undefined) return false
  loaded.set(path, bytes)
  const type = Object.hasOwn(files, path) ? files[path]?.type : 'text/html; charset=utf-8'
  res.writeHead(200, { ...safeHeaders, 'content-type': type, 'content-length': bytes.length })
  res.end(bytes)
  return true
}

function read(path: string): Buffer | undefined {
  const file = Object.hasOwn(files, path) ? files[path] : undefined
  if (file !== undefined) return readFileSync(locateBuilt(`ui/${file.name}`))
  const [, code] = /^\/codes\/([a-z_]{1,40})$/.exec(path) ?? []
  const page = code === undefined ? undefined : new URL(`${code}.md`, codes)
  return page !== undefined && existsSync(page) ? Buffer.from(writeCodePage(readFileSync(page, 'utf8'))) : undefined
}
