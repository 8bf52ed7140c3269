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

/** @param {readonly Row[]} rows */
function renderUnnoticed(rows) {
  return rows.flatMap(({ file, survivors }) => {
    const lines = survivors
      .filter(({ because }) => because === undefined)
      .map(({ from, to }) => `${showCode(from)} into ${showCode(to)}`)
    return lines.length === 0 ? [] : [`**${file}**\n\n- ${[...new Set(lines)].join('; ')}`]
  })
}

/** @param {readonly Row[]} rows */
export function renderPage(rows) {
  const unnoticed = renderUnnoticed(rows)
  return `# Mutation tests

\`npm run mutation\` writes this page. It makes small changes to the code, one at a time, and runs the unit tests against
each: would they notice if the code were wrong? Some changes behave the same, so no test can notice them;
[survivors.mjs](../tools/mutation/survivors.mjs) has the reason for each. The command fails if a change is neither
noticed nor explained, except in \`checks/\` and \`replay/\`.

${renderTable(rows)}

## Changes that were not noticed

${unnoticed.length === 0 ? 'Nothing.' : unnoticed.join('\n\n')}
`
}
