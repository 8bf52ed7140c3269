/** The first of the choices is the default. Throws a TypeError that names the option. */
export function parseChoice<T extends string>(value: T | undefined, name: string, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0]
  if (choices.includes(value)) return value
  throw new TypeError(`"${name}" must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`)
}

export function checkMethods(value: unknown, name: string, methods: readonly string[]): void {
  for (const method of methods)
    if (!hasMethod(value, method)) throw new TypeError(`"${name}" must have a method "${method}"`)
}

export function hasMethod(value: unknown, method: string): boolean {
  const object: { readonly [name: string]: unknown } = Object(value)
  return typeof object[method] === 'function'
}
