/** The version of the runtime that runs this: Deno and Bun have a `process` too, which claims to be of Node.js. */
export function versionOf(): string {
  const { deno, bun, node }: Partial<Record<string, string>> = process.versions
  return deno ?? bun ?? node ?? ''
}

/** Which HMAC provider the package's own modules get here; the bundle that asks lies in the project's `dist`. */
export async function loadProvider(): Promise<string> {
  const probe = new URL('../node_modules/tollgate/dist/provider-probe.js', import.meta.url).href
  return (await import(probe)).provider
}
