/**
 * Returns the version of the current runtime. Deno and Bun have a `process` too, which claims to be
 * Node.js.
 */
export function versionOf(): string {
  const { deno, bun, node }: Partial<Record<string, string>> = process.versions
  return deno ?? bun ?? node ?? ''
}

/**
 * Returns the HMAC provider that the package's own modules get here. The bundle that asks is in the
 * project's `dist`.
 */
export async function loadProvider(): Promise<string> {
  const probe = new URL('../node_modules/tollgate/dist/provider-probe.js', import.meta.url).href
  return (await import(probe)).provider
}
