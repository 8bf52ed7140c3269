import { readFileSync } from 'node:fs'
import type { fromRequest, IncomingRequest, VerifierOptions } from 'tollgate'
import type { DiagnosableRequest, DiagnoseOptions } from 'tollgate/diagnose'

/** The request as the verifier saw it. */
interface Seen extends Pick<IncomingRequest, 'method' | 'url' | 'encrypted' | 'remoteAddress'> {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly handshake?: boolean
  /** The other spellings that a framework knows of the query. */
  readonly urlIsNormalized?: boolean | { readonly forms: readonly string[] }
  readonly body?: string
  /** A body that is not UTF-8. */
  readonly bodyBase64?: string
  /** The parser that read the body before the verifier. */
  readonly consumed?: { readonly by: string; readonly fix: string }
  /** An object that a parser put in the place of the body. */
  readonly parsedBody?: unknown
  readonly params?: unknown
}

/** A function of the application, by what it returns for this request. */
interface Lookup {
  readonly lookup?: unknown
  /** What it returns depends on the account: `lookup` lists it. */
  readonly byAccount?: true
  readonly waitMs?: number
  readonly throws?: true
}

/** The options of a verifier. A value that JSON lacks is written as an object. */
interface Options extends Omit<VerifierOptions, 'authToken' | 'publicUrl' | 'sharedKeys' | 'signedUrl'> {
  readonly publicUrl?: string | readonly string[]
  readonly fromRequest?: unknown
  /** What the application's rule returns for this request. */
  readonly signedUrl?: { readonly is: string } | { readonly throws: true }
  readonly authToken?: VerifierOptions['authToken'] | Lookup
  readonly sharedKeys?: VerifierOptions['sharedKeys'] | Lookup
}

/** A broken set-up: a row of a file in `data/`. */
export interface SetUp {
  readonly title: string
  /** A page or thread that shows that people do this. */
  readonly source?: string
  /** The software that changed the request, with its version. */
  readonly by?: string
  /** What Twilio sent. */
  readonly sent?: { readonly method: string; readonly url: string; readonly form?: string }
  readonly request: Seen
  /** The properties of the framework's request that a diagnosis may read. */
  readonly native?: object
  readonly options: Options
  readonly hints?: DiagnoseOptions
  /** The ids of the causes. None: the request is genuine, and verifies. */
  readonly expected: readonly string[]
  /** Other explanations of the same size. */
  readonly or?: readonly (readonly string[])[]
  /** How the cause is known: by the signature, by a trace in the request, or only by asking. */
  readonly answer: 'proven' | 'seen' | 'question' | 'genuine'
  /** What the user answers to the question. With it, the causes are proven. */
  readonly settle?: DiagnoseOptions
  /** The change that makes the request verify. */
  readonly mend?: { readonly options?: Options; readonly request?: Seen }
  /** Texts that no output may show: the right signature, people's words. */
  readonly hidden?: readonly string[]
}

export const lists = ['made', 'software', 'reported', 'field'] as const
export type List = (typeof lists)[number]

export function readSetUps(list: List): readonly SetUp[] {
  return JSON.parse(readFileSync(new URL(`data/${list}.json`, import.meta.url), 'utf8'))
}

/** Returns the request. A parser's parameters may have types that the library does not allow. */
export function toRequest({ bodyBase64, consumed, parsedBody, params, urlIsNormalized, ...seen }: Seen) {
  const body =
    bodyBase64 !== undefined
      ? new Uint8Array(Buffer.from(bodyBase64, 'base64'))
      : consumed
        ? { consumedBy: consumed.by, fix: consumed.fix }
        : (revive(parsedBody) ?? seen.body)
  const forms = typeof urlIsNormalized === 'object' ? () => urlIsNormalized.forms : urlIsNormalized
  return {
    ...seen,
    ...(forms !== undefined && { urlIsNormalized: forms }),
    ...(body !== undefined && { body }),
    ...(params !== undefined && { params: revive(params) }),
  } as DiagnosableRequest
}

/**
 * Returns the options of a verifier.
 * @param makeRule `fromRequest` of the library under test
 */
export function toOptions(
  { fromRequest: rule, signedUrl, authToken, sharedKeys, ...rest }: Options,
  makeRule: typeof fromRequest,
): VerifierOptions {
  return {
    ...rest,
    ...(rule !== undefined && { publicUrl: makeRule(rule as Parameters<typeof fromRequest>[0]) }),
    ...(signedUrl && { signedUrl: () => ('is' in signedUrl ? signedUrl.is : fail()) }),
    ...(authToken !== undefined && { authToken: toLookup(authToken) as VerifierOptions['authToken'] }),
    ...(sharedKeys !== undefined && { sharedKeys: toLookup(sharedKeys) as VerifierOptions['sharedKeys'] }),
  } as VerifierOptions
}

function toLookup(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !('lookup' in given || 'throws' in given)) return given
  const { lookup, byAccount, waitMs, throws } = given as Lookup
  if (throws) return fail
  if (byAccount) return ({ accountSid = '' }) => (lookup as Record<string, string>)[accountSid]
  const value = revive(lookup)
  return waitMs === undefined ? () => value : () => new Promise((resolve) => setTimeout(() => resolve(value), waitMs))
}

function fail(): never {
  throw new Error('The database is not there.')
}

/** Makes the values that JSON lacks. */
function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(revive)
  if ('undefined' in value) return undefined
  if ('base64' in value) return Buffer.from(String(value.base64), 'base64')
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revive(one)]))
}
