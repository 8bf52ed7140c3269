import { kindOf } from '../params/index.ts'
import { readSingle } from '../verify/head.ts'
import type { Subject } from './reading.ts'

/** The developer's own machine. */
const loopback = /^(localhost|127\.0\.0\.1|[\w-]{1,40}\.localhost)(:\d{1,5})?$/i

// A command that a shell runs may have no other characters of a stranger's.
const plainPath = /^\/[\w.~/-]{0,100}$/
const plainUrl = /^https?:\/\/[\w.-]{1,253}(:\d{1,5})?(\/[\w.~/-]{0,200})?$/i

/** Reads the Host header of a request that no proxy passed on, if it names the developer's own machine. */
export function findOwnHost({ header, evidence }: Subject): string | undefined {
  const host = readSingle(header, 'host') ?? ''
  return !evidence.proxied && loopback.test(host) ? host : undefined
}

/**
 * Writes the command that sends this server a signed request. Only the developer's own machine and
 * the option `publicUrl` are named in it: a signature that is sent elsewhere could be used here.
 */
export function writeSend(subject: Subject, more = ''): string {
  const { state, options, method, request } = subject
  const { scheme, host, port, path } = state.url
  const send = `npx @tollgate/cli send ${findKind(subject)}${method === 'GET' ? ' --method GET' : ''} --to`
  const own = findOwnHost(subject)
  const target = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*)/i.exec(`${request.url}`.slice(0, 1000))?.[1] ?? '/'
  const origin = `${scheme}://${host}${port}`
  const publicUrl = origin + path.slice(0, -target.length)
  if (own !== undefined && plainPath.test(target) && path.endsWith(target) && plainUrl.test(publicUrl))
    return `${send} ${own}${target}${publicUrl === `http://${own}` ? '' : ` --public-url ${publicUrl}`}${more}`
  const isGiven = [options.publicUrl].flat().every((one) => typeof one === 'string')
  return `${send} ${isGiven && plainUrl.test(origin + path) ? origin + path : 'URL'}${more}`
}

/** Names the kind of webhook as `tollgate send` does, by the path if the parameters are not known. */
function findKind({ state: { pairs, covers, url } }: Subject): string {
  const kind = covers === 'params' ? kindOf(new Map(pairs)) : undefined
  if (kind === undefined) return /voice|\bcalls?\b/i.test(url.path) ? 'call' : 'sms'
  return kind === 'message.inbound' ? 'sms' : kind === 'call.inbound' ? 'call' : kind
}
