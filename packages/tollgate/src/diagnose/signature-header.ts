import { isCanonicalSignature } from '../scheme/signature.ts'
import type { HeaderReader } from '../verify/head.ts'
import type { CauseId } from './types.ts'

/** One reading of the X-Twilio-Signature header. */
export interface Presented {
  readonly text: string
  readonly compare: keyof typeof comparisons
  /** What must have happened to the header for this reading to hold. */
  readonly cause?: { readonly id: CauseId; readonly detail: string }
}

/** Fewer characters of a signature would match by chance within so many tries. */
const fewest = 10

const comparisons = {
  same: (expected: string, text: string): boolean => expected === text,
  prefix: (expected: string, text: string): boolean => expected.startsWith(text),
  suffix: (expected: string, text: string): boolean => expected.endsWith(text),
  folded: (expected: string, text: string): boolean => expected.toLowerCase() === text.toLowerCase(),
} as const

export function matchesPresented(expected: string, { compare, text }: Presented): boolean {
  return comparisons[compare](expected, text)
}

/** The ways in which the header can be read; none where there is no signature in it. */
export function readPresented(header: HeaderReader): readonly Presented[] {
  const values = header('x-twilio-signature').map(String)
  const [only = ''] = values
  if (values.length === 1 && isSignature(only)) return [{ text: only, compare: 'same' }]
  const several = values.flatMap((value) => value.slice(0, 2000).split(','))
  if (several.length > 1) {
    const detail = `X-Twilio-Signature holds ${several.length} values, joined or repeated.`
    const cause = { id: 'signature_truncated' as const, detail }
    return several
      .slice(0, 8)
      .map((value) => value.trim())
      .filter((value) => isSignature(value))
      .map((text) => ({ text, compare: 'same', cause }))
  }
  return only.trim() === '' ? [] : readDamaged(only.slice(0, 400))
}

/** Whether it is well-formed: as Twilio writes it, whatever key made it. */
export function isSignature(text: string): boolean {
  return isCanonicalSignature(text, 20) || isCanonicalSignature(text, 32)
}

type Repair = readonly [what: string, repair: (text: string) => string | undefined]

const repairs: readonly Repair[] = [
  ['has white space around it', (text) => text.trim()],
  ['is in quotes', (text) => text.trim().replace(/^(["'`])(.*)\1$/, '$2')],
  ['is percent-encoded', (text) => decodePercent(text)],
  ['has its "+" turned into spaces', (text) => text.replaceAll(' ', '+')],
  ['is in the URL-safe alphabet', (text) => text.replaceAll('-', '+').replaceAll('_', '/')],
  ['is written in hex', (text) => hexToBase64(text)],
  ['is Base64-encoded twice', (text) => decodeTwice(text)],
  ['has a name in front of it', (text) => text.replace(/^(sha1|sha256|hmac|twilio|signature)\s*[=:]\s*/i, '')],
  ['lost its padding', (text) => (/=$/.test(text) ? text : `${text}=`)],
  ['has too much padding', (text) => text.replace(/(?<!=)=+$/, '=')],
  ['has line breaks in it', (text) => text.replace(/\s+/g, '')],
]

function readDamaged(value: string): readonly Presented[] {
  const found: Presented[] = []
  const offer = (text: string, what: string): void => {
    if (!isSignature(text) || found.some((one) => one.text === text)) return
    found.push({
      text,
      compare: 'same',
      cause: { id: 'signature_encoding', detail: `X-Twilio-Signature ${what}.` },
    })
  }
  for (const [what, repair] of repairs) {
    const once = repair(value)
    if (once === undefined || once === value) continue
    offer(once, what)
    for (const [also, again] of repairs) {
      const twice = again(once)
      if (twice !== undefined && twice !== once) offer(twice, `${what} and ${also}`)
    }
  }
  const trimmed = value.trim()
  if (/^[A-Za-z0-9+/]{27}=$|^[A-Za-z0-9+/]{43}=$/.test(trimmed) || isFolded(trimmed))
    found.push({
      text: trimmed,
      compare: 'folded',
      cause: { id: 'signature_encoding', detail: 'X-Twilio-Signature changed its letter case.' },
    })
  const part = trimmed.replace(/\.\.\.$|…$/, '')
  if (/^[A-Za-z0-9+/]+=?$/.test(part) && part.length >= fewest && part.length < 44 && part.length !== 28) {
    const detail = `X-Twilio-Signature has ${part.length} characters; 28 (HMAC-SHA1) or 44 (HMAC-SHA256) were sent.`
    for (const compare of ['prefix', 'suffix'] as const)
      found.push({ text: part, compare, cause: { id: 'signature_truncated', detail } })
  }
  for (const [inner] of trimmed.matchAll(/[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{27}=/g))
    if (isSignature(inner) && inner !== trimmed && !found.some((one) => one.text === inner))
      found.push({
        text: inner,
        compare: 'same',
        cause: { id: 'signature_truncated', detail: 'X-Twilio-Signature has something joined to the signature.' },
      })
  return found
}

function isFolded(text: string): boolean {
  return /^[a-z0-9+/]{27}=?$|^[a-z0-9+/]{43}=?$/.test(text)
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function hexToBase64(text: string): string | undefined {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)) return undefined
  const bytes = text.match(/../g) ?? []
  return btoa(bytes.map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join(''))
}

function decodeTwice(text: string): string | undefined {
  try {
    return atob(text)
  } catch {
    return undefined
  }
}
