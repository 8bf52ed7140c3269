import type { Pairs } from '../scheme/form.ts'
import { decodeUtf8 } from '../scheme/form.ts'
import { type DistinctPairs, findDistinct } from '../scheme/signing-string.ts'
import type { Accepted, Observed, Received, Rejected, WebhookParams } from '../verdict.ts'
import type { Content } from './coverage.ts'
import type { Reservation } from './types.ts'

/** What arrived, as the application gets it in `observe` mode: nothing of it is proven. */
export function toObserved(content: Content, rejection: Rejected): Observed {
  return withBody({
    [bodySource]: content.body,
    ...rejection,
    params: new ReceivedParams(content.params),
    json: toJsonParser(content),
    release: releaseNothing,
  })
}

async function releaseNothing(): Promise<void> {}

/** What arrived, with what was proven of it. */
export function toAccepted(
  content: Content,
  { handshake, accountSid, matched }: Pick<Accepted, 'handshake' | 'accountSid' | 'matched'>,
  replay: Reservation,
): Accepted {
  let released: Promise<void> | undefined
  const release = async (): Promise<void> => replay.release?.()
  return withBody({
    [bodySource]: content.body,
    ok: true as const,
    params: new ReceivedParams(content.params),
    json: toJsonParser(content),
    handshake,
    covers: content.covers,
    accountSid,
    matched,
    replayed: replay.replayed,
    // Adapters and handlers may both see that the work failed.
    release() {
      released ??= release()
      return released
    },
  })
}

const bodySource: unique symbol = Symbol('tollgate.body')

/**
 * Adds the body, whose bytes are made where somebody asks for them: made for each request, they would be much of a check. The accessor
 * is one for all, and `received` a plain literal: anything else has engines describe each object anew. And it is the object's own,
 * so that copies by `...` have it.
 */
function withBody<T extends { readonly [bodySource]: Content['body'] }>(received: T): T & Pick<Received, 'body'> {
  return Object.defineProperty(received, 'body', body) as T & Pick<Received, 'body'>
}

const body: PropertyDescriptor & ThisType<{ [bodySource]: Content['body'] }> = {
  enumerable: true,
  get() {
    return this[bodySource]()
  },
}

function toJsonParser(content: Content): () => unknown {
  return () => {
    const text = decodeUtf8(content.body())
    if (text === undefined) throw new SyntaxError('The body is not UTF-8, and so not JSON')
    return JSON.parse(text)
  }
}

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
