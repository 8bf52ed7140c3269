/** Makes a folder for a server's files. A server that drops its privileges can read it too. */
export function makeFolder(name: string): string

/** Runs a program and finds a version such as 1.26.3 in its output. */
export function readVersion(program: string, flag: string): Promise<string>
