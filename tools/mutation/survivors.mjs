/**
 * Why a surviving mutant is no missing test: it behaves as the code does. By file, the code, and what it was changed into, both on
 * one line; the reason is what docs/mutation.md says of it.
 * @type {readonly import('./report.mjs').Explanation[]}
 */
export const explained = []
