/** Returns true if a folder has its packages, as its lock file says. */
export function isInstalled(folder: string, lock?: string): boolean

/** Returns true if a file is missing, or older than one of its sources (files and directories). */
export function isStale(outputs: readonly string[], sources: readonly string[]): boolean

/** Installs the dependencies of the repository if they are missing or older than package-lock.json. */
export function installWhenNeeded(): Promise<void>

/** Builds the packages that have changed since their last build: all packages, or the named ones. */
export function buildWhenNeeded(names?: readonly string[]): Promise<void>

/** Installs the dependencies and builds the packages, if needed. */
export function setUp(): Promise<void>
