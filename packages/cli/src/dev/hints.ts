import { connect } from 'node:net'
import type { Exchange } from '@tollgate/gateway'
import { hideQuery } from '../io.ts'
import { describeConnection } from '../sending/deliver.ts'

/** Facts about a run that the hints name. */
interface RunFacts {
  readonly upstream: string
  /** The names of the keys that the gateway knows. */
  readonly keys: readonly string[]
  readonly signsWithRealToken: boolean
}

/**
 * Says what to try after a rejection or a failure. `undefined` if the answer needs no explanation.
 * It contains no key, no query and no text of a message.
 */
export async function explainExchange(exchange: Exchange, facts: RunFacts): Promise<string | undefined> {
  const { verdict, response } = exchange
  if (response === undefined || verdict === undefined) return undefined
  if (!verdict.ok) return verdict.code === 'signature_mismatch' ? explainMismatch(verdict.tried, facts) : undefined
  if (response.by === 'upstream') return response.status === 403 ? explainOwnCheck(facts) : undefined
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

function explainOwnCheck({ upstream, signsWithRealToken }: RunFacts): string {
  const what = `  403 is the answer of ${upstream}, which seems to verify the signature itself.`
  return signsWithRealToken
    ? `${what}\n  Choose the real token in the page's dialog, and give the application the same public URL.`
    : `${what}\n  It does not know the token of this run: start with --sign-with-real-token, and choose the real token in the page.`
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
