import { createVerifier, type IncomingRequest, type VerifierOptions } from 'tollgate'
import { type Cause, causes } from 'tollgate/diagnose'
import { findHeader } from 'tollgate/requests'
import type { Capture, Explanation, SigningPart } from '../../shared/capture.ts'

/**
 * Finds the causes of a rejection. This is the part of `diagnose` from tollgate/diagnose that the
 * inspector uses.
 *
 * @param request the refused request
 * @param options the verifier's options, and hosts that Twilio may have called
 * @returns the proven causes if there are any, the suspected causes (most likely first), what was
 *   ruled out, the command that would settle it, the signed text, the URL forms and the number of
 *   signatures tried
 */
export type Diagnose = (
  request: IncomingRequest,
  options: VerifierOptions & { readonly otherHosts?: readonly string[] },
) => Promise<{
  readonly proven?: Explanation['proven']
  readonly suspected: readonly Cause<string>[]
  readonly ruledOut?: string | undefined
  readonly command?: string | undefined
  readonly signingString?: readonly SigningPart[] | undefined
  readonly urlForms?: Explanation['urlForms']
  readonly tried: number
}>

/** The input of an explanation. Without functions among the options, a worker can get it. */
export interface ExplainInput {
  readonly request: IncomingRequest
  readonly options: object
  /** Hosts that Twilio may have called. */
  readonly otherHosts: readonly string[]
}

const loud = ['replay', 'onVerdict', 'onRejected', 'diagnose']

/**
 * Explains a rejection.
 * @param diagnose the search of the request's scheme
 * @param input the request and the options of its verifier
 * @returns the causes, without keys
 */
export async function explain(diagnose: Diagnose, input: ExplainInput): Promise<Explanation> {
  const { request, otherHosts } = input
  const options = silence(input.options)
  const diagnosis = await diagnose(request, { ...options, otherHosts })
  const { proven, suspected, ruledOut, command, signingString, urlForms = [], tried } = diagnosis
  const signedUrl = proven?.signedUrl
  const isMasked = signedUrl !== undefined && !(await isSignedAsArrived(request, options, signedUrl))
  return {
    ...(proven !== undefined && {
      proven: {
        causes: proven.causes.map(copyCause),
        ...(proven.signedUrl !== undefined && { signedUrl: proven.signedUrl }),
        ...(proven.setting !== undefined && { setting: proven.setting }),
        ...(isMasked && { signingString: signingString?.map(({ text, from }) => ({ text, from })) }),
      },
    }),
    suspected: suspected.map(copyCause),
    ...(ruledOut !== undefined && { ruledOut }),
    ...(command !== undefined && { command }),
    urlForms: urlForms.map(({ url, why }) => ({ url, why })),
    tried,
  }
}

/**
 * Removes options that listen or remember: this is a second check of the same request, which replay
 * guards and listeners must not count.
 */
export function silence(options: object): VerifierOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !loud.includes(name)))
}

/**
 * Returns true if the signature matches the proven URL and the parameters as they arrived. A
 * diagnosis masks values, so its text is only shown where the parameters must differ.
 */
async function isSignedAsArrived(request: IncomingRequest, options: VerifierOptions, url: string): Promise<boolean> {
  const verifier = createVerifier({ ...options, mode: 'enforce', signedUrl: () => url.replace(/^ws/i, 'http') })
  return (await verifier.verify(request)).ok
}

/** Copies field by field, so that other fields never reach the page. */
function copyCause({ id, detail, fix }: Cause<string>): Cause<string> {
  return { id, detail, fix }
}

/**
 * Moves the causes of the origin to the end if the request was sent to the public URL's host.
 * Without a tunnel, the public URL is this machine, which Twilio cannot reach, so a diagnosis
 * suspects the host first. But a sender who called this host knew it, so every other cause is more
 * likely.
 */
export function rankForLocalUse(explanation: Explanation, capture: Capture): Explanation {
  const host = findHeader(capture.headers, 'host')
  if (host === undefined || !capture.url.toLowerCase().includes(`://${host.toLowerCase()}/`)) return explanation
  const isOfOrigin = ({ id }: Cause<string>): number => Number(findPart(id) === 'origin')
  return {
    ...explanation,
    suspected: [...explanation.suspected].sort((one, other) => isOfOrigin(one) - isOfOrigin(other)),
  }
}

function findPart(id: string): string | undefined {
  return Object.hasOwn(causes, id) ? causes[id as Cause['id']].part : undefined
}
