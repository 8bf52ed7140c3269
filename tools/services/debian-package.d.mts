/**
 * Finds a program, or installs its Debian package without starting a service.
 *
 * @param name the package
 * @param programs names of the program, any of which is enough
 * @returns the path of the program
 * @throws Error that says how to install it, if it cannot be installed
 */
export function findOrInstall(name: string, programs: readonly string[]): Promise<string>
