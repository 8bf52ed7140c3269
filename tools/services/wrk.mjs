import { findOrInstall } from './debian-package.mjs'

/** The path of wrk, which puts load on HTTP servers; installed from Debian where it is missing. */
export function findWrk() {
  return findOrInstall('wrk', ['wrk'])
}
