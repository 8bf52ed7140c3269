/**
 * @typedef {{ line: number, column: number }} Position
 * @typedef {{ status: string, replacement?: string, location: { start: Position, end: Position } }}
 *   Mutant
 * @typedef {{ files: Record<string, { source: string, mutants: Mutant[] }> }} Report the report of
 *   StrykerJS
 * @typedef {{ file: string, noticed: number, explained: number, unnoticed: string[] }} Row `unnoticed`
 *   describes each change in Markdown
 */

// A mutant that loops forever counts as noticed: the test run would not end.
const noticed = new Set(['Killed', 'Timeout'])
const alive = new Set(['Survived', 'NoCoverage'])

/** @param {string} code */
function joinLines(code) {
  return code.replace(/\s+/g, ' ')
}

/** @param {string} source @param {Mutant['location']} location */
function sliceSource(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  lines.push((lines.pop() ?? '').slice(0, end.column - 1))
  return lines.join('\n').slice(start.column - 1)
}

/** @param {string} code */
function showCode(code) {
  if (code === '') return 'nothing'
  const short = code.length > 90 ? `${code.slice(0, 87)}…` : code
  return short.includes('`') ? `\`\` ${short} \`\`` : `\`${short}\``
}

/** @param {Position} one @param {Position} other */
function compare(one, other) {
  return one.line - other.line || one.column - other.column
}

/** @param {string} path */
export function shortenName(path) {
  return path.replace('packages/tollgate/src/', '')
}

/** @param {Report} report @returns {Row[]} */
export function readRows({ files }) {
  // StrykerJS lists the files in the order of completion, which differs between runs.
  const inOrder = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1))
  return inOrder.map(([path, { source, mutants }]) => ({
    file: shortenName(path),
    noticed: mutants.filter(({ status }) => noticed.has(status)).length,
    // A comment beside the code has the reason.
    explained: mutants.filter(({ status }) => status === 'Ignored').length,
    unnoticed: mutants
      .filter(({ status }) => alive.has(status))
      .sort((one, other) => compare(one.location.start, other.location.start))
      .map(({ location, replacement = '' }) => {
        const [from = '', to = ''] = [sliceSource(source, location), replacement].map(joinLines)
        return `${showCode(from)} into ${showCode(to)}`
      }),
  }))
}

/**
 * Lists survivors that need a reason: in these files an unnoticed change could accept a forged
 * request.
 * @param {Row[]} rows
 */
export function listIntolerable(rows) {
  return rows
    .filter(({ file }) => /^(bytes|form|url|hmac\/|schemes\/twilio\/|verify\/)/.test(file))
    .flatMap(({ file, unnoticed }) => unnoticed.map((change) => `${file}: ${change}`))
}
