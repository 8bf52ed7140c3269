/**
 * Refuses a framework that is too old for its adapter. Frameworks are peers of any version, so that
 * none blocks an install: an adapter says itself which version it needs.
 * @param adapter The name of its entry point.
 * @param needed The framework and its first version that works.
 * @param found The version, if the framework tells it.
 * @throws TypeError
 */
export function refuseVersion(adapter: string, needed: string, found = 'an older version'): never {
  throw new TypeError(`tollgate/${adapter} needs ${needed}, found ${found}`)
}
