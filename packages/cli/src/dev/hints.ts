import { connect } from 'node:net'
import type { Exchange } from '@tollgate/gateway'
import { hideQuery } from '../io.ts'
import { describeConnection } from '../sending/deliver.ts'

/** Facts about a run that the hints name. */
interface RunFacts {
  readonly upstream: string
  /** The names of the keys that the gateway knows. */
  readonly keys: readonly string[]
  /** The number of the account's own Auth Tokens. The token of this run is the next one. */
  readonly realTokens: number
  readonly signsWithRealToken: boolean
  /** The command that signs the page's webhooks as the application expects. */
  readonly command: string
}

/**
 * Says what to try after a rejection or a failure. `undefined` if the answer needs no explanation.
 * It contains no key, no query and no text of a message.
 */
export async function explainExchange(exchange: Exchange, facts: RunFacts): Promise<string | undefined> {
  const { verdict, response } = exchange
  if (response === undefined || verdict === undefined) return undefined
  if (!verdict.ok) return verdict.code === 'signature_mismatch' ? explainMismatch(verdict.tried, facts) : undefined
  if (response.by === 'upstream') {
    const { key } = verdict.matched
    const ofPage = key.kind === 'auth_token' && key.index === facts.realTokens
    return response.status === 403 ? explainOwnCheck(ofPage, facts) : undefined
  }
  if (response.status !== 502 && response.status !== 504) return undefined
  const problem = await describeUpstream(facts.upstream)
  return `  ${response.status}: the upstream ${facts.upstream} ${problem ?? 'accepts connections, but gave no complete, valid answer'}.`
}

function explainMismatch(tried: readonly string[], { keys }: RunFacts): string {
  const url = tried[0] === undefined ? '' : ` for ${hideQuery(tried[0])}`
  return [
    `  Checked${url} with ${keys.join(' and ')}.`,
    `  If Twilio calls another URL, restart with that as --public-url. The page of the inspector names the cause, and the command.`,
  ].join('\n')
}

function explainOwnCheck(ofPage: boolean, { upstream, signsWithRealToken, command }: RunFacts): string {
  const what = `  403 is the answer of ${upstream}, which seems to verify the signature itself.`
  if (!ofPage) return `${what}\n  It needs the same public URL as this command, and the same Auth Token.`
  if (signsWithRealToken)
    return `${what}\n  It does not know the token of this run: choose the real token in the page's dialog.`
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
