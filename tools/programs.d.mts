/**
 * Finds a program that a test needs, by its Debian package. It installs nothing.
 *
 * @returns its path
 * @throws Error that names the package if the program is missing
 */
export function requireProgram(debianPackage: string): string
