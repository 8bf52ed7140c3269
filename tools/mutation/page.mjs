/** @typedef {import('./report.mjs').Row} Row */

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

/** @param {string} name @param {number} noticed @param {number} explained @param {number} unnoticed */
function renderRow(name, noticed, explained, unnoticed) {
  return `| ${[name, noticed, explained, unnoticed, showScore(noticed, noticed + unnoticed)].join(' | ')} |`
}

/** @param {readonly number[]} numbers */
function add(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0)
}

/** @param {readonly Row[]} rows */
export function renderTable(rows) {
  const sums = [
    rows.map((row) => row.noticed),
    rows.map((row) => row.explained),
    rows.map((row) => row.survivors.length),
  ]
  const [noticed = 0, explained = 0, unnoticed = 0] = sums.map(add)
  return [
    '| file | noticed | left out, with a reason | not noticed | score |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => renderRow(row.file, row.noticed, row.explained, row.survivors.length)),
    renderRow('**in all**', noticed, explained, unnoticed),
  ].join('\n')
}

/** @param {readonly Row[]} rows */
function renderUnnoticed(rows) {
  return rows.flatMap(({ file, survivors }) => {
    const lines = survivors.map(({ from, to }) => `${showCode(from)} into ${showCode(to)}`)
    return lines.length === 0 ? [] : [`**${file}**\n\n- ${[...new Set(lines)].join('; ')}`]
  })
}

/** @param {readonly Row[]} rows */
export function renderPage(rows) {
  const unnoticed = renderUnnoticed(rows)
  return `# Mutation tests

\`npm run mutation\` writes this page. It makes small changes to the code, one at a time, and runs the unit tests against
each: would they notice if the code were wrong? Some changes behave the same, so no test can notice them. They are left
out, and a comment that begins with \`Stryker disable\` has the reason beside the code. The command fails if a change on
the ground, in \`verify/\` or in \`schemes/twilio/\` is neither noticed nor left out.

${renderTable(rows)}

## Changes that were not noticed

${unnoticed.length === 0 ? 'Nothing.' : unnoticed.join('\n\n')}
`
}
