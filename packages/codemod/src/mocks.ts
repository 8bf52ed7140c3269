import type { CallExpression, Node } from 'oxc-parser'
import { isInList } from './edits.ts'
import { readModule } from './names.ts'
import { type Parsed, readKey, readText } from './parse.ts'

/**
 * How a call in a test concerns a mock of twilio: it reads the module, or it replaces it. What
 * replaces it in Jest or Vitest has a companion, a statement that does the same for
 * `tollgate/compat`. A bare one has no factory, so it replaces everything that the module has.
 */
export type Mock =
  | 'reads'
  | 'replaces'
  | { readonly statement: Node; readonly module: string; readonly text: string; readonly isBare: boolean }

// jest.mock, vi.doMock, vi.importActual, mockery.registerMock, mock.module of node:test,
// td.replace.
const mockers = /(mock|actual)\w*$|\bmock\.module$|^td\.replace(Esm)?$|^(proxyquire|esmock|rewiremock|quibble)\b/i
const readers = /(actual|requireMock|importMock|fromModule|mocked)$/i

/**
 * Reads a call in a test.
 * @param slice returns the text of a node
 * @param compat the module that the validation moves to
 * @returns `undefined` for a call that has nothing to do with a mock of twilio
 */
export function readMock(
  parsed: Parsed,
  call: CallExpression,
  slice: (node: Node) => string,
  compat: string,
): Mock | undefined {
  const { arguments: args, callee: name, parent } = call
  // `require.cache[require.resolve('twilio')] = fake`
  if (name.type === 'MemberExpression' && readKey(name) === 'resolve' && parent?.type === 'MemberExpression') {
    const isCache = parent.object.type === 'MemberExpression' && readKey(parent.object) === 'cache'
    return isCache && readModule(readText(args[0])) !== undefined ? 'replaces' : undefined
  }
  const callee = slice(name).replace(/\s+/g, '')
  if (!mockers.test(callee)) return undefined
  const isOfTwilio = args.some((argument) =>
    argument.type === 'ObjectExpression'
      ? argument.properties.some(
          (property) => property.type === 'Property' && readModule(readKey(property)) !== undefined,
        )
      : readModule(readText(findLiteral(argument))) !== undefined,
  )
  if (!isOfTwilio) return undefined
  if (readers.test(callee)) return 'reads'
  const literal = args[0] && findLiteral(args[0])
  const statement = parent?.type === 'AwaitExpression' ? parent.parent : parent
  const module = readText(literal)
  if (!literal || module === undefined || readModule(module) === undefined) return 'replaces'
  if (statement?.type !== 'ExpressionStatement' || !isInList(statement)) return 'replaces'
  const mark = slice(literal)[0] ?? "'"
  const target = `${mark}${compat}${mark}`
  const print = (argument: string): Mock => ({
    statement,
    module,
    text: `${slice(name)}(${target}${argument})`,
    isBare: args.length < 2,
  })
  if (/^(jest|vi|vitest)\.(un|doUn|dont|deepUn)mock$/i.test(callee)) return print('')
  const cast = (text: string): string => (parsed.isTyped ? `(${text} as any)` : text)
  // The fakes have to be the same functions, because tests set what they return. The package is one
  // CommonJS object, so fakes may be under `default`, which `tollgate/compat` does not have.
  if (/^jest\.(mock|doMock)$/.test(callee)) {
    const fake = cast(`jest.requireMock(${slice(literal)})`)
    return print(`, () => ({ ...${fake}, ...${fake}.default })`)
  }
  if (/^((vi|vitest)\.(mock|doMock)|jest\.unstable_mockModule)$/.test(callee)) {
    const fake = cast(`await import(${slice(literal)})`)
    // Vitest throws for a name that a fake does not have.
    return print(`, async () => { const fake = ${fake}; return { ...fake, ...('default' in fake && fake.default) } }`)
  }
  return 'replaces'
}

function findLiteral(argument: Node): Node {
  return argument.type === 'ImportExpression' ? argument.source : argument
}

/** Returns true for a mock of the module that the validation moves to. */
export function isMockOf(call: CallExpression, slice: (node: Node) => string, module: string): boolean {
  const [argument] = call.arguments
  return argument !== undefined && readText(findLiteral(argument)) === module && mockers.test(slice(call.callee))
}
