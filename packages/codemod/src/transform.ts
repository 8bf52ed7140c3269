import jscodeshift from 'jscodeshift'
import { listBindings } from './bindings.ts'
import { Edits, placeOf } from './edits.ts'
import { type File, moveImports, moveMembers, moveProperties, redirectModules } from './move.ts'
import { isTwilioModule, typeNames } from './names.ts'
import { listNotes, type Note } from './notes.ts'

/** The result of {@link transform}. */
export interface Transformed {
  /** The new source, or the given one if nothing changes. */
  readonly source: string
  /** True if `source` differs from the given source. */
  readonly changed: boolean
  /** Lines that the user must check, in order. Empty if nothing changes. */
  readonly notes: readonly Note[]
}

/**
 * Moves the webhook validation in one file from `twilio` to `tollgate/compat`. Other uses of
 * `twilio` stay, and so does the formatting.
 *
 * @param source the text of a JavaScript or TypeScript file, with or without JSX
 * @returns the new text, and notes about lines to check
 * @throws SyntaxError if the text cannot be parsed
 */
export function transform(source: string): Transformed {
  const j = jscodeshift.withParser('tsx')
  const file: File = { j, root: j(source), source, edits: new Edits(), moved: new Map() }
  redirectModules(file)
  moveProperties(file)
  const unused = new Set<string>()
  for (const binding of listBindings(j, file.root)) {
    const before = file.moved.size
    const remaining = moveMembers(file, binding)
    if (remaining > 0 || (file.moved.size === before && file.edits.isEmpty)) continue
    unused.add(binding.name)
    const { node, parent } = binding.declaration
    if (node.type === 'VariableDeclarator' && parent.node.declarations.length === 1)
      file.edits.drop(parent.node, source)
    else if (node.type === 'TSImportEqualsDeclaration') file.edits.drop(node, source)
  }
  moveImports(file, unused)
  if (file.edits.isEmpty) return { source, changed: false, notes: [] }
  addImport(file)
  return { source: file.edits.apply(source), changed: true, notes: listNotes(file) }
}

/**
 * Adds the import after the statement that loads `twilio`, or in place of it. It uses the file's
 * own quotes and semicolons.
 */
function addImport({ j, root, source, edits, moved }: File): void {
  if (moved.size === 0) return
  const body = root.find(j.Program).get().node.body as { type: string; end: number }[]
  const anchor = body.find((statement) => isTwilioModule(findModule(source, statement)))
  if (anchor === undefined) return
  const isModule = /^(Import|Export)/.test(anchor.type) && anchor.type !== 'TSImportEqualsDeclaration'
  const text = source.slice(placeOf(anchor).start, placeOf(anchor).end)
  const quote = text.includes('"twilio') ? '"' : "'"
  const end = text.endsWith(';') ? ';' : ''
  const names = [...moved].sort(([one], [other]) => (one < other ? -1 : 1))
  const types = names.every(([, imported]) => typeNames.has(imported))
  const list = names.map(([local, imported]) => {
    const type = isModule && !types && typeNames.has(imported) ? 'type ' : ''
    return type + (local === imported ? local : isModule ? `${imported} as ${local}` : `${imported}: ${local}`)
  })
  const from = `${quote}tollgate/compat${quote}`
  const line = isModule
    ? `import ${types ? 'type ' : ''}{ ${list.join(', ')} } from ${from}${end}`
    : `const { ${list.join(', ')} } = require(${from})${end}`
  edits.insertLine(anchor, line)
}

function findModule(source: string, statement: object): string | undefined {
  const { start, end } = placeOf(statement)
  return /(?:from|require\(|import)\s*['"]([^'"]+)['"]/.exec(source.slice(start, end))?.[1]
}
