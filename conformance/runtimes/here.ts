/**
 * Returns the version of the current runtime. Deno and Bun have a `process` too, which claims to be
 * Node.js.
 */
export function versionOf(): string {
  const { deno, bun, node }: Partial<Record<string, string>> = process.versions
  return deno ?? bun ?? node ?? ''
}

/**
 * Returns the HMAC provider that comes with the entry points here: those in `dist/pure` bring their
 * own. The bundle that asks is in the project's `dist`.
 */
export function findProvider(): string {
  return import.meta.resolve('tollgate').includes('/dist/pure/') ? '@noble/hashes' : 'node:crypto'
}
