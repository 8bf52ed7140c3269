import { createVerifier, type IncomingRequest, type Rejected, type VerifierOptions } from 'tollgate'
import { type Cause, type Report, writeReport } from 'tollgate/diagnose'
import type { Explanation, SigningPart } from '../../shared/capture.ts'

/** Finds the causes of a rejection: the part of `diagnose` of tollgate/diagnose that the inspector uses. */
export type Diagnose = (
  request: IncomingRequest,
  options: VerifierOptions & { readonly otherHosts?: readonly string[] },
) => Promise<
  Pick<Report, 'question'> & {
    readonly proven?: Explanation['proven']
    readonly suspected: readonly Cause<string>[]
    readonly signingString?: readonly SigningPart[] | undefined
  }
>

/** The input of an explanation. Without functions among the options, a worker can get it. */
export interface ExplainInput {
  readonly request: IncomingRequest
  readonly rejection: Pick<Rejected, 'code' | 'message'>
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
  const { request, rejection, otherHosts } = input
  const options = silence(input.options)
  const { proven, suspected, question, signingString } = await diagnose(request, { ...options, otherHosts })
  if (proven === undefined) {
    if (question === undefined) return { suspected: suspected.map(copyCause) }
    const lines = writeReport(request, rejection, { suspected: [], question }).slice(1)
    return { suspected: [], question: lines.map((line) => splitLine(line.trim(), question.commands)) }
  }
  const { causes, signedUrl, setting, mended } = proven
  const isMasked = signedUrl !== undefined && !(await isSignedAsArrived(request, options, signedUrl))
  return {
    proven: {
      causes: causes.map(copyCause),
      ...(signedUrl !== undefined && { signedUrl }),
      ...(setting !== undefined && { setting, mended }),
      ...(isMasked && { signingString: signingString?.map(({ text, from }) => ({ text, from })) }),
    },
    suspected: [],
  }
}

/** Takes the command from the end of a line. */
function splitLine(line: string, commands: readonly string[]) {
  const command = commands.find((one) => line.endsWith(one))
  return command === undefined ? { text: line } : { text: line.slice(0, -command.length).trim(), command }
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
