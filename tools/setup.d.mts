/** Installs the dependencies if package-lock.json is newer than node_modules. */
export function installWhenNeeded(): Promise<void>

/**
 * Builds the packages that have changed since their last build: all packages, or the named ones.
 */
export function buildWhenNeeded(names?: readonly string[]): Promise<void>

/** Installs the dependencies and builds the packages, if needed. */
export function setUp(): Promise<void>
