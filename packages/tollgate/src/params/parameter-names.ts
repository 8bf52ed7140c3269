import type { FormKind } from './kinds.ts'
import type { FormLists } from './lists/index.ts'
import type { sharedLists } from './lists/shared.ts'

// The names are read out of the very lists that the table is made of, so that types and table cannot differ.
type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : Text
type Shared = typeof sharedLists
type TakeIn<Word extends string> = Word extends `...${infer Name extends keyof Shared}`
  ? Words<Shared[Name][number]>
  : Word
type WordsOf<K extends FormKind> = TakeIn<Words<FormLists[K][number]>>

type Always<Word extends string> = Word extends `${string}?` ? never : Word
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
type Name<Word extends string> = Word extends `${infer Sometimes}?`
  ? Name<Sometimes>
  : Word extends `${infer Before}{N}${infer After}`
    ? `${Before}${Digit}${After}`
    : Word extends `${infer Before}*`
      ? `${Before}${string}`
      : Word

type AlwaysSent = { [K in FormKind]: { [N in Always<WordsOf<K>>]: string } }

/** The parameters that Twilio sends with every webhook of the kind; of several kinds: those that all of them have. */
export type AlwaysSentName<K extends FormKind> = keyof AlwaysSent[K] & string

/** The parameters that the table knows for the kind; an indexed one as `MediaUrl0` to `MediaUrl9`. */
export type ParameterName<K extends FormKind> = Name<WordsOf<K>>
