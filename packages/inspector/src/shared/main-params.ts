import type { HeaderList } from './capture.ts'

/** The parameters that people look for first, in this order. */
const mainNames = ['Body', 'From', 'To', 'Digits', 'SpeechResult', 'CallStatus', 'MessageStatus']

/** Separates the main parameters, in the order in which they are shown, from all others. */
export function splitMainParams(params: HeaderList): { readonly main: HeaderList; readonly others: HeaderList } {
  return {
    main: mainNames.flatMap((main) => params.filter(([name]) => name === main)),
    others: params.filter(([name]) => !mainNames.includes(name)),
  }
}
