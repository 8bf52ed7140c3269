/** Installs what a fresh clone lacks. */
export function installWhenNeeded(): Promise<void>

/** Builds the packages, all of them or those named, that have changed since they were built. */
export function buildWhenNeeded(names?: readonly string[]): Promise<void>

/** Both. */
export function setUp(): Promise<void>
