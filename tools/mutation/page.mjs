/** @typedef {import('./report.mjs').Row} Row */

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
    rows.map((row) => row.unnoticed.length),
  ]
  const [noticed = 0, explained = 0, unnoticed = 0] = sums.map(add)
  return [
    '| file | noticed | left out, with a reason | not noticed | score |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => renderRow(row.file, row.noticed, row.explained, row.unnoticed.length)),
    renderRow('**in all**', noticed, explained, unnoticed),
  ].join('\n')
}

/** @param {readonly Row[]} rows */
function renderUnnoticed(rows) {
  return rows
    .filter(({ unnoticed }) => unnoticed.length > 0)
    .map(({ file, unnoticed }) => `**${file}**\n\n${unnoticed.map((change) => `- ${change}`).join('\n')}`)
}

/** Reads the rows of the page back. @param {string} page @returns {Row[]} */
export function readPage(page) {
  const sections = page.split(/^\*\*(.+)\*\*$/m)
  return [...page.matchAll(/^\| (\S+\.ts) \| (\d+) \| (\d+) \|/gm)].map(([, file = '', noticed, explained]) => ({
    file,
    noticed: Number(noticed),
    explained: Number(explained),
    unnoticed: [...(sections[sections.indexOf(file) + 1] ?? '').matchAll(/^- (.+)$/gm)].map(
      ([, change = '']) => change,
    ),
  }))
}

/** @param {readonly Row[]} rows @param {readonly string[]} untried the files of the list without a row */
export function renderPage(rows, untried) {
  const unnoticed = renderUnnoticed(rows)
  return `# Mutation tests

\`npm run mutation\` writes this page. It makes small changes to the code, one at a time, and runs the unit tests against
each: would they notice if the code were wrong? Some changes behave the same, so no test can notice them. They are left
out, and a comment that begins with \`Stryker disable\` has the reason beside the code. The command fails if a change on
the ground, in \`verify/\` or in \`schemes/twilio/\` is neither noticed nor left out. With files as arguments it tries only
these, and replaces their rows.

${renderTable(rows)}

${untried.length === 0 ? 'Every file of the list was tried.' : `Not tried yet: ${untried.join(', ')}.`}

## Changes that were not noticed

${unnoticed.length === 0 ? 'Nothing.' : unnoticed.join('\n\n')}
`
}
