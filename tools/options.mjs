import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { root } from './run.mjs'
import { listPages } from './snippets.mjs'

/**
 * @typedef {{ type: string, required?: boolean, default?: unknown, least?: number, most?: number,
 *   choices?: readonly string[] }} Row a row of a table, as `OptionRow`
 * @typedef {object} Option
 * @property {string} name
 * @property {Row} row
 * @property {string} meaning the docstring without the default
 * @property {string} fallback the text after "Default"
 * @property {string | undefined} see a page and perhaps a heading
 * @property {string | undefined} group for whom it is: the comment above it, or above one before it
 *
 * @typedef {{ file: string, options: readonly Option[] }} Bag
 * @typedef {ts.InterfaceDeclaration} Interface
 */

// <!-- options VerifierOptions --> and the table below it. Several interfaces make one table, and
// `short` leaves all but the first sentence of each docstring out, and `in a file` all options that
// a text file cannot hold.
const block = /<!-- options ([A-Z]\w*(?: [A-Z]\w*)*)( short| in a file)? -->\n(?:\|.*\n)*/g

/**
 * Reads every table of options, and the docstrings of the interface of the same name.
 * @param {string} [folder] a repository
 * @returns {ReadonlyMap<string, Bag>} the bags, by their interfaces
 */
export function readBags(folder = root) {
  const sources = ['tollgate', 'gateway', 'inspector', 'calls']
    .flatMap((name) =>
      readdirSync(join(folder, `packages/${name}/src`), { recursive: true, encoding: 'utf8' }).map(
        (file) => `packages/${name}/src/${file}`,
      ),
    )
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true))
  /** @type {Map<string, Interface>} */
  const interfaces = new Map()
  for (const source of sources)
    for (const statement of source.statements)
      if (ts.isInterfaceDeclaration(statement)) interfaces.set(statement.name.text, statement)
  /** @type {Map<string, Bag>} */
  const bags = new Map()
  for (const source of sources)
    for (const { name, rows } of listTables(source)) {
      const declaration = interfaces.get(name)
      // A bag inside an option, which its docstring describes. Another package may have the name.
      if (declaration === undefined || getPackage(declaration) !== getPackage(source)) continue
      const options = Object.entries(rows).map(([option, row]) => readOption(declaration, option, row, interfaces))
      if (options.length > 0) bags.set(name, { file: source.fileName, options })
    }
  return bags
}

/** @param {ts.Node} node */
function getPackage(node) {
  return node.getSourceFile().fileName.split('/')[1]
}

/** @param {ts.SourceFile} source */
function listTables(source) {
  return source.statements.filter(ts.isVariableStatement).flatMap((statement) =>
    statement.declarationList.declarations.flatMap(({ name, initializer }) => {
      if (!ts.isIdentifier(name) || initializer === undefined || !ts.isAsExpression(initializer)) return []
      const rows = readLiteral(initializer.expression)
      const isTable = Object.values(Object(rows)).every((row) => typeof Object(row).type === 'string')
      const interfaceName = name.text.replace(/^./, (letter) => letter.toUpperCase())
      return isTable && rows !== undefined && /(?:Options|Input)$/.test(interfaceName)
        ? [{ name: interfaceName, rows }]
        : []
    }),
  )
}

/**
 * Evaluates a literal.
 * @param {ts.Expression} node
 * @returns {any} `undefined` for anything else
 */
function readLiteral(node) {
  if (ts.isStringLiteral(node)) return node.text
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(readLiteral)
  if (!ts.isObjectLiteralExpression(node)) return undefined
  return Object.fromEntries(
    node.properties.flatMap((property) =>
      ts.isPropertyAssignment(property) ? [[property.name.getText(), readLiteral(property.initializer)]] : [],
    ),
  )
}

/**
 * @param {Interface} declaration
 * @param {string} name
 * @param {Row} row
 * @param {ReadonlyMap<string, Interface>} interfaces
 * @returns {Option}
 */
function readOption(declaration, name, row, interfaces) {
  const member = findMember(declaration, name, interfaces)
  const [comment] = (member && ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc)) ?? []
  if (comment === undefined) throw new Error(`"${name}" of ${declaration.name.text} has no docstring.`)
  const text = (ts.getTextOfJSDocComment(comment.comment) ?? '').replace(/\s+/g, ' ').trim()
  const see = comment.tags?.find((tag) => tag.tagName.text === 'see')
  const [sentence = '', fallback = ''] = /(?:^|(?<=[.:] ))Default:? (.*?)\.(?=\s|$)/.exec(text) ?? []
  return {
    name,
    row,
    meaning: text.replace(sentence, '').replace(/\s+/g, ' ').trim(),
    fallback,
    see:
      see &&
      String(see.getText())
        .replace(/^@see\s+/, '')
        .trim(),
    group: member && findGroup(member),
  }
}

const groups = ['everybody', 'many', 'few']

/** @param {ts.TypeElement} member */
function findGroup(member) {
  const { members } = /** @type {Interface} */ (member.parent)
  const before = members.slice(0, members.indexOf(member) + 1).map((one) => one.getFullText())
  return [...before.join('').matchAll(/^ *\/\/ For (\w+)\.$/gm)].at(-1)?.[1]
}

/**
 * Finds a member, of the interface or of one that it extends.
 * @param {Interface} declaration
 * @param {string} name
 * @param {ReadonlyMap<string, Interface>} interfaces
 * @returns {ts.TypeElement | undefined}
 */
function findMember(declaration, name, interfaces) {
  const own = declaration.members.find((member) => member.name?.getText() === name)
  const parents = (declaration.heritageClauses ?? [])
    .flatMap(({ types }) => types)
    .flatMap((type) => {
      const names = type.getText().match(/\w+/g) ?? []
      return names.flatMap((one) => interfaces.get(one) ?? [])
    })
  return own ?? parents.map((parent) => findMember(parent, name, interfaces)).find((member) => member !== undefined)
}

/**
 * Writes the tables of a page again.
 * @param {string} page
 * @param {ReadonlyMap<string, Bag>} bags
 * @param {string} [text] the page
 */
export function renderOptions(page, bags, text = readFileSync(join(root, page), 'utf8')) {
  return text.replace(block, (_all, /** @type {string} */ names, /** @type {string} */ style = '') => {
    const options = names.split(' ').flatMap((name) => listOptions(name, style, bags))
    const rows = [undefined, ...groups].flatMap((group) => {
      const own = options.filter((option) => option.group === group)
      const heading =
        group === undefined || own.length === 0 || style === ' in a file' ? [] : [`| **For ${group}** | | |`]
      return [...heading, ...own.map((option) => renderRow(option, page, style === ' short'))]
    })
    const mark = `<!-- options ${names}${style} -->`
    return [mark, '| option | default | meaning |', '|---|---|---|', ...rows, ''].join('\n')
  })
}

/** The types of options that a text file can hold, as `toFields` of the gateway. */
export const inFiles = ['integer', 'boolean', 'string', 'strings', 'choice']

/** @param {string} name @param {string} style @param {ReadonlyMap<string, Bag>} bags */
function listOptions(name, style, bags) {
  const bag = bags.get(name)
  if (bag === undefined) throw new Error(`There is no table of ${name}.`)
  return bag.options.filter(({ row }) => style !== ' in a file' || inFiles.includes(row.type))
}

/**
 * Lists the options in the tables of a page, as `VerifierOptions.publicUrl`.
 * @param {string} text
 * @param {ReadonlyMap<string, Bag>} bags
 */
export function listShown(text, bags) {
  return [...text.matchAll(block)].flatMap(([, names = '', style = '']) =>
    names.split(' ').flatMap((bag) => listOptions(bag, style, bags).map(({ name }) => `${bag}.${name}`)),
  )
}

/** @param {Option} option @param {string} page @param {boolean} isShort */
function renderRow({ name, meaning, fallback, see, row }, page, isShort) {
  const words = isShort ? (/^.*?[.](?=\s|$)/.exec(meaning)?.[0] ?? meaning) : meaning
  const link = see === undefined ? '' : ` See [${readTitle(see)}](${relative(dirname(page), see)}).`
  const cells = [`\`${name}\``, row.required ? 'required' : fallback, linkCodes(words, page) + link]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** Links each rejection code to its page. @param {string} words @param {string} page */
function linkCodes(words, page) {
  return words.replace(/`([a-z]+(?:_[a-z]+)+|stale)`/g, (all, /** @type {string} */ code) => {
    const target = `docs/codes/${code}.md`
    return existsSync(join(root, target)) ? `[${all}](${relative(dirname(page), target)})` : all
  })
}

/** @param {string} see */
function readTitle(see) {
  const [file = ''] = see.split('#')
  return /^# (.+)$/m.exec(readFileSync(join(root, file), 'utf8'))?.[1]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bags = readBags()
  for (const page of listPages()) writeFileSync(join(root, page), renderOptions(page, bags))
}
