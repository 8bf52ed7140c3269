/**
 * Installs the dependencies of the repository, or only those of some packages, if they are missing
 * or older than package-lock.json.
 */
export function installWhenNeeded(names?: readonly string[]): Promise<void>

/**
 * Builds the packages that have changed since their last build: all packages, or the named ones.
 * Without `types`, only the code of packages whose types take longer than the code.
 */
export function buildWhenNeeded(names?: readonly string[], options?: { types?: boolean }): Promise<void>

/** Installs the dependencies and builds the packages, if needed. */
export function setUp(): Promise<void>
