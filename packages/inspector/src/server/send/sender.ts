import type { Answer, OutgoingRequest } from '@tollgate/calls'
import type { ResignInput, SendInput, SendResult } from '../../shared/api.ts'
import type { Capture } from '../../shared/capture.ts'
import { type Delivery, deliver } from './deliver.ts'
import { Outbox, type Sent } from './outbox.ts'
import { InputError, makeCallRequest, makeReplay, makeResigned, makeTestRequest } from './requests.ts'

/** The gateway to send to, and the keys that sign. */
interface SenderOptions {
  readonly publicUrls: readonly string[]
  readonly gatewayUrl: string | undefined
  /** This run's own token, which the gateway accepts in addition to the real one. */
  readonly throwAwayToken: string
  /** Set only if the user allowed it. */
  readonly realToken: string | undefined
  /** The account in test webhooks, if the gateway accepts only certain accounts. */
  readonly accountSid: string | undefined
}

const seenWithinMs = 2_000
const expectedForMs = 60_000

/** Sends requests from the page to the gateway, and finds the capture of each. */
export class Sender {
  readonly outbox = new Outbox()
  readonly #options: () => SenderOptions

  constructor(options: () => SenderOptions) {
    this.#options = options
  }

  send(input: SendInput, left: AbortSignal): Promise<SendResult> {
    const { publicUrls, accountSid } = this.#options()
    const key = this.#chooseKey(input.useRealToken)
    return this.#deliver(makeTestRequest(input, publicUrls, key, accountSid), {
      origin: 'test',
      signedWith: input.spoofed ? 'random' : key.signedWith,
      left,
    })
  }

  replay(capture: Capture, left: AbortSignal): Promise<SendResult> {
    return this.#deliver(makeReplay(capture), { origin: 'replayed', signedWith: capture.signedWith, left })
  }

  resign(capture: Capture, input: ResignInput, left: AbortSignal): Promise<SendResult> {
    const { publicUrls } = this.#options()
    const { signedWith, authToken } = this.#chooseKey(input.useRealToken)
    return this.#deliver(makeResigned(capture, input, publicUrls, { authToken }), {
      origin: 're-signed',
      signedWith,
      left,
    })
  }

  /**
   * Sends a request of a call.
   * @returns its answer, with the id of its capture; `undefined` if its URL is not one of the gateway
   * @throws Error if the gateway does not answer
   */
  async request(
    outgoing: OutgoingRequest,
    useRealToken: boolean,
    left: AbortSignal,
  ): Promise<{ readonly answer: Answer; readonly id: string | undefined } | undefined> {
    const { signedWith, authToken } = this.#chooseKey(useRealToken)
    const delivery = makeCallRequest(outgoing, this.#options().publicUrls, { authToken })
    return delivery && (await this.#exchange(delivery, { origin: 'test', signedWith, left }))
  }

  /** @throws InputError if this run cannot send, or may not sign with this token */
  check(useRealToken: boolean): void {
    if (this.#options().gatewayUrl === undefined) throw new InputError('There is no gateway to send to.')
    this.#chooseKey(useRealToken)
  }

  #chooseKey(real = false) {
    const { throwAwayToken, realToken } = this.#options()
    // A run whose page signs with the real token has no other.
    if (!real && throwAwayToken !== realToken) return { authToken: throwAwayToken, signedWith: 'throw-away' as const }
    if (realToken === undefined)
      throw new InputError('To sign with the real Auth Token, start the run with --sign-with-real-token.')
    return { authToken: realToken, signedWith: 'real' as const }
  }

  async #deliver(delivery: Delivery, sent: Sent & { readonly left: AbortSignal }): Promise<SendResult> {
    this.check(false)
    try {
      const { answer, id } = await this.#exchange(delivery, sent)
      return { status: answer.status, id }
    } catch (error) {
      throw new InputError(`The gateway did not answer: ${error instanceof Error ? error.message : 'unknown error'}.`)
    }
  }

  async #exchange(delivery: Delivery, { left, ...sent }: Sent & { readonly left: AbortSignal }) {
    const { gatewayUrl } = this.#options()
    if (gatewayUrl === undefined) throw new Error('there is no gateway')
    const { id, withdraw } = this.outbox.expect(delivery, sent)
    try {
      const answer = await deliver(gatewayUrl, delivery, left)
      return { answer, id: await within(id, seenWithinMs) }
    } finally {
      // The gateway may report the request after it answers, so it stays expected for a while.
      setTimeout(withdraw, expectedForMs).unref()
    }
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
