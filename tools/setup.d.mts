/** Installs and builds what a fresh clone lacks or what has changed since. */
export function setUp(): Promise<void>
