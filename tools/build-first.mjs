import { buildWhenNeeded } from './setup.mjs'

/**
 * Builds the packages whose sources changed, before the first test and before each run of a watch.
 * Vitest calls it once per project, and a package that is up to date costs no build.
 * @param {import('vitest/node').TestProject} project
 */
export async function setup(project) {
  await buildWhenNeeded()
  project.onTestsRerun(() => buildWhenNeeded())
}
