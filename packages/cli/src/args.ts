import { UsageError } from './exit.ts'

/** The flags of one call, after parsing: texts all of them, so that no value is ever guessed to be a number. */
export class Args {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== undefined
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** One value; a flag that is given twice is a mistake. */
  text(name: string): string | undefined {
    const value = this.#values[name]
    if (Array.isArray(value)) throw new UsageError(`--${name} is given ${value.length} times; it takes one value.`)
    return value === undefined ? undefined : String(value)
  }

  list(name: string): readonly string[] {
    const value = this.#values[name]
    if (value === undefined) return []
    return (Array.isArray(value) ? value : [value]).map(String)
  }

  /** NAME=VALUE, any number of times, in order. */
  pairs(name: string): [name: string, value: string][] {
    return this.list(name).map((text) => {
      const at = text.indexOf('=')
      // The text itself stays untold: it may be anything.
      if (at < 1) throw new UsageError(`--${name} needs NAME=VALUE.`)
      return [text.slice(0, at), text.slice(at + 1)]
    })
  }

  integer(name: string, least: number, most: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most))
      throw new UsageError(`--${name} needs a whole number from ${least} to ${most.toLocaleString('en-US')}.`)
    return value
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const chosen = choices.find((choice) => choice === text)
    if (chosen === undefined) throw new UsageError(`--${name} needs one of: ${choices.join(', ')}.`)
    return chosen
  }

  /** At most one of these flags; its name. */
  only(names: readonly string[]): string | undefined {
    const given = names.filter((name) => this.has(name))
    if (given.length > 1) throw new UsageError(`--${given.join(' and --')} exclude each other.`)
    return given[0]
  }
}
