/**
 * The path of a program. Where it is missing, it is installed from its Debian package, without starting a service. Rejects, saying
 * how to get it, where that is not possible.
 */
export function findOrInstall(name: string, programs: readonly string[]): Promise<string>
