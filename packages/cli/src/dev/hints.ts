import { connect } from 'node:net'
import type { Exchange } from '@tollgate/gateway'
import type { Explained } from '@tollgate/inspector'
import { formatCauses, formatFixes } from '../diagnosis.ts'
import { cleanText, colorsFor, hideQuery, type Io } from '../io.ts'
import { describeConnection } from '../sending/deliver.ts'

export interface RunFacts {
  readonly upstream: string
  readonly started: boolean
  /** The number of the account's own Auth Tokens. The token of this run is the next one. */
  readonly realTokens: number
  readonly signsWithRealToken: boolean
  /** The command that signs the page's webhooks as the application expects. */
  readonly command: string
}

/**
 * Says what to try after a failure, or a refusal of the application. `undefined` if the answer needs
 * no explanation. It contains no key, no query and no text of a message.
 */
export async function explainExchange(exchange: Exchange, facts: RunFacts): Promise<string | undefined> {
  const { request, verdict, response } = exchange
  if (response === undefined || verdict?.ok !== true) return undefined
  if (response.by === 'upstream') {
    const { key } = verdict.matched
    const ofPage = key.kind === 'auth_token' && key.index === facts.realTokens
    if (response.status === 404 && facts.started)
      return `  404: the application has no ${request.method} ${hideQuery(request.target)}. Name the path of its webhook: --to /PATH.`
    return response.status === 403 ? explainOwnCheck(ofPage, facts) : undefined
  }
  if (response.status !== 502 && response.status !== 504) return undefined
  const problem = await describeUpstream(facts.upstream)
  return `  ${response.status}: the upstream ${facts.upstream} ${problem ?? 'accepts connections, but gave no complete, valid answer'}.`
}

/** Says why a signed request was refused, with the command that the page shows. */
export function summarize({ proven, suspected, question = [], restart }: Explained): string {
  const [cause] = proven?.causes ?? suspected
  const lines = restart === undefined ? formatFixes(proven?.causes ?? suspected) : [`  Start this instead: ${restart}`]
  return [...(cause === undefined ? [] : [`  ${cleanText(cause.detail)}`, ...lines]), ...writeQuestion(question)].join(
    '\n',
  )
}

function writeQuestion(question: NonNullable<Explained['question']>): string[] {
  return question.map(({ text, command }) => `  ${text}${command === undefined ? '' : ` ${command}`}`)
}

/** Says all that is known about a refusal. */
export function describeInFull({ proven, suspected, question = [], restart }: Explained, io: Io): string {
  const causes = proven?.causes ?? suspected
  return [
    proven === undefined ? 'Nothing is proven.' : 'Proven:',
    ...(causes.length === 0 ? [] : formatCauses(causes, colorsFor(io.stderr, io.env))),
    ...formatFixes(causes),
    ...writeQuestion(question),
    ...(restart === undefined ? [] : [`  ${restart}`]),
  ].join('\n')
}

function explainOwnCheck(ofPage: boolean, { upstream, signsWithRealToken, started, command }: RunFacts): string {
  const what = `  403 is the answer of ${upstream}, which seems to verify the signature itself.`
  if (started)
    return [
      `${what} It needs the public URL in TOLLGATE_PUBLIC_URL and the`,
      '  Auth Token in TWILIO_AUTH_TOKEN, which are set for this run. If its public URL is in its code, start this:',
      `    ${command}`,
    ].join('\n')
  if (!ofPage || signsWithRealToken)
    return `${what}\n  It needs the same public URL as this command, and the same Auth Token.`
  return [
    `${what}\n  It does not know the token of this run. So that the page signs with yours, stop and start this:`,
    `    ${command}`,
    '  The public URL is the one in your application. Change it here if it is another one.',
  ].join('\n')
}

async function describeUpstream(upstream: string): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(upstream)
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    timeout: 3000,
  })
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(undefined))
      socket.once('timeout', () => resolve('does not answer'))
      socket.once('error', (error) => resolve(`cannot be reached: ${describeConnection(error)}`))
    })
  } finally {
    socket.destroy()
  }
}
