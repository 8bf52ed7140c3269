import { UsageError } from './exit.ts'

/** The parsed flags of one call. Values stay strings, so that no text is read as a number. */
export class Args {
  readonly #values: ReadonlyMap<string, readonly string[]>

  /** @param values The values of each given flag: none for a switch. The argument is `word`. */
  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** @throws UsageError if the flag is given more than once */
  text(name: string): string | undefined {
    const values = this.list(name)
    if (values.length > 1) throw new UsageError(`--${name} is given ${values.length} times; it takes one value.`)
    return values[0]
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** Splits each NAME=VALUE, in the order given. */
  pairs(name: string): [name: string, value: string][] {
    return this.list(name).map((text) => {
      const at = text.indexOf('=')
      // The message leaves the text out: it may be a secret in the wrong place.
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

  /**
   * Returns the name of the given flag.
   * @throws UsageError if more than one of these flags is given
   */
  only(names: readonly string[]): string | undefined {
    const given = names.filter((name) => this.has(name))
    if (given.length > 1) throw new UsageError(`--${given.join(' and --')} cannot be used together.`)
    return given[0]
  }
}
