/** A folder of one's own for a server's files, which a server that gives up its privileges can read too. */
export function makeFolder(name: string): string

export function readVersion(program: string, flag: string): Promise<string>
