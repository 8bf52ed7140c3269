import type { Pairs } from '../../form.ts'
import type { Accepted, Observed, Received, Rejected, WebhookParams } from '../../verdict.ts'
import { toJsonParser } from '../../verify/body.ts'
import type { Outcome } from '../../verify/steps.ts'
import type { Delivery } from '../../verify/types.ts'
import type { Coverage } from './coverage.ts'
import { type DistinctPairs, findDistinct } from './sign/signing-string.ts'

/** Makes the verdict for `observe` mode: the request as it arrived, of which nothing is proven. */
export function toObserved(coverage: Coverage, rejection: Rejected): Observed {
  return withBody({
    [bodySource]: coverage.body,
    ...rejection,
    scheme: 'twilio' as const,
    params: new ReceivedParams(coverage.params),
    json: toJsonParser(coverage.body),
    async confirm() {},
    async release() {},
  })
}

/** Makes the verdict for a request that was proven. */
export function toAccepted(
  coverage: Coverage,
  params: WebhookParams,
  { handshake, accountSid, matched }: Pick<Accepted, 'handshake' | 'accountSid' | 'matched'>,
  { delivery, confirm, release }: Outcome,
): Accepted {
  return withBody({
    [bodySource]: coverage.body,
    ok: true as const,
    scheme: 'twilio' as const,
    params,
    json: toJsonParser(coverage.body),
    handshake,
    covers: coverage.covers,
    accountSid,
    matched,
    delivery,
    confirm,
    release,
  })
}

/** Describes a request that was proven to a replay guard. */
export function toDelivery(
  coverage: Coverage,
  params: WebhookParams,
  key: string,
  handshake: boolean,
  native: unknown,
): Delivery {
  return withBody({
    [bodySource]: coverage.body,
    key,
    handshake,
    covers: coverage.covers,
    params,
    native,
  })
}

const bodySource: unique symbol = Symbol('tollgate.body')

/**
 * Adds the property `body`, whose bytes are made when they are first read: for every request, they
 * would cost a large part of the check. All verdicts share one accessor, and `received` is a plain
 * literal, so that engines need one hidden class. The property is the object's own, so that a copy
 * with `...` has it.
 */
function withBody<T extends { readonly [bodySource]: Coverage['body'] }>(received: T): T & Pick<Received, 'body'> {
  return Object.defineProperty(received, 'body', body) as T & Pick<Received, 'body'>
}

const body: PropertyDescriptor & ThisType<{ [bodySource]: Coverage['body'] }> = {
  enumerable: true,
  get() {
    return this[bodySource]()
  },
}

/**
 * The parameters of a webhook. No other code has a reference to the pairs, so that verified
 * parameters cannot change.
 */
export class ReceivedParams implements WebhookParams {
  readonly #pairs: Pairs
  #distinct: DistinctPairs | undefined

  constructor(pairs: Pairs) {
    this.#pairs = pairs
    Object.freeze(this)
  }

  /** Lists the pairs, for code of the library that only reads them. */
  static listPairs(params: ReceivedParams): Pairs {
    return params.#pairs
  }

  /**
   * Made when it is first needed, once: a hostile form has thousands of names, and a handler may
   * ask for many.
   */
  get #index(): DistinctPairs {
    this.#distinct ??= findDistinct(this.#pairs)
    return this.#distinct
  }

  get(name: string): string | undefined {
    // A few pairs are searched in less time than the index takes to make.
    // Stryker disable next-line ConditionalExpression,EqualityOperator: both ways find the same value, one of them more slowly
    if (this.#pairs.length <= 64) return this.#pairs.find((pair) => pair[0] === name)?.[1]
    const [first] = listValues(this.#index.values.get(name))
    return first
  }

  getAll(name: string): string[] {
    return [...listValues(this.#index.values.get(name))]
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.#index.pairs) yield [name, value]
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  toObject(): Record<string, string | string[]> {
    // Without a prototype, so that a parameter named __proto__ or constructor is only a parameter.
    const object: Record<string, string | string[]> = Object.create(null)
    for (const [name, value] of this.#pairs) {
      const known = object[name]
      if (known === undefined) object[name] = value
      // Only names that repeat need the index.
      // Stryker disable next-line ConditionalExpression: a list that was found is found again, only more slowly
      if (typeof known === 'string' && known !== value) object[name] = this.getAll(name)
    }
    return object
  }
}

function listValues(values: string | ReadonlySet<string> | undefined): Iterable<string> {
  return typeof values === 'string' ? [values] : (values ?? [])
}
