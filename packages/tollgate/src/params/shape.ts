/** What a JSON value must be: a primitive's name, an object of texts, a list of texts, any object, or fields by name. */
export type Shape = 'string' | 'number' | 'boolean' | 'number or string' | 'texts' | 'list of texts' | 'object' | Fields

/** A question mark at the end of a name: the field may be missing or null. Fields that are not named may be anything. */
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

/** Whether a parsed JSON value is as the types say. Runs over whatever a sender made up. */
export function hasShape(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'string') return tests[shape](value)
  if (!isObject(value)) return false
  return Object.entries(shape).every(([name, field]) => {
    const bare = name.replace(/\?$/, '')
    const held: unknown = Object.hasOwn(value, bare) ? value[bare] : undefined
    return name !== bare && (held === undefined || held === null) ? true : hasShape(held, field)
  })
}

/** The value of a JSON text; `undefined` where it is none. */
export function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
