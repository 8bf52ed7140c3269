import { type DistinctPairs, findDistinct } from './scheme/distinct-pairs.ts'
import type { Pairs } from './scheme/signing-string.ts'
import type { WebhookParams } from './verdict.ts'

/** Wraps pairs to which nothing else has a reference, so that what was verified cannot be changed afterwards. */
export class ReceivedParams implements WebhookParams {
  readonly #pairs: Pairs
  #distinct: DistinctPairs | undefined

  constructor(pairs: Pairs) {
    this.#pairs = pairs
    Object.freeze(this)
  }

  /** Made at the first question: a hostile form has thousands of names, and a handler may ask for many. */
  get #index(): DistinctPairs {
    this.#distinct ??= findDistinct(this.#pairs)
    return this.#distinct
  }

  get(name: string): string | undefined {
    const [first] = listValues(this.#index.values.get(name))
    return first
  }

  getAll(name: string): string[] {
    return [...listValues(this.#index.values.get(name))]
  }

  has(name: string): boolean {
    return this.#index.values.has(name)
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.#index.pairs) yield [name, value]
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  toObject(): Record<string, string | string[]> {
    // No prototype: a parameter named __proto__ or constructor is a parameter.
    const object: Record<string, string | string[]> = Object.create(null)
    for (const [name, values] of this.#index.values) object[name] = typeof values === 'string' ? values : [...values]
    return object
  }
}

function listValues(values: string | ReadonlySet<string> | undefined): Iterable<string> {
  return typeof values === 'string' ? [values] : (values ?? [])
}
