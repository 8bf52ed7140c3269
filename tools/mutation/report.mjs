/**
 * @typedef {{ line: number, column: number }} Position
 * @typedef {{ status: string, replacement?: string, location: { start: Position, end: Position } }}
 *   Mutant
 * @typedef {{ files: Record<string, { source: string, mutants: Mutant[] }> }} Report the report of
 *   StrykerJS
 * @typedef {readonly [from: string, to: string]} Change
 * @typedef {{ file: string, because: string, changes: readonly Change[] }} Explanation
 * @typedef {{ from: string, to: string, because: string | undefined }} Survivor
 * @typedef {{ file: string, noticed: number, survivors: Survivor[] }} Row
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

/** @param {Position} one @param {Position} other */
function compare(one, other) {
  return one.line - other.line || one.column - other.column
}

/** @param {Report} report @param {readonly Explanation[]} explained @returns {Row[]} */
export function readRows({ files }, explained) {
  // StrykerJS lists the files in the order of completion, which differs between runs.
  const inOrder = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1))
  return inOrder.map(([path, { source, mutants }]) => {
    const file = path.replace('packages/tollgate/src/', '')
    const known = explained.filter((one) => one.file === file)
    const survivors = mutants
      .filter(({ status }) => alive.has(status))
      .sort((one, other) => compare(one.location.start, other.location.start))
      .map(({ location, replacement = '' }) => {
        const from = joinLines(sliceSource(source, location))
        const to = joinLines(replacement)
        const reason = known.find(({ changes }) => changes.some((change) => change[0] === from && change[1] === to))
        return { from, to, because: reason?.because }
      })
    return { file, noticed: mutants.filter(({ status }) => noticed.has(status)).length, survivors }
  })
}

/**
 * Lists survivors that need a reason: in these files an unnoticed change could accept a forged
 * request.
 * @param {Row[]} rows
 */
export function listIntolerable(rows) {
  return rows
    .filter(({ file }) => !/^(checks|replay)\//.test(file))
    .flatMap(({ file, survivors }) =>
      survivors.filter(({ because }) => because === undefined).map((one) => ({ file, ...one })),
    )
}

/**
 * Lists reasons for changes that no longer survive, or whose code no longer exists.
 * @param {Row[]} rows
 * @param {readonly Explanation[]} explained
 */
export function listStale(rows, explained) {
  return explained.flatMap(({ file, changes }) => {
    const survivors = rows.find((row) => row.file === file)?.survivors ?? []
    return changes
      .filter((change) => !survivors.some(({ from, to }) => change[0] === from && change[1] === to))
      .map(([from, to]) => ({ file, from, to }))
  })
}
