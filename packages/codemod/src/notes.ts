import type { File } from './move.ts'

/** A line that the user must check. */
export interface Note {
  /** The line in the given source, from 1. */
  readonly line: number
  /** The problem and its fix. */
  readonly text: string
}

const optionsAt: Readonly<Record<string, number>> = {
  webhook: 0,
  validateExpressRequest: 2,
  validateIncomingRequest: 2,
}

/** Lists differences between the two packages that the user must decide on. */
export function listNotes({ j, root, edits, moved }: File): readonly Note[] {
  const notes: Note[] = []
  root.find(j.CallExpression).forEach(({ node }) => {
    const line = node.loc?.start.line ?? 0
    const name = readName(node.callee as Callee)
    const add = (text: string): void => void notes.push({ line, text })
    if (name === undefined) return
    const isOurs = edits.touches(node.callee) || (node.callee.type === 'Identifier' && moved.has(node.callee.name))
    if (isOurs && name in optionsAt) for (const text of judgeOptions(node.arguments, optionsAt[name] ?? 0)) add(text)
    if (name === 'json' && !/verify/.test(j(node).toSource()))
      add('JSON webhooks need their raw bytes: give this parser `verify: captureRawBody` from tollgate/express.')
    if (/^(mock|doMock)$/.test(name) && /['"]twilio['"]/.test(j(node).toSource()))
      add('A mock of twilio no longer reaches the validation: sign real requests with tollgate/testing.')
  })
  return notes.sort((one, other) => one.line - other.line)
}

interface Callee {
  readonly type: string
  readonly name?: unknown
  readonly property?: { readonly name?: unknown }
}

function readName(callee: Callee): string | undefined {
  const name = callee.type === 'Identifier' ? callee.name : callee.property?.name
  return typeof name === 'string' ? name : undefined
}

/**
 * Checks the options, which are the first object from this argument on: `webhook(token, options)`.
 */
function judgeOptions(args: readonly { type: string }[], index: number): readonly string[] {
  const options = args.slice(index).find(({ type }) => type === 'ObjectExpression') as
    | { properties?: readonly { key?: { name?: unknown }; value?: { value?: unknown } }[] }
    | undefined
  const properties = options?.properties ?? []
  const has = (name: string): boolean => properties.some(({ key }) => key?.name === name)
  const isOff = properties.some(({ key, value }) => key?.name === 'validate' && value?.value === false)
  return [
    ...(isOff ? ['`validate: false` turns the check off: nothing is verified here.'] : []),
    ...(has('url') || has('host') || isOff
      ? []
      : ['Without `url` or `host` the Host header is trusted: set one, or use `publicUrl` of tollgate/express.']),
  ]
}
