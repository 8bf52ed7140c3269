/**
 * The type that a JSON value must have: a primitive, a collection of texts, any object, or an
 * object with fields.
 */
export type Shape = 'string' | 'number' | 'boolean' | 'number or string' | 'texts' | 'list of texts' | 'object' | Fields

/**
 * A field whose name ends with a question mark may be missing or null. Other fields are not
 * checked.
 */
interface Fields {
  readonly [name: string]: Shape
}

const tests: Readonly<Record<Extract<Shape, string>, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  'number or string': (value) => typeof value === 'number' || typeof value === 'string',
  object: isObject,
  texts: (value) => isObject(value) && Object.values(value).every((text) => typeof text === 'string'),
  'list of texts': (value) => Array.isArray(value) && value.every((text) => typeof text === 'string'),
}

/** Checks a parsed JSON value. The value may come from an attacker. */
export function hasShape(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'string') return tests[shape](value)
  if (!isObject(value)) return false
  return Object.entries(shape).every(([name, field]) => {
    const bare = name.replace(/\?$/, '')
    const held: unknown = Object.hasOwn(value, bare) ? value[bare] : undefined
    return name !== bare && (held === undefined || held === null) ? true : hasShape(held, field)
  })
}

/**
 * Checks an object whose shape depends on the value of one of its fields.
 *
 * @param field the name of that field.
 * @param shapes the shapes by its value.
 */
export function hasShapeBy(value: unknown, field: string, shapes: Readonly<Record<string, Shape>>): boolean {
  const name: unknown = isObject(value) ? value[field] : undefined
  if (typeof name !== 'string' || !Object.hasOwn(shapes, name)) return false
  const shape = shapes[name]
  return shape !== undefined && hasShape(value, shape)
}

/** Parses a JSON text. Returns `undefined` if it is not JSON. */
export function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
