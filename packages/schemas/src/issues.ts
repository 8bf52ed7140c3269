import type { StandardIssue } from './standard-schema.ts'

/** The keywords of JSON Schema that `node tools/webhook-schemas.mjs` prints. */
export interface Schema {
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  /** Schemas of different types: at most one can apply. */
  readonly anyOf?: readonly Schema[]
  readonly minItems?: number
  readonly items?: Schema
  readonly required?: readonly string[]
  /** The parameters that must be absent. */
  readonly propertyNames?: { readonly not: { readonly enum: readonly string[] } }
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
}

type Path = readonly (string | number)[]

/** Lists what is wrong with a value. Nothing in the list has a value: it may be personal. */
export function findIssues(schema: Schema, value: unknown, path: Path = []): StandardIssue[] {
  const alternative = schema.anyOf?.find(({ type }) => type === typeOf(value))
  if (alternative !== undefined) return findIssues(alternative, value, path)
  const types = schema.anyOf?.map(({ type }) => type) ?? [schema.type ?? typeOf(value)]
  if (!types.includes(typeOf(value))) return [issue(path, `must be ${types.join(' or ')}, and is ${typeOf(value)}`)]
  if (typeof value === 'string') return findTextIssues(schema, value, path)
  if (Array.isArray(value)) return findListIssues(schema, value, path)
  return typeof value === 'object' && value !== null ? findObjectIssues(schema, value, path) : []
}

function findTextIssues({ enum: values, pattern }: Schema, text: string, path: Path): StandardIssue[] {
  if (values !== undefined && !values.includes(text)) return [issue(path, `must be one of: ${values.join(', ')}`)]
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) return [issue(path, `must match ${pattern}`)]
  return []
}

function findListIssues({ minItems = 0, items = {} }: Schema, list: readonly unknown[], path: Path): StandardIssue[] {
  if (list.length < minItems) return [issue(path, 'must not be empty')]
  return list.flatMap((item, index) => findIssues(items, item, [...path, index]))
}

function findObjectIssues(schema: Schema, object: object, path: Path): StandardIssue[] {
  const { required = [], propertyNames, properties = {}, patternProperties = {} } = schema
  const absent = propertyNames?.not.enum ?? []
  const values = new Map<string, unknown>(Object.entries(object))
  const known = Object.entries(properties).filter(([name]) => values.has(name))
  return [
    ...required.filter((name) => !values.has(name)).map((name) => issue([...path, name], 'is missing')),
    ...absent.filter((name) => values.has(name)).map((name) => issue([...path, name], 'must be absent')),
    ...known.flatMap(([name, one]) => findIssues(one, values.get(name), [...path, name])),
    ...Object.entries(patternProperties).flatMap(([pattern, one]) => {
      const names = new RegExp(pattern, 'u')
      return [...values].flatMap(([name, each]) => (names.test(name) ? findIssues(one, each, [...path, name]) : []))
    }),
  ]
}

function issue(path: Path, fault: string): StandardIssue {
  return { message: `${path.length === 0 ? 'The webhook' : path.join('.')} ${fault}`, path }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
