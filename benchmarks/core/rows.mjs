/**
 * What a row must keep. `aim` is what was wanted, where decision 46 says why it cannot be reached.
 * @typedef {({ most: number } | { least: number }) & { aim?: number }} Budget
 */

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} figure
 * @property {string} [budget]
 * @property {string} [twilio] the same for the `twilio` package
 * @property {'holds' | 'within noise' | 'MISSED'} [verdict]
 */

/** @param {readonly number[]} figures @param {number} [share] default: the median */
export function quantile(figures, share = 0.5) {
  const sorted = [...figures].sort((one, other) => one - other)
  return sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
}

/**
 * Makes a row from the ratios of all rounds. A budget holds if three quarters of the rounds keep
 * it. It is missed if three quarters miss it. Otherwise the difference is within noise.
 * @param {string} what
 * @param {readonly number[]} ratios
 * @param {{ budget?: Budget, twilio?: readonly number[] | undefined, format?: (figure: number) =>
 *   string }} [options]
 * @returns {Row}
 */
export function makeRow(what, ratios, { budget, twilio, format = formatTimes } = {}) {
  const row = {
    what,
    figure: format(quantile(ratios)),
    ...(twilio && { twilio: format(quantile(twilio)) }),
  }
  if (budget === undefined) return row
  const sign = 'most' in budget ? 1 : -1
  const limit = 'most' in budget ? budget.most : budget.least
  const misses = (/** @type {number} */ figure) => sign * (figure - limit) > 0
  const [best, worst] = 'most' in budget ? [0.25, 0.75] : [0.75, 0.25]
  const verdict = misses(quantile(ratios, best)) ? 'MISSED' : misses(quantile(ratios, worst)) ? 'within noise' : 'holds'
  const aim = budget.aim === undefined ? '' : ` (aim ${format(budget.aim)})`
  return { ...row, budget: `at ${'most' in budget ? 'most' : 'least'} ${format(limit)}${aim}`, verdict }
}

/** @param {number} figure */
function formatTimes(figure) {
  return `${figure.toFixed(2)} ×`
}
