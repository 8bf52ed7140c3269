import { findNearest } from '../checks/options.ts'
import { type AnyAccepted, type AnyKey, type Rejected, type RejectionCode, rejections } from '../verdict.ts'
import { readRecorded } from './sent.ts'

/** The result of a matcher, as Vitest and Jest expect it. */
interface Outcome {
  readonly pass: boolean
  message(): string
}

/**
 * The matchers for `expect.extend`. A message contains the code, its explanation, and URLs without
 * their queries. It contains no secret and no parameter.
 */
export const matchers = {
  toBeAccepted(received: unknown): Outcome {
    const { verdict, sent } = readVerdict(received, 'toBeAccepted')
    return {
      pass: verdict.ok,
      message: () =>
        `expected the webhook ${verdict.ok ? 'not ' : ''}to be accepted${describeVerdict(verdict, sent?.signedUrl)}`,
    }
  },
  toBeRefusedWith(received: unknown, code: unknown): Outcome {
    const { verdict, sent } = readVerdict(received, 'toBeRefusedWith')
    const wanted = readCode(code)
    const pass = !verdict.ok && verdict.code === wanted
    if (sent !== undefined && pass) sent.isExpected = true
    return {
      pass,
      message: () =>
        `expected the webhook ${pass ? 'not ' : ''}to be refused with "${wanted}"${describeVerdict(verdict, sent?.signedUrl)}`,
    }
  },
} as const

/** @param signedUrl the URL that a test server signed. Default: it is not known */
function describeVerdict(verdict: AnyAccepted | Rejected, signedUrl: string | undefined): string {
  if (verdict.ok) {
    const { key, algorithm } = verdict.matched
    return `, but it was accepted: signed with ${nameKey(key)} (${algorithm}), which covers its ${verdict.covers}`
  }
  const { code, status, message, tried } = verdict
  const urls = [...(signedUrl === undefined ? [] : [['signed', signedUrl]]), ...tried.map((url) => ['checked', url])]
  const shown = urls.map(([verb, url]) => `\n  ${verb} ${url}`).join('')
  return `, but it was refused with "${code}" (${status})\n\n${message}${shown && `\n\nURLs, without their queries:${shown}`}`
}

const keyNames = new Map([
  ['auth_token', 'Auth Token'],
  ['shared_key', 'SharedKey'],
])

/** Names a key by its kind, with its position, or its id or name in quotes. */
function nameKey({ kind, index, id, name }: AnyKey): string {
  return `${keyNames.get(kind) ?? `${kind} key`} ${index ?? `"${id ?? name}"`}`
}

// A value that is not a verdict, such as a promise of one, must fail with `.not`, too.
function readVerdict(
  received: unknown,
  matcher: string,
): { readonly verdict: AnyAccepted | Rejected; readonly sent: ReturnType<typeof readRecorded> } {
  if (typeof received === 'object' && received !== null) {
    if ('then' in received) throw new TypeError(`${matcher} got a promise: await the verdict first`)
    const sent = readRecorded(received)
    if (sent !== undefined && sent.verdict === undefined)
      throw new TypeError(`${matcher} got a response to a request that no verifier of Tollgate has checked`)
    const verdict = sent?.verdict ?? received
    const { ok, code, matched } = verdict as { ok?: unknown; code?: unknown; matched?: unknown }
    const isAccepted = ok === true && typeof matched === 'object' && matched !== null
    const isRejected = ok === false && typeof code === 'string' && Object.hasOwn(rejections, code)
    if (isAccepted || isRejected) return { verdict: verdict as AnyAccepted | Rejected, sent }
  }
  throw new TypeError(`${matcher} needs a verdict, as verify() returns it, or a response of testServer`)
}

function readCode(code: unknown): RejectionCode {
  if (typeof code === 'string' && Object.hasOwn(rejections, code)) return code as RejectionCode
  const near = typeof code === 'string' ? findNearest(code, Object.keys(rejections)) : undefined
  throw new TypeError(`toBeRefusedWith needs a rejection code.${near === undefined ? '' : ` Did you mean "${near}"?`}`)
}
