/**
 * Installs a project of conformance/projects, where needed, with the packed library and
 * `tollgate-conformance` (see stage.ts) in it, and gives its directory.
 */
export function prepareProject(name: string): string

/** Installs a project of conformance/projects, where needed, and gives its directory. */
export function installProject(name: string): string

/** The path of a Node.js binary of that major version. */
export function nodeBinary(major: number): string

/** Packs what is built, once for each content, and gives the path of the tarball. */
export function packLibrary(): string
export function packPackage(name: string): string
