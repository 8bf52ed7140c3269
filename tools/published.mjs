import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { root } from './run.mjs'

/**
 * Says whether the registry has this tarball, so that a release that stopped half way can go on.
 * npm never replaces a version.
 * @param {string} spec such as `tollgate@1.0.0`
 * @param {string} tarball
 * @returns {Promise<boolean>}
 * @throws {Error} if the registry has another tarball of this version, or does not answer
 */
export async function isPublished(spec, tarball) {
  const answer = await view(spec)
  if (answer === undefined) return false
  if (answer !== `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`)
    throw new Error(`The registry has another ${spec}. Give the packages a new version.`)
  return true
}

/** @param {string} spec @returns {Promise<string | undefined>} */
function view(spec) {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, shell: process.platform === 'win32' }
    execFile('npm', ['view', spec, 'dist.integrity', '--json', '--prefer-online'], options, (error, stdout) => {
      const value = stdout.trim() === '' ? undefined : JSON.parse(stdout)
      if (error === null) resolve(value)
      else if (value?.error?.code === 'E404') resolve(undefined)
      else reject(new Error(`\`npm view ${spec}\` failed: ${value?.error?.code ?? error.message}`))
    })
  })
}
