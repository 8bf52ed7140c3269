import type { Pairs } from '../scheme/form.ts'
import { showName } from './mask.ts'

/** Where people's own words stand, and so white space. */
export const freeText: RegExp =
  /^(Body|SpeechResult|UnstableSpeechResult|MessageBody|TranscriptionText|ProfileName|FriendlyName|CallerName|Author|ButtonText|Label|Address|HandoffData|Name|.*Name|.*City)$/

/** The names of parameters that hold free text, and of others whose values have spaces. */
export function listTextNames(pairs: Pairs): string[] {
  const names = [...new Set(pairs.map(([name]) => name))]
  const free = names.filter((name) => freeText.test(name))
  const spaced = names.filter(
    (name) => !free.includes(name) && pairs.some(([one, value]) => one === name && / /.test(value)),
  )
  return [...free, ...spaced].slice(0, 12)
}

/** Some names, as a diagnosis shows them. */
export function showNames(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => `"${showName(name)}"`)
  return `${shown.join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`
}
