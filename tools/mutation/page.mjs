/** @typedef {import('./report.mjs').Row} Row @typedef {import('./report.mjs').Survivor} Survivor */

/** @param {string} code */
function showCode(code) {
  if (code === '') return 'nothing'
  const short = code.length > 90 ? `${code.slice(0, 87)}…` : code
  return short.includes('`') ? `\`\` ${short} \`\`` : `\`${short}\``
}

/** @param {number} part @param {number} all */
function showScore(part, all) {
  return all === 0 ? '' : `${((100 * part) / all).toFixed(1)} %`
}

/** @param {string} name @param {number} noticed @param {readonly Survivor[]} survivors */
function renderRow(name, noticed, survivors) {
  const same = survivors.filter(({ because }) => because !== undefined).length
  const all = noticed + survivors.length
  const cells = [name, all, noticed, same, survivors.length - same, showScore(noticed, all)]
  return `| ${[...cells, showScore(noticed, all - same)].join(' | ')} |`
}

/** @param {readonly Row[]} rows */
export function renderTable(rows) {
  const noticed = rows.reduce((sum, row) => sum + row.noticed, 0)
  const survivors = rows.flatMap((row) => row.survivors)
  return [
    '| file | changes | noticed | behave the same | not noticed | score | score of those that differ |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => renderRow(row.file, row.noticed, row.survivors)),
    renderRow('**in all**', noticed, survivors),
  ].join('\n')
}

/** @param {readonly Survivor[]} survivors */
function showChanges(survivors) {
  const lines = survivors.map(({ from, to }) => `${showCode(from)} into ${showCode(to)}`)
  return [...new Set(lines)].join('; ')
}

/** @param {readonly Row[]} rows @param {(survivor: Survivor) => boolean} isMeant */
function renderSurvivors(rows, isMeant) {
  return rows.flatMap(({ file, survivors }) => {
    const meant = survivors.filter(isMeant)
    if (meant.length === 0) return []
    const reasons = [...new Set(meant.map(({ because }) => because))]
    const items = reasons.map((reason) => {
      const changes = showChanges(meant.filter(({ because }) => because === reason))
      return reason === undefined ? `- ${changes}` : `- ${reason}: ${changes}`
    })
    return [`**${file}**\n\n${items.join('\n')}`]
  })
}

/** @param {readonly Row[]} rows */
export function renderPage(rows) {
  const explained = renderSurvivors(rows, ({ because }) => because !== undefined)
  const others = renderSurvivors(rows, ({ because }) => because === undefined)
  return `# Mutation tests

\`npm run mutation\` writes this page. It answers a question that no report of coverage answers: would our tests notice
if the code were wrong? It makes small changes to the code, one at a time, and runs the unit tests against each. If no
test notices a change, either a test is missing, or the code makes no difference there. The command fails if a change
in \`schemes/\` or \`verify/\` is neither noticed nor explained.

${renderTable(rows)}

## Changes that behave the same

No test can notice these changes, because the changed code does the same. For each you see the reason, the original code
and the changed code.

${explained.length === 0 ? 'None.' : explained.join('\n\n')}

## Changes that were not noticed

${others.length === 0 ? 'Nothing.' : others.join('\n\n')}
`
}
