import type { Pairs } from './scheme/signing-string.ts'
import type { WebhookParams } from './verdict.ts'

/** Wraps pairs that nothing else holds on to, so that what was verified cannot be changed afterwards. */
export class ReceivedParams implements WebhookParams {
  readonly #pairs: Pairs

  constructor(pairs: Pairs) {
    this.#pairs = pairs
    Object.freeze(this)
  }

  get(name: string): string | undefined {
    return this.#pairs.find((pair) => pair[0] === name)?.[1]
  }

  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === name).map((pair) => pair[1])
  }

  has(name: string): boolean {
    return this.#pairs.some((pair) => pair[0] === name)
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.#pairs) yield [name, value]
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  toObject(): Record<string, string | string[]> {
    // No prototype: a parameter named __proto__ or constructor is a parameter.
    const object: Record<string, string | string[]> = Object.create(null)
    for (const [name, value] of this.#pairs) {
      const known = object[name]
      if (known === undefined) object[name] = value
      else if (typeof known === 'string') object[name] = [known, value]
      else known.push(value)
    }
    return object
  }
}
