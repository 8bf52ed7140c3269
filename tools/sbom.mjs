import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contained } from './name-authors.mjs'
import { root, run } from './run.mjs'
import { installWhenNeeded } from './setup.mjs'

/**
 * @typedef {{ license?: { id?: string, name?: string }, expression?: string }} License
 * @typedef {{ 'bom-ref': string, type?: string, group?: string, name: string, version: string,
 *   purl?: string, licenses?: License[] }} Component
 * @typedef {{ metadata: { component: Component }, components: Component[] }} Bom
 */

export const packages = ['tollgate', 'gateway', 'inspector', 'cli', 'codemod', 'schemas', 'calls']

// Permissive licences: they only require that their text is kept. CC-BY is the licence of a table
// of browsers that Babel reads.
const allowed = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'CC-BY-4.0',
])
const folder = join(root, 'sbom')

/**
 * Lists the packages that npm installs with a package, in the CycloneDX format.
 * @param {string} name
 * @returns {Promise<Bom>}
 */
async function makeBom(name) {
  const file = join(folder, `${name}.cdx.json`)
  const options =
    '--omit dev --omit optional --omit peer --flatten-components --output-reproducible --output-format JSON'
  const code = await run(`cyclonedx-npm ${options} --workspace packages/${name} --output-file ${file}`, { quiet: true })
  if (code !== 0) throw new Error(`Could not make an SBOM of ${name}.`)
  return nameSubject(JSON.parse(readFileSync(file, 'utf8')), name, file)
}

/**
 * Makes the package the subject of the SBOM, instead of its workspace.
 * @param {Bom} bom
 * @param {string} name
 * @param {string} file
 */
function nameSubject(bom, name, file) {
  const manifest = readManifest(`packages/${name}`)
  const isSubject = (/** @type {Component} */ one) => fullName(one) === manifest.name
  const [subject] = bom.components.filter(isSubject)
  if (subject === undefined) throw new Error(`The SBOM of ${name} does not name it.`)
  bom.metadata.component = subject
  bom.components = bom.components.filter((one) => !isSubject(one))
  const installed = new Set([subject, ...bom.components].map(fullName))
  for (const [holder, names] of Object.entries(contained))
    if (installed.has(holder)) bom.components.push(...names.map(describeContained))
  writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
  return bom
}

/**
 * Describes a package whose code is among the files of another. npm does not install it.
 * @param {string} full
 * @returns {Component}
 */
function describeContained(full) {
  const { version, license } = readManifest(`node_modules/${full}`)
  const purl = `pkg:npm/${full.replace('@', '%40')}@${version}`
  const [, group, name = full] = /^(@.*)\/(.*)$/.exec(full) ?? []
  return {
    'bom-ref': purl,
    type: 'library',
    ...(group && { group }),
    name,
    version,
    purl,
    licenses: [{ license: { id: license } }],
  }
}

/**
 * @param {string} directory
 * @returns {{ name: string, version: string, license: string, scripts?: Record<string, string> }}
 */
function readManifest(directory) {
  return JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
}

/** @param {Component} component */
function fullName({ group, name }) {
  return group ? `${group}/${name}` : name
}

/** @param {Component} component */
function licenseOf({ licenses = [] }) {
  const [first] = licenses
  return first?.expression ?? first?.license?.id ?? first?.license?.name ?? 'unknown'
}

/**
 * Lists foreign licences and install scripts of a package.
 * @param {string} name
 * @param {Bom} bom
 */
function listProblems(name, bom) {
  const foreign = bom.components.filter((one) => !allowed.has(licenseOf(one)))
  const scripts = ['preinstall', 'install', 'postinstall', 'prepare'].filter(
    (script) => readManifest(`packages/${name}`).scripts?.[script] !== undefined,
  )
  return [
    ...foreign.map((one) => `${name}: ${fullName(one)} ${one.version} is under "${licenseOf(one)}"`),
    ...scripts.map((script) => `${name} has the install script "${script}"`),
  ]
}

/** Writes an SBOM for each published package. */
export async function makeBoms() {
  mkdirSync(folder, { recursive: true })
  const rows = []
  for (const name of packages) rows.push({ name, bom: await makeBom(name) })
  return rows.map(({ name, bom }) => ({ name, bom, problems: listProblems(name, bom) }))
}

async function main() {
  await installWhenNeeded()
  const rows = await makeBoms()
  console.log('| package | dependencies | licences | file |\n| --- | --- | --- | --- |')
  for (const { name, bom } of rows) {
    const licenses = [...new Set(bom.components.map(licenseOf))].sort().join(', ')
    console.log(
      `| ${fullName(bom.metadata.component)} | ${bom.components.length} | ${licenses} | sbom/${name}.cdx.json |`,
    )
  }
  const problems = rows.flatMap((row) => row.problems)
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
