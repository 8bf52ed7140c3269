/**
 * Why a surviving mutant is no missing test: it behaves as the code does. By file, the code, and what it was changed into; the text
 * is what docs/mutation.md says of it.
 * @type {readonly { file: string, from: RegExp, to?: RegExp, because: string }[]}
 */
export const explained = []
